#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/counted.h"
#include "client/cli/pages.h"
#include "client/cli/resource.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/table.h"
#include "client/cli/terminal/time_text.h"
#include "leasehold/v1/identity.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using Stub = v1::IdentityService::Stub;

absl::StatusOr<v1::Group> GetGroup(Session& session, const std::string& name) {
  v1::GetGroupRequest request;
  request.set_name(name);
  auto group = session.Call(&Stub::GetGroup, request);
  if (!group.ok()) return WithNearName(session, group.status(), "groups/", name);
  return group;
}

// The group and the agents that the arguments name: NAME AGENT...
absl::StatusOr<std::vector<std::string>> MembersTyped(const Arguments& args) {
  std::vector<std::string> members;
  for (size_t i = 1; i < args.positionals().size(); ++i) {
    ASSIGN_OR_RETURN(std::string member, ResourceName("agents/", args.positionals()[i]));
    members.push_back(std::move(member));
  }
  return members;
}

std::string AgentCount(const v1::Group& group) {
  return Counted(static_cast<uint64_t>(group.agents_size()), "agent");
}

std::string MembersText(const v1::Group& group) {
  std::string text;
  for (const std::string& agent : group.agents()) {
    StrAppend(&text, text.empty() ? "" : ",", ShortName(agent));
  }
  return text.empty() ? "-" : text;
}

absl::StatusOr<ExitStatus> Create(Session& session) {
  ASSIGN_OR_RETURN(std::string name, ResourceName("groups/", session.args().positionals()[0]));
  ASSIGN_OR_RETURN(const std::vector<std::string> members, MembersTyped(session.args()));
  v1::CreateGroupRequest request;
  request.mutable_group()->set_name(std::move(name));
  request.mutable_group()->set_description(session.args().Get("description").value_or(""));
  for (const std::string& member : members) request.mutable_group()->add_agents(member);
  ASSIGN_OR_RETURN(const v1::Group group, session.Call(&Stub::CreateGroup, request));
  session.console().Answer(MessageJson(group),
                           StrCat(group.name(), ": created with ", AgentCount(group), "\n"));
  return ExitStatus::kOk;
}

// Reads the group, changes its members and writes it back; the etag makes sure that nobody else
// did the same in between.
template <typename ChangeMembers>
absl::StatusOr<ExitStatus> Update(Session& session, ChangeMembers change) {
  ASSIGN_OR_RETURN(const std::string name,
                   ResourceName("groups/", session.args().positionals()[0]));
  ASSIGN_OR_RETURN(const std::vector<std::string> typed, MembersTyped(session.args()));
  ASSIGN_OR_RETURN(v1::Group group, GetGroup(session, name));
  std::vector<std::string> members(group.agents().begin(), group.agents().end());
  RETURN_IF_ERROR(change(name, typed, &members));
  group.clear_agents();
  for (std::string& member : members) group.add_agents(std::move(member));
  v1::UpdateGroupRequest request;
  *request.mutable_group() = std::move(group);
  const auto updated = session.Call(&Stub::UpdateGroup, request);
  // The group was there a moment ago, so what is not found is a member.
  if (!updated.ok() && !typed.empty()) {
    return WithNearName(session, updated.status(), "agents/", typed[0]);
  }
  RETURN_IF_ERROR(updated.status());
  session.console().Answer(MessageJson(*updated),
                           StrCat(updated->name(), ": ", AgentCount(*updated), "\n"));
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> Add(Session& session) {
  return Update(session, [](const std::string&, const std::vector<std::string>& typed,
                            std::vector<std::string>* members) {
    for (const std::string& agent : typed) {
      if (std::find(members->begin(), members->end(), agent) == members->end()) {
        members->push_back(agent);
      }
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<ExitStatus> Remove(Session& session) {
  return Update(session,
                [](const std::string& group, const std::vector<std::string>& typed,
                   std::vector<std::string>* members) -> absl::Status {
                  for (const std::string& agent : typed) {
                    const auto found = std::find(members->begin(), members->end(), agent);
                    if (found == members->end()) {
                      return CliError(ExitStatus::kNotFound, StrCat(agent, " is not in ", group),
                                      StrCat("see `leasehold group show ", ShortName(group), "`"));
                    }
                    members->erase(found);
                  }
                  return absl::OkStatus();
                });
}

absl::StatusOr<ExitStatus> List(Session& session) {
  ASSIGN_OR_RETURN(const auto groups, ListAll(session, &Stub::ListGroups, v1::ListGroupsRequest(),
                                              &v1::ListGroupsResponse::groups));
  Table table({"GROUP", "AGENTS", "DESCRIPTION"});
  Json list = Json::Array();
  for (const v1::Group& group : groups.items) {
    table.Add({ShortName(group.name()), StrCat(group.agents_size()), group.description()});
    list.Append(MessageJson(group));
  }
  session.console().Answer(Json::Object().Set("groups", std::move(list)), table.ToText());
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> Show(Session& session) {
  ASSIGN_OR_RETURN(const std::string name,
                   ResourceName("groups/", session.args().positionals()[0]));
  ASSIGN_OR_RETURN(const v1::Group group, GetGroup(session, name));
  Facts facts;
  facts.Add("group", group.name());
  facts.Add("description", group.description());
  facts.Add("agents", MembersText(group));
  facts.Add("created", TimeCell(group.create_time()));
  session.console().Answer(MessageJson(group), facts.ToText());
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> Delete(Session& session) {
  ASSIGN_OR_RETURN(const std::string name,
                   ResourceName("groups/", session.args().positionals()[0]));
  ASSIGN_OR_RETURN(const v1::Group group, GetGroup(session, name));
  RETURN_IF_ERROR(session.Confirm(StrCat("delete ", name, " with ", AgentCount(group),
                                         "? policies about it no longer reach them")));
  v1::DeleteGroupRequest request;
  request.set_name(name);
  request.set_etag(group.etag());
  RETURN_IF_ERROR(session.Call(&Stub::DeleteGroup, request).status());
  session.console().Answer(Json::Object().Set("name", name).Set("deleted", true),
                           StrCat(name, ": deleted\n"));
  return ExitStatus::kOk;
}

}  // namespace

Command GroupCommand() {
  const Positional name{.name = "NAME", .help = "the group"};
  const Positional any{
      .name = "AGENT", .help = "an agent of the group", .count = Positional::Count::kAny};
  const Positional some{
      .name = "AGENT", .help = "an agent", .count = Positional::Count::kAtLeastOne};
  return {
      .name = "group",
      .summary = "put agents into groups that policies can name",
      .examples = {"leasehold group list"},
      .commands = {{.name = "create",
                    .summary = "create a group",
                    .positionals = {name, any},
                    .flags = {{.name = "description", .value = "TEXT", .help = "what it is for"}},
                    .examples = {"leasehold group create demo-bots demo-bot"},
                    .run = Create},
                   {.name = "list",
                    .summary = "list all groups",
                    .examples = {"leasehold group list"},
                    .run = List},
                   {.name = "show",
                    .summary = "show a group and its agents",
                    .positionals = {name},
                    .examples = {"leasehold group show demo-bots"},
                    .run = Show},
                   {.name = "add",
                    .summary = "add agents to a group",
                    .positionals = {name, some},
                    .examples = {"leasehold group add demo-bots demo-bot"},
                    .run = Add},
                   {.name = "remove",
                    .summary = "remove agents from a group",
                    .positionals = {name, some},
                    .examples = {"leasehold group remove demo-bots demo-bot"},
                    .run = Remove},
                   {.name = "delete",
                    .summary = "delete a group; its agents stay",
                    .positionals = {name},
                    .flags = {YesFlag()},
                    .examples = {"leasehold group delete demo-bots --yes"},
                    .run = Delete}},
  };
}

}  // namespace leasehold
