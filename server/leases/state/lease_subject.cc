#include "server/leases/state/lease_subject.h"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "leasehold/ledger/v1/entry.pb.h"

namespace leasehold {
namespace {

// Ascending, each once, of groups that exist.
std::vector<EntityUid> ClaimedBy(const State& state, const Principal& principal) {
  std::vector<EntityUid> claimed;
  for (const std::string& name : principal.claimed_groups) {
    if (const Entity* group = state.entities().FindByName(EntityKind::kGroup, name)) {
      claimed.push_back(group->uid);
    }
  }
  std::sort(claimed.begin(), claimed.end());
  claimed.erase(std::unique(claimed.begin(), claimed.end()), claimed.end());
  return claimed;
}

// All of them, ascending, each once.
std::vector<EntityUid> Union(std::initializer_list<std::span<const EntityUid>> lists) {
  std::vector<EntityUid> all;
  for (std::span<const EntityUid> list : lists) {
    all.insert(all.end(), list.begin(), list.end());
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

// A user whom nothing has named yet is in no group.
const Memberships& GroupsOfUser(const State& state, std::string_view user) {
  return state.entities().MembershipsOfUser(state.texts().Find(ledger::v1::TEXT_KIND_USER, user));
}

}  // namespace

GroupsAtIssue GroupsAtIssueFor(const State& state, const Principal& principal) {
  GroupsAtIssue groups{.claimed = ClaimedBy(state, principal)};
  groups.all = Union({groups.claimed, state.entities().MembershipsOf(principal.agent).uids,
                      GroupsOfUser(state, principal.user).uids});
  return groups;
}

std::vector<EntityUid> GroupsNowOf(const State& state, const Lease& lease) {
  return Union({lease.terms->claimed_groups, state.entities().MembershipsOf(lease.agent).uids,
                state.entities().MembershipsOfUser(lease.terms->user).uids});
}

std::span<const std::string_view> LeaseSubject::NamesOf(const State& state, EntityUid agent,
                                                        const std::vector<EntityUid>& claimed) {
  const Memberships& now = state.entities().MembershipsOf(agent);
  if (claimed.empty()) {
    return now.names;
  }
  with_claimed_ = now.names;
  for (EntityUid uid : claimed) {
    const Entity* group = state.entities().Find(uid);
    if (!group->deleted && !std::binary_search(now.uids.begin(), now.uids.end(), uid)) {
      with_claimed_.push_back(group->name);
    }
  }
  return with_claimed_;
}

LeaseSubject::LeaseSubject(const State& state, UnixMillis now, const Lease& lease)
    : subject_{.agent = state.entities().Find(lease.agent)->name,
               .groups = NamesOf(state, lease.agent, lease.terms->claimed_groups),
               .workflow = state.texts().Get(lease.workflow),
               .secret = state.entities().Find(lease.secret)->name,
               .user = state.texts().Get(lease.terms->user),
               .user_groups = state.entities().MembershipsOfUser(lease.terms->user).names,
               .time = now.ToTime(),
               .approved_policy = lease.terms->approval == 0 ? std::string_view()
                                                             : state.texts().Get(lease.policy)} {}

LeaseSubject::LeaseSubject(const State& state, UnixMillis now, const Principal& principal,
                           std::string_view workflow, std::string_view secret)
    : subject_{.agent = state.entities().Find(principal.agent)->name,
               .groups = NamesOf(state, principal.agent, ClaimedBy(state, principal)),
               .workflow = workflow,
               .secret = secret,
               .user = principal.user,
               .user_groups = GroupsOfUser(state, principal.user).names,
               .time = now.ToTime()} {}

}  // namespace leasehold
