#include "client/cli/target_flags.h"

#include <utility>

#include "client/cli/file_argument.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/time_text.h"
#include "client/cli/time_argument.h"
#include "leasehold/v1/identity.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

absl::Status SetInjection(const Arguments& args, v1::Injection* injection) {
  const bool basic = args.Has("basic") || args.Has("user-field") || args.Has("password-field");
  const bool header = args.Has("header") || args.Has("template");
  if (basic == header) {
    return UsageError("a target needs one way to inject: --header or --basic",
                      "for example --header Authorization --template 'Bearer {value}'");
  }
  if (basic) {
    injection->mutable_basic()->set_user_field(args.Get("user-field").value_or(""));
    injection->mutable_basic()->set_password_field(args.Get("password-field").value_or(""));
    return absl::OkStatus();
  }
  if (!args.Has("header")) return UsageError("--template needs --header");
  injection->mutable_header()->set_name(*args.Get("header"));
  injection->mutable_header()->set_template_(args.Get("template").value_or("{value}"));
  return absl::OkStatus();
}

}  // namespace

std::vector<Flag> TargetFlags() {
  return {
      {.name = "base-url", .value = "URL", .help = "http(s)://host[:port][/prefix]"},
      {.name = "secret",
       .value = "PATTERN",
       .help = "secrets that may be injected there",
       .repeats = true},
      {.name = "header", .value = "NAME", .help = "inject into this header"},
      {.name = "template",
       .value = "TEXT",
       .help = "the header's value, for example 'Bearer {value}'; without it {value}"},
      {.name = "basic", .help = "inject as HTTP basic authentication"},
      {.name = "user-field", .value = "NAME", .help = "field with the user; without it user"},
      {.name = "password-field",
       .value = "NAME",
       .help = "field with the password; without it password"},
      {.name = "read-method",
       .value = "METHOD",
       .help = "what counts as a read; without it GET, HEAD and OPTIONS",
       .repeats = true},
      {.name = "read-path",
       .value = "PATTERN",
       .help = "where it counts as one; without it everywhere",
       .repeats = true},
      {.name = "read-tool",
       .value = "PATTERN",
       .help = "MCP tools that only read; without it none does",
       .repeats = true},
      {.name = "record",
       .value = "WHAT",
       .help = "what the ledger keeps of a use: rule (its pattern) or path (itself)"},
      {.name = "allow-cidr",
       .value = "CIDR",
       .help = "loopback or private network that it may lie in",
       .repeats = true},
      {.name = "timeout", .value = "DURATION", .help = "for its answer to begin; without it 30s"},
      {.name = "ca-file", .value = "FILE", .help = "PEM certificates to trust for https"},
      {.name = "description", .value = "TEXT", .help = "what it is"},
  };
}

absl::StatusOr<v1::Target> TargetFromFlags(const Arguments& args, const std::string& name) {
  v1::Target target;
  target.set_name(name);
  if (!args.Has("base-url") || !args.Has("secret")) {
    return UsageError("a target needs --base-url and --secret",
                      "or describe it in a file and use -f FILE");
  }
  target.set_base_url(*args.Get("base-url"));
  for (const std::string& secret : args.All("secret")) target.add_secrets(secret);
  RETURN_IF_ERROR(SetInjection(args, target.mutable_injection()));
  if (args.Has("read-path") && !args.Has("read-method")) {
    return UsageError("--read-path needs --read-method", "for example --read-method GET");
  }
  for (const std::string& method : args.All("read-method")) {
    target.mutable_read()->add_methods(method);
  }
  for (const std::string& path : args.All("read-path")) target.mutable_read()->add_paths(path);
  for (const std::string& tool : args.All("read-tool")) target.mutable_read()->add_tools(tool);
  if (const auto record = args.Get("record")) {
    if (*record != "rule" && *record != "path") {
      return UsageError(StrCat("--record '", *record, "' is neither rule nor path"));
    }
    target.set_record(*record == "rule" ? v1::RECORD_MODE_RULE : v1::RECORD_MODE_PATH);
  }
  for (const std::string& cidr : args.All("allow-cidr")) target.add_allow_cidrs(cidr);
  if (const auto timeout = args.Get("timeout")) {
    ASSIGN_OR_RETURN(const absl::Duration duration, ParseSpan(*timeout, "timeout"));
    *target.mutable_timeout() = DurationOf(duration);
  }
  if (const auto path = args.Get("ca-file")) {
    ASSIGN_OR_RETURN(*target.mutable_ca_pem(), ReadPemFile(*path));
  }
  target.set_description(args.Get("description").value_or(""));
  return target;
}

}  // namespace leasehold
