#include "server/base/version.h"

#include <string>

#include "client/cli/commands.h"
#include "client/cli/session.h"
#include "leasehold/v1/admin.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// The server's version is a courtesy: whoever asks without a server gets an answer too.
absl::StatusOr<ExitStatus> Version(Session& session) {
  const auto server =
      session.Call(&v1::AdminService::Stub::GetServerInfo, v1::GetServerInfoRequest());
  Json data = Json::Object();
  data.Set("client", kLeaseholdVersion);
  data.Set("server", server.ok() ? Json(server->version()) : Json());
  session.console().Answer(
      data, StrCat("leasehold ", kLeaseholdVersion, "\n",
                   server.ok() ? StrCat("leaseholdd ", server->version(), "\n") : std::string()));
  return ExitStatus::kOk;
}

}  // namespace

Command VersionCommand() {
  return {
      .name = "version",
      .summary = "say which version this is, and the server's where one answers",
      .examples = {"leasehold version", "leasehold version -o json | jq -r .client"},
      .run = Version,
  };
}

}  // namespace leasehold
