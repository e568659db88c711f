// What lease_rules.h says of revocations and holds.

#include <algorithm>
#include <utility>

#include "server/base/str_cat.h"
#include "server/ledger/verify/lease_rules.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

Objection Violation(std::string what) { return {.what = std::move(what)}; }

// How many parts of a selector are set; a version is a part of its secret.
int PartsOf(const ledger::v1::Selector& selector) {
  int parts = selector.all() ? 1 : 0;
  for (const uint64_t id :
       {selector.lease(), selector.agent(), selector.secret(), selector.workflow(), selector.user(),
        selector.group(), selector.policy(), selector.credential(), selector.run()}) {
    parts += id != 0 ? 1 : 0;
  }
  return parts;
}

bool MakesSense(const ledger::v1::Selector& selector) {
  const int parts = PartsOf(selector);
  return parts > 0 && (!selector.all() || (parts == 1 && selector.version() == 0)) &&
         (selector.version() == 0 || selector.secret() != 0);
}

// Whether a part is not named, or is this one.
bool Fits(uint64_t named, uint64_t here) { return named == 0 || named == here; }

template <typename Ids>
bool Has(const Ids& ids, uint64_t id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

LeaseRules::Held LeaseRules::ReadHeld(const ledger::v1::Selector& selector) {
  if (PartsOf(selector) != 1 || selector.version() != 0) return {What::kNothing, 0};
  if (selector.agent() != 0) return {What::kAgent, selector.agent()};
  if (selector.group() != 0) return {What::kGroup, selector.group()};
  if (selector.user() != 0) return {What::kUser, selector.user()};
  if (selector.secret() != 0) return {What::kSecret, selector.secret()};
  if (selector.workflow() != 0) return {What::kWorkflow, selector.workflow()};
  return {What::kNothing, 0};
}

std::string LeaseRules::WhyHeld(const Subject& subject) const {
  for (const auto& [held, entry] : holds_) {
    const auto [what, id] = held;
    const auto agent_groups = groups_of_agents_.find(subject.agent);
    const auto user_groups = groups_of_users_.find(subject.user);
    const bool in_group =
        Has(subject.claimed_groups, id) ||
        (agent_groups != groups_of_agents_.end() && agent_groups->second.contains(id)) ||
        (subject.user != 0 && user_groups != groups_of_users_.end() &&
         user_groups->second.contains(id));
    if ((what == What::kAgent && id == subject.agent) ||
        (what == What::kSecret && id == subject.secret) ||
        (what == What::kWorkflow && id == subject.workflow) ||
        (what == What::kUser && id == subject.user) || (what == What::kGroup && in_group)) {
      return StrCat("in spite of the hold that entry ", entry, " had set");
    }
  }
  return "";
}

bool LeaseRules::IsSelected(const ledger::v1::Selector& selector, const Members& members,
                            uint64_t number, const Lease& lease) {
  const bool in_group = selector.group() == 0 || Has(lease.groups, selector.group()) ||
                        members.agents.contains(lease.agent) ||
                        (lease.user != 0 && members.users.contains(lease.user));
  // Whoever follows the latest version came, or could come, to each that is newer than the first.
  const bool has_version = Fits(selector.version(), lease.version) ||
                           (lease.follows_latest && selector.version() > lease.version);
  return has_version && in_group && Fits(selector.lease(), number) &&
         Fits(selector.agent(), lease.agent) && Fits(selector.secret(), lease.secret) &&
         Fits(selector.workflow(), lease.workflow) && Fits(selector.user(), lease.user) &&
         Fits(selector.policy(), lease.policy) && Fits(selector.credential(), lease.credential) &&
         Fits(selector.run(), lease.run);
}

bool LeaseRules::AreMembers(uint64_t group, const Members& members) const {
  if (group == 0) return members.agents.empty() && members.users.empty();
  size_t agents = 0;
  for (const auto& [agent, groups] : groups_of_agents_) {
    if (!groups.contains(group)) continue;
    if (!members.agents.contains(agent)) return false;
    ++agents;
  }
  size_t users = 0;
  for (const auto& [user, groups] : groups_of_users_) {
    if (!groups.contains(group)) continue;
    if (!members.users.contains(user)) return false;
    ++users;
  }
  return agents == members.agents.size() && users == members.users.size();
}

uint64_t LeaseRules::LastCovered(const ledger::v1::Revoked& revoked) const {
  uint64_t last = leases_.size();
  if (revoked.issued_before_ms() != 0) {
    const int64_t before_ms = At(revoked.issued_before_ms());
    while (last > 0 && leases_[last - 1].epoch == epoch_ &&
           leases_[last - 1].issue_ms >= before_ms) {
      --last;
    }
  }
  const uint64_t one = revoked.selector().lease();
  return one != 0 && one <= last && PartsOf(revoked.selector()) == 1 ? one : last;
}

Objection LeaseRules::AddRevoked(uint64_t index, const ledger::v1::Revoked& revoked) {
  const ledger::v1::Selector& selector = revoked.selector();
  if (!MakesSense(selector)) return Violation("revokes what is nothing, or everything and more");
  if (revoked.hold()) {
    const Held held = ReadHeld(selector);
    if (held.first == What::kNothing) return Violation("holds something that cannot be held");
    holds_.try_emplace(held, index);
  }
  const Members members{.agents = {revoked.member_agents().begin(), revoked.member_agents().end()},
                        .users = {revoked.member_users().begin(), revoked.member_users().end()}};
  for (uint64_t i = 0; i < leases_.size() && i < revoked.through(); ++i) {
    if (leases_[i].revoked_by == 0 && IsSelected(selector, members, i + 1, leases_[i])) {
      leases_[i].revoked_by = index;
    }
  }
  if (!AreMembers(selector.group(), members)) {
    return Violation("revokes a group and lists others than its members");
  }
  if (revoked.issued_before_ms() != 0 && revoked.hold()) {
    return Violation("revokes what was issued before a time and holds what comes after");
  }
  const uint64_t last = LastCovered(revoked);
  if (revoked.through() == last) return {};
  return Violation(
      StrCat("revokes up to lease ", revoked.through(),
             revoked.through() < last ? " and leaves out later ones" : " and with it later ones"));
}

Objection LeaseRules::AddStop(uint64_t index, const Entry& entry) {
  if (entry.has_clock_mark()) {
    for (uint64_t i = 0; i < leases_.size() && i < entry.clock_mark().through(); ++i) {
      if (leases_[i].revoked_by == 0) leases_[i].revoked_by = index;
    }
    return {};
  }
  if (!entry.has_revoked()) {
    const Held held = ReadHeld(entry.has_hold_set() ? entry.hold_set().selector()
                                                    : entry.hold_cleared().selector());
    if (held.first == What::kNothing) return Violation("holds something that cannot be held");
    if (entry.has_hold_set()) {
      holds_.try_emplace(held, index);
    } else {
      holds_.erase(held);
    }
    return {};
  }
  return AddRevoked(index, entry.revoked());
}

}  // namespace leasehold
