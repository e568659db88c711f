#include "client/cli/terminal/console.h"

#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <istream>
#include <ostream>

#include "client/cli/terminal/cli_error.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// What the terminal was like before its echo was switched off; for the signal handler, which can
// reach nothing else.
termios terminal_before;

// Leaves the terminal as it was, then lets the signal do what it always does. Only calls that a
// signal handler may make.
void RestoreTerminalAndDie(int signal) {
  tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
  std::signal(signal, SIG_DFL);
  raise(signal);
}

// Switches the terminal's echo off as long as it lives, or until a signal ends the process.
class EchoOff {
 public:
  EchoOff() {
    ok_ = tcgetattr(STDIN_FILENO, &terminal_before) == 0;
    if (!ok_) return;
    for (const int signal : kSignals) std::signal(signal, RestoreTerminalAndDie);
    termios quiet = terminal_before;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ok_ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~EchoOff() {
    if (!ok_) return;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal_before);
    for (const int signal : kSignals) std::signal(signal, SIG_DFL);
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;
  bool ok() const { return ok_; }

 private:
  static constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  bool ok_ = false;
};

}  // namespace

absl::StatusOr<OutputFormat> ParseOutputFormat(std::string_view text) {
  if (text == "table") return OutputFormat::kTable;
  if (text == "json") return OutputFormat::kJson;
  if (text == "yaml") return OutputFormat::kYaml;
  return UsageError(StrCat("there is no output format '", text, "'"), "use table, json or yaml");
}

void Console::Answer(const Json& data, std::string_view human) {
  switch (format_) {
    case OutputFormat::kTable:
      return Write(human);
    case OutputFormat::kJson:
      return Write(data.ToJson());
    case OutputFormat::kYaml:
      return Write(data.ToYaml());
  }
}

void Console::Write(std::string_view bytes) { *streams_.out << bytes; }

void Console::Note(std::string_view text) { *streams_.err << "leasehold: note: " << text << "\n"; }

void Console::Warn(std::string_view text) {
  *streams_.err << "leasehold: warning: " << text << "\n";
}

void Console::WriteError(std::string_view text) { *streams_.err << text; }

absl::StatusOr<std::string> Console::ReadAll(size_t bytes_max) {
  std::string all(bytes_max + 1, '\0');
  streams_.in->read(all.data(), static_cast<std::streamsize>(all.size()));
  const auto count = static_cast<size_t>(streams_.in->gcount());
  if (count > bytes_max) {
    Wipe(&all);
    return UsageError(StrCat("the input is longer than ", bytes_max, " bytes"));
  }
  all.resize(count);
  return all;
}

bool Console::Confirm(std::string_view question) {
  if (!streams_.in_is_terminal) return false;
  *streams_.err << question << " [y/N] " << std::flush;
  std::string line;
  std::getline(*streams_.in, line);
  return line == "y" || line == "Y" || line == "yes";
}

absl::StatusOr<std::string> Console::PromptHidden(std::string_view what) {
  const EchoOff echo_off;
  if (!echo_off.ok()) {
    return CliError(ExitStatus::kFailure, "the terminal's echo cannot be switched off",
                    "give the value through a pipe or with --file");
  }
  std::string first;
  std::string second;
  *streams_.err << what << " (not shown): " << std::flush;
  std::getline(*streams_.in, first);
  *streams_.err << "\nonce more: " << std::flush;
  std::getline(*streams_.in, second);
  *streams_.err << "\n";
  const bool same = first == second;
  Wipe(&second);
  if (!same) {
    Wipe(&first);
    return UsageError("the two entries differ", "type the value again");
  }
  return first;
}

absl::StatusOr<std::string> Console::PromptHiddenOnce(std::string_view what) {
  const EchoOff echo_off;
  if (!echo_off.ok()) {
    return CliError(ExitStatus::kFailure, "the terminal's echo cannot be switched off",
                    "give the value through a pipe or in a file");
  }
  std::string text;
  *streams_.err << what << " (not shown): " << std::flush;
  std::getline(*streams_.in, text);
  *streams_.err << "\n";
  return text;
}

absl::Status Console::Flush() {
  streams_.out->flush();
  if (streams_.out->good()) return absl::OkStatus();
  return CliError(ExitStatus::kFailure, "the answer could not be written to the standard output",
                  "the disk is full, or the program that reads it ended");
}

std::string Console::Colored(std::string_view text, std::string_view code) const {
  if (no_color_ || !streams_.out_is_terminal) return std::string(text);
  return StrCat("\x1b[", code, "m", text, "\x1b[0m");
}

void Wipe(std::string* text) {
  text->resize(text->capacity());
  explicit_bzero(text->data(), text->size());
  text->clear();
}

}  // namespace leasehold
