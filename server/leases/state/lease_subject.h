#ifndef LEASEHOLD_SERVER_LEASES_STATE_LEASE_SUBJECT_H_
#define LEASEHOLD_SERVER_LEASES_STATE_LEASE_SUBJECT_H_

#include <span>
#include <string_view>
#include <vector>

#include "server/base/principal.h"
#include "server/leases/state/state.h"
#include "server/policy/decision.h"

namespace leasehold {

// The groups that count for a lease that `principal` is about to take, ascending: those that the
// agent belongs to, those that its token claims (only groups that exist count), and those of its
// user.
struct GroupsAtIssue {
  std::vector<EntityUid> all;
  std::vector<EntityUid> claimed;
};
GroupsAtIssue GroupsAtIssueFor(const State& state, const Principal& principal);

// The groups that count for more time for a lease: those that its agent and its user are in now,
// and those that its token claimed.
std::vector<EntityUid> GroupsNowOf(const State& state, const Lease& lease);

// Whom a decision is about, with the names that it needs. Keep it for as long as the subject is
// used; the state must not change meanwhile.
class LeaseSubject {
 public:
  // Of a lease that is there. Does not allocate, unless its token claimed groups.
  LeaseSubject(const State& state, UnixMillis now, const Lease& lease);
  // Of a lease that is to be issued.
  LeaseSubject(const State& state, UnixMillis now, const Principal& principal,
               std::string_view workflow, std::string_view secret);
  LeaseSubject(const LeaseSubject&) = delete;
  LeaseSubject& operator=(const LeaseSubject&) = delete;

  const DecisionSubject& get() const { return subject_; }

 private:
  // Names of the groups that `agent` belongs to now and of those that were claimed.
  std::span<const std::string_view> NamesOf(const State& state, EntityUid agent,
                                            const std::vector<EntityUid>& claimed);

  std::vector<std::string_view> with_claimed_;
  DecisionSubject subject_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_LEASE_SUBJECT_H_
