#include <fstream>
#include <string>
#include <utility>

#include "client/cli/commands.h"
#include "client/cli/resource.h"
#include "client/cli/server_place.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/time_text.h"
#include "client/cli/time_argument.h"
#include "leasehold/v1/identity.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/base/token_text.h"

namespace leasehold {
namespace {

using Stub = v1::IdentityService::Stub;

absl::StatusOr<ExitStatus> Create(Session& session) {
  const Arguments& args = session.args();
  if (args.positionals().empty()) {
    return UsageError("`leasehold agent enroll` needs NAME", "see `leasehold agent enroll --help`");
  }
  ASSIGN_OR_RETURN(const std::string agent, ResourceName("agents/", args.positionals()[0]));
  v1::CreateEnrolmentTokenRequest request;
  request.set_agent(agent);
  if (const auto ttl = args.Get("ttl")) {
    ASSIGN_OR_RETURN(const absl::Duration duration, ParseSpan(*ttl, "ttl"));
    *request.mutable_ttl() = DurationOf(duration);
  }
  auto created = session.Call(&Stub::CreateEnrolmentToken, request);
  if (!created.ok()) return WithNearName(session, created.status(), "agents/", agent);
  session.console().Answer(MessageJson(*created), StrCat(created->token(), "\n"));
  if (session.console().format() == OutputFormat::kTable) {
    session.console().Note(StrCat(created->name(), " enrols once, until ",
                                  TimeCell(created->expire_time()), "; it is shown this once"));
  }
  Wipe(created->mutable_token());
  return ExitStatus::kOk;
}

// From LEASEHOLD_ENROLMENT_TOKEN, else the file.
absl::StatusOr<std::string> EnrolmentToken(const Arguments& args) {
  std::string token;
  if (const auto path = args.Get("token-file")) {
    std::ifstream file(*path == "-" ? "/dev/stdin" : *path);
    std::getline(file, token);
  } else {
    token = Environment("LEASEHOLD_ENROLMENT_TOKEN").value_or("");
  }
  const auto body = UnframeToken(TokenKind::kEnrolmentToken, token);
  if (body.ok()) return token;
  return CliError(ExitStatus::kNotAuthenticated,
                  StrCat("there is no enrolment token: ", body.status().message()),
                  "put it into a file for --token-file, or into LEASEHOLD_ENROLMENT_TOKEN; an "
                  "operator makes one with `leasehold agent enroll NAME`");
}

absl::StatusOr<ExitStatus> Redeem(Session& session) {
  v1::EnrolAgentRequest request;
  ASSIGN_OR_RETURN(*request.mutable_token(), EnrolmentToken(session.args()));
  auto issued = session.Call(&Stub::EnrolAgent, request);
  Wipe(request.mutable_token());
  if (!issued.ok()) return issued.status();
  session.console().Answer(MessageJson(*issued), StrCat(issued->token(), "\n"));
  if (session.console().format() == OutputFormat::kTable) {
    session.console().Note(StrCat(issued->name(), " ends ", TimeCell(issued->expire_time()),
                                  "; the token is shown this once"));
  }
  Wipe(issued->mutable_token());
  return ExitStatus::kOk;
}

}  // namespace

Command AgentEnrollCommand() {
  return {
      .name = "enroll",
      .summary = "make a token that enrols an agent once, or use one",
      .details =
          "Prints the enrolment token (lhe_...) alone on the standard output. Whoever brings it to "
          "the\nserver first, within its time, receives the agent's token; for everybody after "
          "that it is\nused. So it can travel where an agent token should not: to a machine that "
          "is being set up.",
      .positionals = {{.name = "NAME", .help = "the agent", .count = Positional::Count::kOptional}},
      .flags = {{.name = "ttl",
                 .value = "DURATION",
                 .help = "how long it can be used, 1m to 7d; without it 1h"}},
      .examples = {"leasehold agent enroll demo-bot > enrolment.token"},
      .run = Create,
      .commands = {{.name = "redeem",
                    .summary = "turn an enrolment token into the agent's token, on its machine",
                    .details = "Prints the agent token (lha_...) alone on the standard output.",
                    .flags = {{.name = "token-file",
                               .value = "FILE",
                               .help = "holds the enrolment token, or - for stdin; without it "
                                       "LEASEHOLD_ENROLMENT_TOKEN"}},
                    .examples = {"leasehold agent enroll redeem --token-file enrolment.token > "
                                 "token"},
                    .run = Redeem}},
  };
}

}  // namespace leasehold
