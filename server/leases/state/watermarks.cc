#include "server/leases/state/watermarks.h"

#include <algorithm>
#include <bit>

#include "server/leases/state/lease.h"

namespace leasehold {
namespace {

using Kind = Selector::Kind;
using Mark = Selector::Mark;

template <typename Id>
bool Has(const std::vector<Id>& ascending, Id id) {
  return std::binary_search(ascending.begin(), ascending.end(), id);
}

// Whether a part that is named is this one; one that is not named fits all.
template <typename Id>
bool Fits(Id named, Id here) {
  return named.empty() || named == here;
}

// A lease that follows the latest version can get the value of each that came after its issue, so
// whoever holds it may know that value. Which one is the latest at the moment does not matter: what
// a revocation has ended never comes back with a newer version.
bool FitsVersion(VersionNumber named, const Lease& lease) {
  return Fits(named, lease.version) || (lease.follows_latest && lease.version < named);
}

}  // namespace

const Revocation* First(const Revocation* a, const Revocation* b) {
  return a == nullptr || (b != nullptr && b->index < a->index) ? b : a;
}

bool Revocation::Covers(const Lease& lease) const {
  const Selector::Parts& parts = selector.parts();
  if (through < lease.number) {
    return false;
  }
  if (!parts.group.empty() && !Has(lease.terms->groups, parts.group) &&
      !Has(member_agents, lease.agent) &&
      (lease.terms->user.empty() || !Has(member_users, lease.terms->user))) {
    return false;
  }
  return Fits(parts.lease, lease.number) && Fits(parts.agent, lease.agent) &&
         Fits(parts.secret, lease.secret) && FitsVersion(parts.version, lease) &&
         Fits(parts.workflow, lease.workflow) && Fits(parts.user, lease.terms->user) &&
         Fits(parts.policy, lease.policy) && Fits(parts.credential, lease.credential) &&
         Fits(parts.run, lease.run);
}

void Watermarks::Raise(const Mark& mark, const Revocation& revocation) {
  Rises& rises = marks_[mark];
  if (rises.empty() || rises.back()->through < revocation.through) {
    rises.push_back(&revocation);
  }
  kinds_ |= uint32_t{1} << static_cast<int>(mark.kind);
}

void Watermarks::Raise(const Revocation& revocation) {
  if (revocation.selector.kind() == Kind::kCombination) {
    return;
  }
  Raise(revocation.selector.mark(), revocation);
  for (EntityUid agent : revocation.member_agents) {
    Raise({Kind::kAgent, agent.value()}, revocation);
  }
  for (TextId user : revocation.member_users) {
    Raise({Kind::kUser, user.value()}, revocation);
  }
}

const Revocation* Watermarks::Find(const Mark& mark, LeaseNumber number) const {
  auto it = marks_.find(mark);
  if (it == marks_.end() || it->second.back()->through < number) {
    return nullptr;
  }
  return *std::lower_bound(
      it->second.begin(), it->second.end(), number,
      [](const Revocation* rise, LeaseNumber lease) { return rise->through < lease; });
}

const Revocation* Watermarks::FindKind(Kind kind, const Lease& lease) const {
  const LeaseNumber number = lease.number;
  const Revocation* first = nullptr;
  switch (kind) {
    case Kind::kAll:
      return Find({kind}, number);
    case Kind::kLease:
      return Find({kind, number.value()}, number);
    case Kind::kAgent:
      return Find({kind, lease.agent.value()}, number);
    case Kind::kSecret:
      return Find({kind, lease.secret.value()}, number);
    case Kind::kWorkflow:
      return Find({kind, lease.workflow.value()}, number);
    case Kind::kUser:
      return Find({kind, lease.terms->user.value()}, number);
    case Kind::kGroup:
      for (EntityUid group : lease.terms->groups) {
        first = First(first, Find({kind, group.value()}, number));
      }
      return first;
    case Kind::kVersion:
      return Find({kind, lease.secret.value(), lease.version.value()}, number);
    case Kind::kPolicy:
      return Find({kind, lease.policy.value()}, number);
    case Kind::kCredential:
      return Find({kind, lease.credential.value()}, number);
    case Kind::kRun:
      return Find({kind, lease.run.value()}, number);
    case Kind::kAgentSecret:
      return Find({kind, lease.agent.value(), lease.secret.value()}, number);
    case Kind::kAgentWorkflow:
      return Find({kind, lease.agent.value(), lease.workflow.value()}, number);
    case Kind::kSecretWorkflow:
      return Find({kind, lease.secret.value(), lease.workflow.value()}, number);
    case Kind::kCombination:
      return nullptr;
  }
  return nullptr;
}

const Revocation* Watermarks::Covering(const Lease& lease) const {
  const Revocation* first = nullptr;
  for (uint32_t kinds = kinds_; kinds != 0; kinds &= kinds - 1) {
    const Revocation* found = FindKind(static_cast<Kind>(std::countr_zero(kinds)), lease);
    first = First(first, found);
  }
  return first;
}

}  // namespace leasehold
