#include <string>
#include <utility>

#include "client/cli/commands.h"
#include "client/cli/resource.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/time_text.h"
#include "client/cli/time_argument.h"
#include "leasehold/v1/identity.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using Stub = v1::IdentityService::Stub;

// Prints a token that the server has just made alone on the standard output, and forgets it.
ExitStatus AnswerToken(Session& session, v1::IssueTokenResponse issued, std::string_view note) {
  session.console().Answer(MessageJson(issued), StrCat(issued.token(), "\n"));
  if (session.console().format() == OutputFormat::kTable) {
    session.console().Note(StrCat(issued.name(), " ends ", TimeCell(issued.expire_time()),
                                  "; the token is shown this once", note));
  }
  Wipe(issued.mutable_token());
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> Issue(Session& session) {
  const Arguments& args = session.args();
  if (args.positionals().empty()) {
    return UsageError("`leasehold agent token` needs NAME", "see `leasehold agent token --help`");
  }
  v1::IssueTokenRequest request;
  ASSIGN_OR_RETURN(const std::string agent, ResourceName("agents/", args.positionals()[0]));
  request.set_agent(agent);
  if (const auto ttl = args.Get("ttl")) {
    ASSIGN_OR_RETURN(const absl::Duration duration, ParseSpan(*ttl, "ttl"));
    *request.mutable_ttl() = DurationOf(duration);
  }
  auto issued = session.Call(&Stub::IssueToken, request);
  if (!issued.ok()) return WithNearName(session, issued.status(), "agents/", agent);
  return AnswerToken(session, *std::move(issued), "");
}

// "agents/NAME/tokens/NUMBER" of what was typed, with or without "agents/".
absl::StatusOr<std::string> TokenName(const std::string& typed) {
  // A token itself does not belong into an argument, where others can see it.
  if (typed.starts_with("lha_") || typed.starts_with("lhe_")) {
    return UsageError("this takes a token's name, never the token itself",
                      "`leasehold agent show NAME` lists names like agents/NAME/tokens/1");
  }
  std::string name = typed.starts_with("agents/") ? typed : StrCat("agents/", typed);
  if (name.find("/tokens/") == std::string::npos) {
    return UsageError(StrCat("'", typed, "' is no token's name"),
                      "`leasehold agent show NAME` lists names like agents/NAME/tokens/1");
  }
  return name;
}

absl::StatusOr<ExitStatus> Rotate(Session& session) {
  const Arguments& args = session.args();
  v1::RotateTokenRequest request;
  if (!args.positionals().empty()) {
    ASSIGN_OR_RETURN(const std::string name, TokenName(args.positionals()[0]));
    request.set_name(name);
  }
  if (const auto ttl = args.Get("ttl")) {
    ASSIGN_OR_RETURN(const absl::Duration duration, ParseSpan(*ttl, "ttl"));
    *request.mutable_ttl() = DurationOf(duration);
  }
  if (const auto overlap = args.Get("overlap")) {
    ASSIGN_OR_RETURN(const absl::Duration duration, ParseSpan(*overlap, "overlap"));
    *request.mutable_overlap() = DurationOf(duration);
  }
  ASSIGN_OR_RETURN(v1::IssueTokenResponse issued, session.Call(&Stub::RotateToken, request));
  return AnswerToken(
      session, std::move(issued),
      StrCat("; the one before it goes on for ", args.Get("overlap").value_or("1h"), " at most"));
}

absl::StatusOr<ExitStatus> Revoke(Session& session) {
  ASSIGN_OR_RETURN(const std::string name, TokenName(session.args().positionals()[0]));
  v1::RevokeTokenRequest request;
  request.set_name(name);
  RETURN_IF_ERROR(session.Call(&Stub::RevokeToken, request).status());
  session.console().Answer(Json::Object().Set("name", name).Set("revoked", true),
                           StrCat(name, ": revoked\n"));
  return ExitStatus::kOk;
}

}  // namespace

Command AgentTokenCommand() {
  return {
      .name = "token",
      .summary = "issue, rotate or revoke tokens of an agent",
      .details =
          "Prints the token (lha_...) alone on the standard output, this once: the server "
          "keeps\nonly its hash. The agent presents it with LEASEHOLD_TOKEN or "
          "LEASEHOLD_TOKEN_FILE.\nFor an agent that is called `revoke` write agents/revoke.",
      .positionals = {{.name = "NAME", .help = "the agent", .count = Positional::Count::kOptional}},
      .flags = {{.name = "ttl",
                 .value = "DURATION",
                 .help = "how long it is valid, 1s to 400d; without it 90d"}},
      .examples = {"leasehold agent token demo-bot --ttl 30d > demo-bot.token"},
      .run = Issue,
      .commands = {{.name = "issue",
                    .summary = "issue a token, as `agent token NAME` does",
                    .positionals = {{.name = "NAME", .help = "the agent"}},
                    .examples = {"leasehold agent token issue demo-bot > demo-bot.token"},
                    .run = Issue},
                   {.name = "rotate",
                    .summary = "replace a token by a new one; the old one goes on for a while",
                    .details =
                        "Prints the new token alone on the standard output. Leases taken with the "
                        "old one\nlive on. An agent leaves TOKEN_NAME out: it replaces the token "
                        "it presents, by one\nthat lasts as long.",
                    .positionals = {{.name = "TOKEN_NAME",
                                     .help = "agents/NAME/tokens/NUMBER",
                                     .count = Positional::Count::kOptional}},
                    .flags = {{.name = "overlap",
                               .value = "DURATION",
                               .help = "how long the old one goes on, 0s to 24h; without it 1h"}},
                    .examples = {"leasehold agent token rotate agents/demo-bot/tokens/1 > new",
                                 "LEASEHOLD_TOKEN_FILE=token leasehold agent token rotate > new"},
                    .run = Rotate},
                   {.name = "revoke",
                    .summary = "end a token, and the leases that were taken with it",
                    .positionals = {{.name = "TOKEN_NAME", .help = "agents/NAME/tokens/NUMBER"}},
                    .examples = {"leasehold agent token revoke agents/demo-bot/tokens/1"},
                    .run = Revoke}},
  };
}

}  // namespace leasehold
