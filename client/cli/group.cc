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
using Names = google::protobuf::RepeatedPtrField<std::string>;

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

// "2 agents", "1 user", "2 agents and 1 user".
std::string MemberCount(const v1::Group& group) {
  const std::string agents = Counted(static_cast<uint64_t>(group.agents_size()), "agent");
  const std::string users = Counted(static_cast<uint64_t>(group.users_size()), "user");
  if (group.users().empty()) return agents;
  return group.agents().empty() ? users : StrCat(agents, " and ", users);
}

template <typename Names>
std::string MembersText(const Names& names) {
  std::string text;
  for (const std::string& name : names) {
    StrAppend(&text, text.empty() ? "" : ",", ShortName(name));
  }
  return text;
}

absl::StatusOr<ExitStatus> Create(Session& session) {
  ASSIGN_OR_RETURN(std::string name, ResourceName("groups/", session.args().positionals()[0]));
  ASSIGN_OR_RETURN(const std::vector<std::string> members, MembersTyped(session.args()));
  v1::CreateGroupRequest request;
  request.mutable_group()->set_name(std::move(name));
  request.mutable_group()->set_description(session.args().Get("description").value_or(""));
  for (const std::string& member : members) request.mutable_group()->add_agents(member);
  for (const std::string& user : session.args().All("user")) {
    request.mutable_group()->add_users(user);
  }
  ASSIGN_OR_RETURN(const v1::Group group, session.Call(&Stub::CreateGroup, request));
  session.console().Answer(MessageJson(group),
                           StrCat(group.name(), ": created with ", MemberCount(group), "\n"));
  return ExitStatus::kOk;
}

// Reads the group, changes its members and writes it back; the etag makes sure that nobody else
// did the same in between.
template <typename ChangeMembers>
absl::StatusOr<ExitStatus> Update(Session& session, ChangeMembers change) {
  ASSIGN_OR_RETURN(const std::string name,
                   ResourceName("groups/", session.args().positionals()[0]));
  ASSIGN_OR_RETURN(const std::vector<std::string> typed, MembersTyped(session.args()));
  const std::vector<std::string> typed_users = session.args().All("user");
  if (typed.empty() && typed_users.empty()) {
    return UsageError("nobody is named", "name agents, or users with --user");
  }
  ASSIGN_OR_RETURN(v1::Group group, GetGroup(session, name));
  RETURN_IF_ERROR(change(name, typed, group.mutable_agents()));
  RETURN_IF_ERROR(change(name, typed_users, group.mutable_users()));
  v1::UpdateGroupRequest request;
  *request.mutable_group() = std::move(group);
  const auto updated = session.Call(&Stub::UpdateGroup, request);
  // The group was there a moment ago, so what is not found is a member.
  if (!updated.ok() && !typed.empty()) {
    return WithNearName(session, updated.status(), "agents/", typed[0]);
  }
  RETURN_IF_ERROR(updated.status());
  session.console().Answer(MessageJson(*updated),
                           StrCat(updated->name(), ": ", MemberCount(*updated), "\n"));
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> Add(Session& session) {
  return Update(session,
                [](const std::string&, const std::vector<std::string>& typed, Names* members) {
                  for (const std::string& name : typed) {
                    if (std::find(members->begin(), members->end(), name) == members->end()) {
                      *members->Add() = name;
                    }
                  }
                  return absl::OkStatus();
                });
}

absl::StatusOr<ExitStatus> Remove(Session& session) {
  return Update(session,
                [](const std::string& group, const std::vector<std::string>& typed,
                   Names* members) -> absl::Status {
                  for (const std::string& name : typed) {
                    const auto found = std::find(members->begin(), members->end(), name);
                    if (found == members->end()) {
                      return CliError(ExitStatus::kNotFound, StrCat(name, " is not in ", group),
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
  Table table({"GROUP", "AGENTS", "USERS", "DESCRIPTION"});
  Json list = Json::Array();
  for (const v1::Group& group : groups.items) {
    table.Add({ShortName(group.name()), StrCat(group.agents_size()), StrCat(group.users_size()),
               group.description()});
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
  facts.Add("agents", group.agents().empty() ? "-" : MembersText(group.agents()));
  facts.Add("users", MembersText(group.users()));
  facts.Add("created", TimeCell(group.create_time()));
  session.console().Answer(MessageJson(group), facts.ToText());
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> Delete(Session& session) {
  ASSIGN_OR_RETURN(const std::string name,
                   ResourceName("groups/", session.args().positionals()[0]));
  ASSIGN_OR_RETURN(const v1::Group group, GetGroup(session, name));
  RETURN_IF_ERROR(session.Confirm(StrCat("delete ", name, " with ", MemberCount(group),
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
  const Flag user{.name = "user",
                  .value = "USER",
                  .help = "a user, as verified tokens name it, for example 'operator:uid=0'",
                  .repeats = true};
  return {
      .name = "group",
      .summary = "put agents and users into groups that policies can name",
      .examples = {"leasehold group list"},
      .commands = {{.name = "create",
                    .summary = "create a group",
                    .positionals = {name, any},
                    .flags = {user,
                              {.name = "description", .value = "TEXT", .help = "what it is for"}},
                    .examples = {"leasehold group create demo-bots demo-bot",
                                 "leasehold group create demo-people --user alice@example.com"},
                    .run = Create},
                   {.name = "list",
                    .summary = "list all groups",
                    .examples = {"leasehold group list"},
                    .run = List},
                   {.name = "show",
                    .summary = "show a group and its members",
                    .positionals = {name},
                    .examples = {"leasehold group show demo-bots"},
                    .run = Show},
                   {.name = "add",
                    .summary = "add agents or users to a group",
                    .positionals = {name, any},
                    .flags = {user},
                    .examples = {"leasehold group add demo-bots demo-bot"},
                    .run = Add},
                   {.name = "remove",
                    .summary = "remove agents or users from a group",
                    .positionals = {name, any},
                    .flags = {user},
                    .examples = {"leasehold group remove demo-bots demo-bot"},
                    .run = Remove},
                   {.name = "delete",
                    .summary = "delete a group; its members stay",
                    .positionals = {name},
                    .flags = {YesFlag()},
                    .examples = {"leasehold group delete demo-bots --yes"},
                    .run = Delete}},
  };
}

}  // namespace leasehold
