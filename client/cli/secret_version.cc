#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "client/cli/commands.h"
#include "client/cli/enum_text.h"
#include "client/cli/pages.h"
#include "client/cli/resource.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/table.h"
#include "client/cli/terminal/time_text.h"
#include "client/cli/version_row.h"
#include "leasehold/v1/secret.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using Stub = v1::SecretService::Stub;

std::string StateText(const v1::Version& version) {
  return EnumText(v1::Version::State_Name(version.state()), "STATE_");
}

// The secret and the version that the two arguments name.
struct Which {
  std::string secret;
  std::string version;
};

absl::StatusOr<Which> ParseWhich(const Arguments& args) {
  ASSIGN_OR_RETURN(std::string secret, ResourceName("secrets/", args.positionals()[0]));
  uint64_t number = 0;
  if (!absl::SimpleAtoi(args.positionals()[1], &number) || number == 0) {
    return UsageError(StrCat("'", args.positionals()[1], "' is no version number"),
                      StrCat("see `leasehold secret version list ", ShortName(secret), "`"));
  }
  std::string version = StrCat(secret, "/versions/", number);
  return Which{.secret = std::move(secret), .version = std::move(version)};
}

template <typename Request>
absl::StatusOr<ExitStatus> Change(Session& session,
                                  grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                               v1::Version*)) {
  ASSIGN_OR_RETURN(const Which which, ParseWhich(session.args()));
  Request request;
  request.set_name(which.version);
  const auto version = session.Call(method, request);
  if (!version.ok()) return WithNearName(session, version.status(), "secrets/", which.secret);
  session.console().Answer(MessageJson(*version),
                           StrCat(which.version, ": ", StateText(*version), "\n"));
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> Destroy(Session& session) {
  ASSIGN_OR_RETURN(const Which which, ParseWhich(session.args()));
  RETURN_IF_ERROR(session.Confirm(StrCat("destroy the value of ", which.version, " for good?")));
  return Change(session, &Stub::DestroyVersion);
}

absl::StatusOr<ExitStatus> List(Session& session) {
  ASSIGN_OR_RETURN(const std::string name,
                   ResourceName("secrets/", session.args().positionals()[0]));
  v1::ListVersionsRequest request;
  request.set_parent(name);
  const auto versions =
      ListAll(session, &Stub::ListVersions, request, &v1::ListVersionsResponse::versions);
  if (!versions.ok()) return WithNearName(session, versions.status(), "secrets/", name);
  session.console().Answer(Json::Object().Set("versions", VersionsJson(versions->items)),
                           VersionsText(versions->items));
  return ExitStatus::kOk;
}

}  // namespace

std::string VersionsText(const std::vector<v1::Version>& versions) {
  Table table({"VERSION", "STATE", "FIELDS", "CREATED", "EXPIRES"});
  for (const v1::Version& version : versions) {
    std::string fields;
    for (const std::string& field : version.field_names()) {
      StrAppend(&fields, fields.empty() ? "" : ",", field);
    }
    table.Add({StrCat(version.number()), StateText(version), fields,
               TimeCell(version.create_time()),
               version.has_expire_time() ? TimeCell(version.expire_time()) : "-"});
  }
  return table.ToText();
}

Json VersionsJson(const std::vector<v1::Version>& versions) {
  Json list = Json::Array();
  for (const v1::Version& version : versions) list.Append(MessageJson(version));
  return list;
}

Command SecretVersionCommand() {
  const std::vector<Positional> which = {{.name = "NAME", .help = "the secret"},
                                         {.name = "N", .help = "the version's number"}};
  return {
      .name = "version",
      .summary = "list, disable, enable and destroy versions of a secret",
      .examples = {"leasehold secret version list demo/pat"},
      .commands = {{.name = "list",
                    .summary = "list the versions of a secret, newest first",
                    .positionals = {which[0]},
                    .examples = {"leasehold secret version list demo/pat"},
                    .run = List},
                   {.name = "disable",
                    .summary = "make a version unusable until it is enabled",
                    .positionals = which,
                    .examples = {"leasehold secret version disable demo/pat 1"},
                    .run = [](Session& s) { return Change(s, &Stub::DisableVersion); }},
                   {.name = "enable",
                    .summary = "make a disabled version usable again",
                    .positionals = which,
                    .examples = {"leasehold secret version enable demo/pat 1"},
                    .run = [](Session& s) { return Change(s, &Stub::EnableVersion); }},
                   {.name = "destroy",
                    .summary = "destroy a version's value for good",
                    .details = "Its key and ciphertext are deleted; backups made before still "
                               "hold them.",
                    .positionals = which,
                    .flags = {YesFlag()},
                    .examples = {"leasehold secret version destroy demo/login 1 --yes"},
                    .run = Destroy}},
  };
}

}  // namespace leasehold
