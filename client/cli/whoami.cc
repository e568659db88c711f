#include "absl/strings/str_join.h"
#include "client/cli/commands.h"
#include "client/cli/enum_text.h"
#include "client/cli/session.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/table.h"
#include "client/cli/terminal/time_text.h"
#include "leasehold/v1/identity.grpc.pb.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

absl::StatusOr<ExitStatus> Whoami(Session& session) {
  ASSIGN_OR_RETURN(const v1::Caller caller,
                   session.Call(&v1::IdentityService::Stub::GetCaller, v1::GetCallerRequest()));
  ASSIGN_OR_RETURN(const Connection* server, session.server());
  Facts facts;
  facts.Add("principal", caller.principal());
  facts.Add("role", EnumText(v1::Role_Name(caller.role()), "ROLE_"));
  facts.Add("method", caller.method());
  facts.Add("address", caller.address());
  if (!caller.credential().empty()) facts.Add("credential", caller.credential());
  if (!caller.user().empty()) facts.Add("on behalf of", caller.user());
  if (caller.groups_size() > 0) facts.Add("groups", absl::StrJoin(caller.groups(), ", "));
  facts.Add("expires", caller.has_expire_time() ? TimeCell(caller.expire_time()) : "never");
  facts.Add("server", server->address());
  Json data = MessageJson(caller);
  data.Set("server", server->address());
  session.console().Answer(data, facts.ToText());
  return ExitStatus::kOk;
}

}  // namespace

Command WhoamiCommand() {
  return {
      .name = "whoami",
      .summary = "say who you are to the server, and what you may do",
      .examples = {"leasehold whoami", "leasehold whoami -o json | jq -r .role"},
      .run = Whoami,
  };
}

}  // namespace leasehold
