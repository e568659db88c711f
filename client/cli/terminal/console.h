#ifndef LEASEHOLD_CLIENT_CLI_TERMINAL_CONSOLE_H_
#define LEASEHOLD_CLIENT_CLI_TERMINAL_CONSOLE_H_

#include <iosfwd>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/terminal/json_value.h"

namespace leasehold {

enum class OutputFormat { kTable, kJson, kYaml };

// "table", "json" or "yaml"; a usage error otherwise.
absl::StatusOr<OutputFormat> ParseOutputFormat(std::string_view text);

// The three streams and what is known about them. Data goes to `out` alone; notes, prompts and
// errors go to `err`, so that a pipe never carries them.
class Console {
 public:
  struct Streams {
    std::istream* in;
    std::ostream* out;
    std::ostream* err;
    // Whether a person sits at the other end.
    bool in_is_terminal = false;
    bool out_is_terminal = false;
  };

  explicit Console(Streams streams) : streams_(streams) {}

  OutputFormat format() const { return format_; }
  void set_format(OutputFormat format) { format_ = format; }
  // Colour is used where `out` is a terminal, unless this was set or NO_COLOR is in the
  // environment.
  void set_no_color() { no_color_ = true; }
  bool in_is_terminal() const { return streams_.in_is_terminal; }
  bool out_is_terminal() const { return streams_.out_is_terminal; }

  // Writes the answer: `data` as JSON or YAML, or `human` as it stands.
  void Answer(const Json& data, std::string_view human);
  // Writes bytes to `out` as they are.
  void Write(std::string_view bytes);
  // "leasehold: note: ..." on `err`.
  void Note(std::string_view text);
  // "leasehold: warning: ..." on `err`.
  void Warn(std::string_view text);
  // Everything, as it stands, on `err`.
  void WriteError(std::string_view text);

  // Everything up to the end of `in`; usage error where it is more than `bytes_max`.
  absl::StatusOr<std::string> ReadAll(size_t bytes_max);
  // Asks on `err` and waits for a line; true for "y" and "yes". False without a terminal.
  bool Confirm(std::string_view question);
  // Asks for a value twice without showing it; both must agree. Without a line feed at its end.
  absl::StatusOr<std::string> PromptHidden(std::string_view what);
  // The same, asked once: for what shows at once whether it is right.
  absl::StatusOr<std::string> PromptHiddenOnce(std::string_view what);

  // `text` in red, green or yellow where colour is used.
  std::string Red(std::string_view text) const { return Colored(text, "31"); }
  std::string Green(std::string_view text) const { return Colored(text, "32"); }
  std::string Yellow(std::string_view text) const { return Colored(text, "33"); }

  // FAILURE where something could not be written, a closed pipe for example. Called last.
  absl::Status Flush();

 private:
  std::string Colored(std::string_view text, std::string_view code) const;

  Streams streams_;
  OutputFormat format_ = OutputFormat::kTable;
  bool no_color_ = false;
};

// Overwrites what `text` holds before it is freed.
void Wipe(std::string* text);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_TERMINAL_CONSOLE_H_
