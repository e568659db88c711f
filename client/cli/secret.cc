#include <map>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/counted.h"
#include "client/cli/pages.h"
#include "client/cli/resource.h"
#include "client/cli/secret_input.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/table.h"
#include "client/cli/terminal/time_text.h"
#include "client/cli/time_argument.h"
#include "client/cli/version_row.h"
#include "leasehold/v1/secret.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using Stub = v1::SecretService::Stub;

constexpr char kNoValueArgument[] =
    "values come from the standard input, --file or --field, never from an argument, which others "
    "can see";

// Puts the flags --description and --label into `secret`, labels beside those it has.
absl::Status ApplyFlags(const Arguments& args, v1::Secret* secret) {
  if (auto description = args.Get("description")) secret->set_description(*std::move(description));
  for (const std::string& label : args.All("label")) {
    const size_t equals = label.find('=');
    if (equals == std::string::npos || equals == 0) {
      return UsageError(StrCat("--label '", label, "' is not KEY=VALUE"));
    }
    (*secret->mutable_labels())[label.substr(0, equals)] = label.substr(equals + 1);
  }
  return absl::OkStatus();
}

// Creates the secret, or updates what the flags name of one that is there.
absl::Status EnsureSecret(Session& session, const std::string& name) {
  v1::GetSecretRequest get;
  get.set_name(name);
  auto secret = session.Call(&Stub::GetSecret, get);
  if (!secret.ok() && ExitStatusOf(secret.status()) != ExitStatus::kNotFound) {
    return secret.status();
  }
  if (!secret.ok()) {
    v1::CreateSecretRequest create;
    create.mutable_secret()->set_name(name);
    RETURN_IF_ERROR(ApplyFlags(session.args(), create.mutable_secret()));
    return session.Call(&Stub::CreateSecret, create).status();
  }
  if (!session.args().Has("description") && !session.args().Has("label")) return absl::OkStatus();
  v1::UpdateSecretRequest update;
  *update.mutable_secret() = *std::move(secret);
  RETURN_IF_ERROR(ApplyFlags(session.args(), update.mutable_secret()));
  return session.Call(&Stub::UpdateSecret, update).status();
}

absl::StatusOr<ExitStatus> Put(Session& session) {
  ASSIGN_OR_RETURN(const std::string name,
                   ResourceName("secrets/", session.args().positionals()[0]));
  v1::AddVersionRequest request;
  request.set_parent(name);
  if (const auto expires = session.args().Get("expires")) {
    ASSIGN_OR_RETURN(const absl::Time time, ParseFuture(*expires, "expires", absl::Now()));
    *request.mutable_expire_time() = TimestampOf(time);
  }
  // The value first: what cannot be read must not leave an empty secret behind.
  RETURN_IF_ERROR(ReadSecretFields(session, &request));
  absl::Status ready = EnsureSecret(session, name);
  auto version = ready.ok() ? session.Call(&Stub::AddVersion, request)
                            : absl::StatusOr<v1::Version>(std::move(ready));
  WipeSecretFields(&request);
  RETURN_IF_ERROR(version.status());
  session.console().Answer(MessageJson(*version),
                           StrCat(name, ": version ", version->number(), " added\n"));
  return ExitStatus::kOk;
}

// Sorted, since a protobuf map has no order.
std::string LabelsText(const v1::Secret& secret) {
  const std::map<std::string, std::string> labels(secret.labels().begin(), secret.labels().end());
  std::string text;
  for (const auto& [key, value] : labels) {
    StrAppend(&text, text.empty() ? "" : " ", key, "=", value);
  }
  return text;
}

std::string NumberOrDash(uint64_t number) { return number == 0 ? "-" : std::to_string(number); }

absl::StatusOr<ExitStatus> Show(Session& session) {
  ASSIGN_OR_RETURN(const std::string name,
                   ResourceName("secrets/", session.args().positionals()[0]));
  v1::GetSecretRequest request;
  request.set_name(name);
  const auto secret = session.Call(&Stub::GetSecret, request);
  if (!secret.ok()) return WithNearName(session, secret.status(), "secrets/", name);
  v1::ListVersionsRequest list;
  list.set_parent(name);
  ASSIGN_OR_RETURN(const auto versions, ListAll(session, &Stub::ListVersions, list,
                                                &v1::ListVersionsResponse::versions));
  Facts facts;
  facts.Add("secret", name);
  facts.Add("description", secret->description());
  facts.Add("labels", LabelsText(*secret));
  facts.Add("latest version", NumberOrDash(secret->latest_version()));
  facts.Add("created", TimeCell(secret->create_time()));
  facts.Add("changed", TimeCell(secret->update_time()));
  Json data = MessageJson(*secret);
  data.Set("versions", VersionsJson(versions.items));
  session.console().Answer(data, StrCat(facts.ToText(), "\n", VersionsText(versions.items)));
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> List(Session& session) {
  ASSIGN_OR_RETURN(const auto secrets,
                   ListAll(session, &Stub::ListSecrets, v1::ListSecretsRequest(),
                           &v1::ListSecretsResponse::secrets));
  Table table({"SECRET", "LATEST", "VERSIONS", "CHANGED", "DESCRIPTION"});
  Json list = Json::Array();
  for (const v1::Secret& secret : secrets.items) {
    table.Add({ShortName(secret.name()), NumberOrDash(secret.latest_version()),
               StrCat(secret.version_count()), TimeCell(secret.update_time()),
               secret.description()});
    list.Append(MessageJson(secret));
  }
  session.console().Answer(Json::Object().Set("secrets", std::move(list)), table.ToText());
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> Delete(Session& session) {
  ASSIGN_OR_RETURN(const std::string name,
                   ResourceName("secrets/", session.args().positionals()[0]));
  v1::GetSecretRequest get;
  get.set_name(name);
  const auto secret = session.Call(&Stub::GetSecret, get);
  if (!secret.ok()) return WithNearName(session, secret.status(), "secrets/", name);
  RETURN_IF_ERROR(session.Confirm(StrCat("delete ", name, " and destroy its ",
                                         Counted(secret->version_count(), "version"),
                                         " for good? its leases end")));
  v1::DeleteSecretRequest request;
  request.set_name(name);
  request.set_etag(secret->etag());
  RETURN_IF_ERROR(session.Call(&Stub::DeleteSecret, request).status());
  session.console().Answer(Json::Object().Set("name", name).Set("deleted", true),
                           StrCat(name, ": deleted\n"));
  return ExitStatus::kOk;
}

Command PutCommand() {
  Command put{
      .name = "put",
      .summary = "store a value as a new version of a secret",
      .details =
          "Creates the secret where it does not exist. The value comes from the standard input,\n"
          "from files, or on a terminal from a prompt that does not show it; never from an\n"
          "argument. It is kept byte for byte, a line feed at its end too (--trim-newline drops\n"
          "one); only what is typed at a prompt ends before the line feed. A version holds one or\n"
          "more fields, together at most 64 KiB; a single value is the field `value`.",
      .positionals = {{.name = "NAME", .help = "the secret, for example github/pat"}},
      .flags = SecretInputFlags(),
      .examples = {"head -c 24 /dev/urandom | base64 | leasehold secret put demo/pat "
                   "--trim-newline",
                   "leasehold secret put demo/host --file /etc/hostname --description 'a host'",
                   "leasehold secret put demo/login --field user=@/etc/hostname --field-stdin "
                   "password < /etc/machine-id"},
      .run = Put,
      .instead = {{.typed = "--value", .hint = kNoValueArgument}},
      .surplus_hint = kNoValueArgument,
      .surplus_is_secret = true};
  put.flags.push_back(
      {.name = "description", .value = "TEXT", .help = "what it is for, at most 1,024 bytes"});
  put.flags.push_back(
      {.name = "label", .value = "KEY=VALUE", .help = "set this label", .repeats = true});
  put.flags.push_back({.name = "expires",
                       .value = "WHEN",
                       .help = "when the version ends by itself: 90d or RFC 3339"});
  return put;
}

}  // namespace

Command SecretCommand() {
  const Positional name{.name = "NAME", .help = "the secret"};
  return {
      .name = "secret",
      .summary = "store secrets and look after them",
      .details =
          "No command here prints a value: values leave only through a lease (`leasehold "
          "read`).",
      .examples = {"leasehold secret list"},
      .instead = {{.typed = "get",
                   .hint = "`leasehold secret show NAME` shows all but the value; an agent reads "
                           "that with `leasehold read`"},
                  {.typed = "read", .hint = "an agent reads a value with `leasehold read`"}},
      .commands = {PutCommand(),
                   {.name = "show",
                    .summary = "show a secret and its versions, without values",
                    .positionals = {name},
                    .examples = {"leasehold secret show demo/pat",
                                 "leasehold secret show demo/pat -o json"},
                    .run = Show},
                   {.name = "list",
                    .summary = "list all secrets",
                    .examples = {"leasehold secret list",
                                 "leasehold secret list -o json | jq -r '.secrets[].name'"},
                    .run = List},
                   {.name = "delete",
                    .summary = "delete a secret and destroy all its versions",
                    .details = "Its leases end. A secret created later under the same name is "
                               "another one.",
                    .positionals = {name},
                    .flags = {YesFlag()},
                    .examples = {"leasehold secret delete demo/host --yes"},
                    .run = Delete},
                   SecretVersionCommand()},
  };
}

}  // namespace leasehold
