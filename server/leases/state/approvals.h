#ifndef LEASEHOLD_SERVER_LEASES_STATE_APPROVALS_H_
#define LEASEHOLD_SERVER_LEASES_STATE_APPROVALS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "server/base/ids.h"
#include "server/base/millis.h"
#include "server/leases/state/watermarks.h"

namespace leasehold {

// Where a request for approval is in its life; the numbers of leasehold.v1.Approval.State.
enum class ApprovalState : uint8_t {
  kPending = 1,
  kApproved = 2,
  kRejected = 3,
  kExpired = 4,
  kUsed = 5
};

// What one approver said.
struct ApprovalAnswer {
  TextId actor;     // the principal
  EntityUid agent;  // where an agent answered
  TextId user;      // the person; of an agent, on whose behalf it acts, or empty
  bool approved = false;
  TextId reason;  // empty = none was given
  UnixMillis time;

  bool operator==(const ApprovalAnswer&) const = default;
};

// Whose lease of what a request is about. Requests that agree in all of it are one.
struct ApprovalKey {
  EntityUid agent;
  EntityUid secret;
  TextId workflow;
  TextId policy;
  TextId user;  // empty = nobody's behalf

  bool operator==(const ApprovalKey&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const ApprovalKey& k) {
    return H::combine(std::move(h), k.agent, k.secret, k.workflow, k.policy, k.user);
  }
};

// A request for leases that a policy gives only with the agreement of approvers.
struct Approval {
  // What was answered in all; the numbers of ApprovalRow.answer. kEnded: a revocation, a restore or
  // a clock that went back came between.
  enum class Answer : uint8_t { kNone = 0, kApproved = 1, kRejected = 2, kEnded = 3 };

  uint64_t number = 0;
  LogIndex index;
  ApprovalKey key;
  TextId purpose;
  TextId run;      // empty = none
  TextId address;  // empty = unknown
  EntityUid group;
  uint32_t approvers = 1;
  uint64_t uses = 1;
  uint64_t used = 0;
  absl::Duration valid_for;
  UnixMillis create_time;
  UnixMillis expire_time;  // to answer; once approved: to take leases
  Answer answer = Answer::kNone;
  std::vector<ApprovalAnswer> answers;

  ApprovalState StateAt(UnixMillis now) const;
  // Whether a like request is this one and no new one: it waits, gives leases, or was rejected and
  // its time is not over.
  bool StandsAt(UnixMillis now) const;

  bool operator==(const Approval&) const = default;
};

// The requests that matter: those that stand, and for a while those that do not; the ledger has
// them all. Not synchronised.
class Approvals {
 public:
  // How long one that is over can be looked up.
  static constexpr absl::Duration kKept = absl::Hours(24);
  // A loop of an agent must not fill the list that people read.
  static constexpr size_t kStandingPerAgentMax = 16;
  // Those that are over included: bounds what an agent costs whose requests expire by the minute.
  static constexpr size_t kPerAgentMax = 64;
  // Of all agents. People answer no more, and a snapshot holds them all.
  static constexpr size_t kApprovalsMax = 10'000;

  uint64_t next() const { return next_; }
  // nullptr where it never was or was forgotten.
  const Approval* Find(uint64_t number) const;
  // The one that a like request joins, or nullptr.
  const Approval* FindStanding(const ApprovalKey& key, UnixMillis now) const;
  size_t CountStanding(EntityUid agent, UnixMillis now) const;
  size_t CountPending(UnixMillis now) const;
  // Whether one more may be added.
  bool HasRoom(UnixMillis now) const;
  // By number.
  const std::map<uint64_t, Approval>& all() const { return all_; }

  // Forgets what is over for long enough or in the way, and adds `approval`, whose number is
  // next().
  void Add(Approval approval);
  // Both for one that is there.
  void Answer(uint64_t number, const ApprovalAnswer& answer);
  void CountUse(uint64_t number);
  // Ends those that `revocation` covers: its agents, secrets, workflows, users and policies. What
  // names a lease, a run, a version or a credential covers none.
  void EndCovered(const Revocation& revocation);
  void EndAll();

  // From a snapshot, in order of number; `last` is the highest number that was ever given. False
  // where they make no sense.
  bool Restore(std::vector<Approval> approvals, uint64_t last);

 private:
  void Insert(Approval approval);
  void Forget(uint64_t number);
  void MakeRoom(EntityUid agent, UnixMillis now);

  uint64_t next_ = 1;
  std::map<uint64_t, Approval> all_;
  absl::flat_hash_map<ApprovalKey, uint64_t> newest_;
  absl::flat_hash_map<EntityUid, absl::btree_set<uint64_t>> by_agent_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_APPROVALS_H_
