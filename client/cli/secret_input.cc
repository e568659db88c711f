#include "client/cli/secret_input.h"

#include <fstream>
#include <set>
#include <string>
#include <utility>

#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "leasehold/v1/secret.pb.h"
#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// The API's limit for all fields of a version together.
constexpr size_t kValueBytesMax = 64 * 1024;
constexpr std::string_view kDefaultField = "value";

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return UsageError(StrCat("the file '", path, "' cannot be read"));
  std::string bytes(kValueBytesMax + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(file.gcount()));
  if (bytes.size() <= kValueBytesMax) return bytes;
  Wipe(&bytes);
  return UsageError(StrCat("'", path, "' is longer than ", kValueBytesMax, " bytes"),
                    "a version holds at most 64 KiB in all its fields together");
}

class Reader {
 public:
  Reader(Session& session, v1::AddVersionRequest* request)
      : session_(session), request_(*request), trim_(session.args().Has("trim-newline")) {}

  absl::Status Run() {
    const Arguments& args = session_.args();
    for (const std::string& text : args.All("field")) RETURN_IF_ERROR(TakeFieldFlag(text));
    if (const auto path = args.Get("file")) {
      ASSIGN_OR_RETURN(std::string bytes, ReadFile(*path));
      RETURN_IF_ERROR(Add(std::string(kDefaultField), std::move(bytes)));
    }
    if (const auto name = args.Get("field-stdin")) {
      RETURN_IF_ERROR(TakeInput(*name));
    } else if (request_.fields().empty()) {
      RETURN_IF_ERROR(TakeInput(std::string(kDefaultField)));
    }
    return absl::OkStatus();
  }

 private:
  // NAME=@FILE
  absl::Status TakeFieldFlag(const std::string& text) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || text.size() < equals + 3 || text[equals + 1] != '@') {
      return UsageError(StrCat("--field '", text.substr(0, equals), "' is not NAME=@FILE"),
                        "values are never arguments, which others can see: put it in a file, or "
                        "use --field-stdin NAME");
    }
    ASSIGN_OR_RETURN(std::string bytes, ReadFile(text.substr(equals + 2)));
    return Add(text.substr(0, equals), std::move(bytes));
  }

  absl::Status TakeInput(const std::string& name) {
    Console& console = session_.console();
    if (console.in_is_terminal()) {
      ASSIGN_OR_RETURN(std::string typed, console.PromptHidden(name));
      return Add(name, std::move(typed));
    }
    ASSIGN_OR_RETURN(std::string bytes, console.ReadAll(kValueBytesMax));
    if (!trim_ && bytes.ends_with('\n') && bytes.find('\n') == bytes.size() - 1) {
      console.Note(StrCat("field '", name,
                          "' ends with a line feed, which is kept; --trim-newline drops it"));
    }
    return Add(name, std::move(bytes));
  }

  absl::Status Add(std::string name, std::string bytes) {
    if (trim_ && bytes.ends_with('\n')) bytes.pop_back();
    if (trim_ && bytes.ends_with('\r')) bytes.pop_back();
    const auto valid = Name::Parse(name, "field name");
    if (!valid.ok()) return UsageError(ToStd(valid.status().message()));
    if (!names_.insert(name).second) return UsageError(StrCat("field '", name, "' comes twice"));
    if (bytes.empty()) {
      return UsageError(StrCat("field '", name, "' is empty"), "a field has at least one byte");
    }
    total_ += bytes.size();
    v1::Field* field = request_.add_fields();
    field->set_name(std::move(name));
    field->set_value(std::move(bytes));
    if (total_ <= kValueBytesMax) return absl::OkStatus();
    return UsageError(StrCat("the fields have ", total_, " bytes together"),
                      "a version holds at most 64 KiB in all its fields together");
  }

  Session& session_;
  v1::AddVersionRequest& request_;
  const bool trim_;
  std::set<std::string> names_;
  size_t total_ = 0;
};

}  // namespace

std::vector<Flag> SecretInputFlags() {
  return {
      {.name = "file", .value = "FILE", .help = "take field `value` from this file"},
      {.name = "field",
       .value = "NAME=@FILE",
       .help = "take this field from a file",
       .repeats = true},
      {.name = "field-stdin", .value = "NAME", .help = "take this field from the standard input"},
      {.name = "trim-newline", .help = "drop one line end at the end of each value"},
  };
}

absl::Status ReadSecretFields(Session& session, v1::AddVersionRequest* request) {
  return Reader(session, request).Run();
}

void WipeSecretFields(v1::AddVersionRequest* request) {
  for (v1::Field& field : *request->mutable_fields()) Wipe(field.mutable_value());
}

}  // namespace leasehold
