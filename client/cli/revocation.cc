#include <string>
#include <utility>

#include "client/cli/commands.h"
#include "client/cli/revocation_text.h"
#include "client/cli/session.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/table.h"
#include "leasehold/v1/revocation.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

absl::StatusOr<ExitStatus> Show(Session& session) {
  const std::string& typed = session.args().positionals()[0];
  v1::GetRevocationRequest request;
  request.set_name(typed.starts_with("revocations/") ? typed : StrCat("revocations/", typed));
  ASSIGN_OR_RETURN(Connection * server, session.revocation_server());
  ASSIGN_OR_RETURN(const v1::Revocation revocation,
                   server->Call(&v1::RevocationService::Stub::GetRevocation, request));
  Facts facts;
  AddRevocationFacts(revocation, &facts);
  session.console().Answer(MessageJson(revocation), facts.ToText());
  return ExitStatus::kOk;
}

}  // namespace

Command RevocationCommand() {
  return {
      .name = "revocation",
      .summary = "see what a revocation came to",
      .examples = {"leasehold revocation show 1"},
      .commands = {{.name = "show",
                    .summary = "show a revocation: what it ended, and what is left to do",
                    .details = "Leases and the last use are counted anew from what is known now; "
                               "streams are those\n"
                               "that the server cut since it started. Values that were revealed "
                               "cannot be recalled:\n"
                               "put a new version and disable the old one.",
                    .positionals = {{.name = "NUMBER",
                                     .help = "its number, or revocations/NUMBER"}},
                    .examples = {"leasehold revocation show 1",
                                 "leasehold revocation show revocations/1 -o json"},
                    .run = Show}},
  };
}

}  // namespace leasehold
