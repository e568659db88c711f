#include <string>
#include <string_view>
#include <utility>

#include "client/cli/commands.h"
#include "client/cli/counted.h"
#include "client/cli/pages.h"
#include "client/cli/resource.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/table.h"
#include "client/cli/terminal/time_text.h"
#include "client/cli/time_argument.h"
#include "leasehold/v1/identity.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using Stub = v1::IdentityService::Stub;

// What --expires takes instead of a time, where an end is taken away.
constexpr std::string_view kNever = "never";

absl::StatusOr<v1::Agent> GetAgent(Session& session, const std::string& name) {
  v1::GetAgentRequest request;
  request.set_name(name);
  auto agent = session.Call(&Stub::GetAgent, request);
  if (!agent.ok()) return WithNearName(session, agent.status(), "agents/", name);
  return agent;
}

absl::StatusOr<ExitStatus> Create(Session& session) {
  const Arguments& args = session.args();
  ASSIGN_OR_RETURN(std::string name, ResourceName("agents/", args.positionals()[0]));
  v1::CreateAgentRequest request;
  v1::Agent* agent = request.mutable_agent();
  agent->set_name(std::move(name));
  agent->set_owner(args.Get("owner").value_or(""));
  agent->set_description(args.Get("description").value_or(""));
  if (const auto expires = args.Get("expires")) {
    ASSIGN_OR_RETURN(const absl::Time time, ParseFuture(*expires, "expires", absl::Now()));
    *agent->mutable_expire_time() = TimestampOf(time);
  }
  ASSIGN_OR_RETURN(const v1::Agent created, session.Call(&Stub::CreateAgent, request));
  session.console().Answer(MessageJson(created), StrCat(created.name(), ": created\n"));
  return ExitStatus::kOk;
}

// Reads the agent, changes what the flags name and writes it back; the etag makes sure that nobody
// else did the same in between.
absl::StatusOr<ExitStatus> Update(Session& session) {
  const Arguments& args = session.args();
  ASSIGN_OR_RETURN(const std::string name, ResourceName("agents/", args.positionals()[0]));
  const auto owner = args.Get("owner");
  const auto description = args.Get("description");
  const auto expires = args.Get("expires");
  if (!owner.has_value() && !description.has_value() && !expires.has_value()) {
    return UsageError("nothing to change", "use --owner, --description or --expires");
  }
  absl::Time end = absl::InfiniteFuture();
  if (expires.has_value() && *expires != kNever) {
    ASSIGN_OR_RETURN(end, ParseFuture(*expires, "expires", absl::Now()));
  }
  v1::UpdateAgentRequest request;
  ASSIGN_OR_RETURN(*request.mutable_agent(), GetAgent(session, name));
  v1::Agent* agent = request.mutable_agent();
  if (owner.has_value()) agent->set_owner(*owner);
  if (description.has_value()) agent->set_description(*description);
  if (expires.has_value()) {
    agent->clear_expire_time();
    if (end != absl::InfiniteFuture()) *agent->mutable_expire_time() = TimestampOf(end);
  }
  ASSIGN_OR_RETURN(const v1::Agent updated, session.Call(&Stub::UpdateAgent, request));
  session.console().Answer(MessageJson(updated), StrCat(updated.name(), ": updated\n"));
  return ExitStatus::kOk;
}

std::string GroupsText(const v1::Agent& agent) {
  std::string text;
  for (const std::string& group : agent.groups()) {
    StrAppend(&text, text.empty() ? "" : ",", ShortName(group));
  }
  return text.empty() ? "-" : text;
}

std::string ExpiryText(const v1::Agent& agent) {
  return agent.has_expire_time() ? TimeCell(agent.expire_time()) : "-";
}

absl::StatusOr<ExitStatus> List(Session& session) {
  ASSIGN_OR_RETURN(const auto agents, ListAll(session, &Stub::ListAgents, v1::ListAgentsRequest(),
                                              &v1::ListAgentsResponse::agents));
  Table table({"AGENT", "OWNER", "GROUPS", "EXPIRES", "HELD"});
  Json list = Json::Array();
  for (const v1::Agent& agent : agents.items) {
    table.Add({ShortName(agent.name()), agent.owner().empty() ? "-" : agent.owner(),
               GroupsText(agent), ExpiryText(agent), agent.held() ? "held" : "-"});
    list.Append(MessageJson(agent));
  }
  session.console().Answer(Json::Object().Set("agents", std::move(list)), table.ToText());
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> Show(Session& session) {
  ASSIGN_OR_RETURN(const std::string name,
                   ResourceName("agents/", session.args().positionals()[0]));
  ASSIGN_OR_RETURN(const v1::Agent agent, GetAgent(session, name));
  Facts facts;
  facts.Add("agent", agent.name());
  facts.Add("owner", agent.owner());
  facts.Add("description", agent.description());
  facts.Add("groups", GroupsText(agent));
  facts.Add("created", TimeCell(agent.create_time()));
  facts.Add("expires", ExpiryText(agent));
  facts.Add("held", agent.held() ? "yes: no new leases until `leasehold resume`" : "no");
  for (const v1::AgentToken& token : agent.tokens()) {
    facts.Add("token", StrCat(token.name(), ", expires ",
                              token.has_expire_time() ? TimeCell(token.expire_time()) : "never"));
  }
  session.console().Answer(MessageJson(agent), facts.ToText());
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> Delete(Session& session) {
  ASSIGN_OR_RETURN(const std::string name,
                   ResourceName("agents/", session.args().positionals()[0]));
  ASSIGN_OR_RETURN(const v1::Agent agent, GetAgent(session, name));
  RETURN_IF_ERROR(session.Confirm(
      StrCat("delete ", name, " with its ",
             Counted(static_cast<uint64_t>(agent.tokens_size()), "token"), "? its leases end")));
  v1::DeleteAgentRequest request;
  request.set_name(name);
  request.set_etag(agent.etag());
  RETURN_IF_ERROR(session.Call(&Stub::DeleteAgent, request).status());
  session.console().Answer(Json::Object().Set("name", name).Set("deleted", true),
                           StrCat(name, ": deleted\n"));
  return ExitStatus::kOk;
}

Command CreateCommand() {
  return {
      .name = "create",
      .summary = "create an agent",
      .details =
          "It can do nothing yet: give it a token with `leasehold agent token NAME`, and a "
          "policy.",
      .positionals = {{.name = "NAME", .help = "the agent"}},
      .flags = {{.name = "owner", .value = "TEXT", .help = "who answers for it"},
                {.name = "description", .value = "TEXT", .help = "what it does"},
                {.name = "expires",
                 .value = "WHEN",
                 .help = "when it ends by itself: 90d or RFC 3339; without it never"}},
      .examples = {"leasehold agent create demo-bot --owner ops@example.com --expires 90d"},
      .run = Create,
  };
}

Command UpdateCommand() {
  return {
      .name = "update",
      .summary = "change an agent's owner, description or end",
      .details =
          "What no flag names stays. An agent that has expired comes back with a later end; its\n"
          "tokens have ends of their own.",
      .positionals = {{.name = "NAME", .help = "the agent"}},
      .flags = {{.name = "owner", .value = "TEXT", .help = "who answers for it"},
                {.name = "description", .value = "TEXT", .help = "what it does"},
                {.name = "expires",
                 .value = "WHEN",
                 .help = "when it ends by itself: 90d, RFC 3339, or never"}},
      .examples = {"leasehold agent update demo-bot --expires 90d",
                   "leasehold agent update demo-bot --owner ops@example.com --expires never"},
      .run = Update,
  };
}

}  // namespace

Command AgentCommand() {
  const Positional name{.name = "NAME", .help = "the agent"};
  return {
      .name = "agent",
      .summary = "create agents and their tokens",
      .examples = {"leasehold agent list"},
      .commands = {CreateCommand(),
                   {.name = "list",
                    .summary = "list all agents",
                    .examples = {"leasehold agent list", "leasehold agent list -o json"},
                    .run = List},
                   {.name = "show",
                    .summary = "show an agent and its tokens",
                    .positionals = {name},
                    .examples = {"leasehold agent show demo-bot"},
                    .run = Show},
                   UpdateCommand(),
                   {.name = "delete",
                    .summary = "delete an agent, its tokens and its leases",
                    .details = "One created later under the same name is a stranger to them.",
                    .positionals = {name},
                    .flags = {YesFlag()},
                    .examples = {"leasehold agent delete demo-bot --yes"},
                    .run = Delete},
                   AgentTokenCommand(),
                   AgentEnrollCommand()},
  };
}

}  // namespace leasehold
