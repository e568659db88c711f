#ifndef LEASEHOLD_SERVER_REPLAY_REPLAY_JUDGE_H_
#define LEASEHOLD_SERVER_REPLAY_REPLAY_JUDGE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "server/policy/compiled_policies.h"
#include "server/replay/decision_scan.h"
#include "server/replay/recorded_action.h"
#include "server/replay/replay_texts.h"

namespace leasehold {

// What a set says about a recorded decision.
struct ReplayOutcome {
  // kOpen: the ledger does not tell enough.
  enum class Verdict { kAllowed, kDenied, kOpen };
  Verdict verdict = Verdict::kOpen;
  Reason reason = Reason::kNone;
  std::string_view policy;  // owned by the CompiledPolicies
  std::string_view rule;    // of uses, likewise
  // Allowed only because the policy that denies it, and is named, is in observe mode.
  bool not_enforced = false;
};

// Asks a set about recorded decisions, by the functions that decide, and remembers its answers: of
// a million uses most are alike. Limits, max_active and use limits are not asked. One thread.
class ReplayJudge {
 public:
  // All outlive it.
  ReplayJudge(const CompiledPolicies& policies, const DecisionScan& scan, ReplayTexts& texts)
      : policies_(policies), scan_(scan), texts_(texts) {
    FindTimes();
  }

  // `use` or a reveal.
  ReplayOutcome Use(const ReplayedEntry& use);
  ReplayOutcome LeaseIssued(const ReplayedEntry& issued);
  // Calls `visit` for each allow policy that covers the root of the lease and has the approvers
  // that it asks for, in the order of the set; for none where a deny policy covers one of the
  // chain. Not remembered.
  void VisitAllowing(const ReplayedEntry& use,
                     const std::function<void(const CompiledPolicy&)>& visit);

 private:
  enum class Kind : uint8_t { kUse, kReveal, kAcquire };
  struct Question {
    uint32_t lease = 0;
    Kind kind = Kind::kUse;
    bool write = false;
    bool allowed = false;  // by the set of that time
    EntityUid target;
    TextId action;

    bool operator==(const Question&) const = default;
    template <typename H>
    friend H AbslHashValue(H h, const Question& q) {
      return H::combine(std::move(h), q.lease, q.kind, q.write, q.allowed, q.target, q.action);
    }
  };
  class Subject;

  void FindTimes();
  // Forgets what may have changed since the entry before.
  void Refresh(absl::Time time);
  ReplayOutcome Remembered(const ReplayedEntry& entry, Question question);
  ReplayOutcome Decide(const ReplayedEntry& entry, const Question& question);
  ReplayOutcome DecideUse(const ReplayedEntry& entry, const Question& question);
  ReplayOutcome DecideAcquire(const ReplayedEntry& entry);
  // What denies an agent between the one that took the lease and the one that uses it.
  DenyDecision DenyBelowRoot(const ReplayedEntry& entry);
  UseDecision AskUse(const ReplayedEntry& entry, UseQuery query);

  const CompiledPolicies& policies_;
  const DecisionScan& scan_;
  ReplayTexts& texts_;
  bool has_windows_ = false;
  std::vector<absl::Time> ends_;  // of observing, ascending
  // What the answers that are remembered rest on.
  uint64_t groups_version_ = 0;
  int64_t minute_ = 0;
  size_t ended_ = 0;
  absl::flat_hash_map<ReplayedLease, uint32_t> leases_;
  absl::flat_hash_map<Question, ReplayOutcome> answers_;
  absl::node_hash_map<TextId, RecordedAction> actions_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_REPLAY_REPLAY_JUDGE_H_
