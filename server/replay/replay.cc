#include "server/replay/replay.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/state/entity_kind_words.h"
#include "server/replay/replay_judge.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;
using Verdict = ReplayOutcome::Verdict;

// What is told apart; names are put in at the end.
struct ChangeKey {
  EntityUid agent;
  EntityUid secret;
  TextId workflow;
  EntityUid target;
  TextId action;
  uint8_t kind = 0;  // 0 use, 1 reveal, 2 brokered lease, 3 revealed lease
  bool was_allowed = false;
  Reason reason = Reason::kNone;
  std::string_view policy;

  bool operator==(const ChangeKey&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const ChangeKey& k) {
    return H::combine(std::move(h), k.agent, k.secret, k.workflow, k.target, k.action, k.kind,
                      k.was_allowed, k.reason, k.policy);
  }
};

struct Counted {
  uint64_t count = 0;
  uint64_t first = 0;
  uint64_t last = 0;
};

class Replay {
 public:
  Replay(Store& store, const PublishedState& published, const CompiledPolicies& proposed)
      : scan_(store, published), texts_(published), judge_(proposed, scan_, texts_) {}

  absl::Status Run(const DecisionScan::Range& range, const std::function<bool()>& go_on) {
    return scan_.Run(range, go_on, [this](const ReplayedEntry& entry) {
      Visit(entry);
      return absl::OkStatus();
    });
  }

  v1::ReplayPoliciesResponse Take();

 private:
  void Visit(const ReplayedEntry& entry);
  void VisitUse(const ReplayedEntry& entry);
  void VisitIssued(const ReplayedEntry& entry);
  void VisitRefusals(const ledger::v1::RefusalsSummarized& refusals);
  // Counts one decision; `key` without what is the outcome's.
  void Compare(const ReplayedEntry& entry, const ReplayOutcome& outcome, ChangeKey key);
  void AddOpen(uint64_t count) {
    answer_.set_decisions(answer_.decisions() + count);
    answer_.set_undecidable(answer_.undecidable() + count);
  }
  void AddSame(uint64_t count = 1) {
    answer_.set_decisions(answer_.decisions() + count);
    answer_.set_unchanged(answer_.unchanged() + count);
  }
  std::string NameOf(EntityUid uid) const;
  v1::ReplayChange Describe(const ChangeKey& key, const Counted& counted);

  DecisionScan scan_;
  ReplayTexts texts_;
  ReplayJudge judge_;
  v1::ReplayPoliciesResponse answer_;
  absl::flat_hash_map<ChangeKey, Counted> changes_;
  uint64_t left_out_ = 0;
};

void Replay::Visit(const ReplayedEntry& entry) {
  switch (entry.entry.kind_case()) {
    case Entry::kUse:
      return VisitUse(entry);
    case Entry::kLeaseIssued:
      return VisitIssued(entry);
    default:
      return VisitRefusals(entry.entry.refusals_summarized());
  }
}

void Replay::VisitRefusals(const ledger::v1::RefusalsSummarized& refusals) {
  const auto reason = static_cast<Reason>(refusals.reason());
  const bool by_policy = reason == Reason::kPolicyDenied || reason == Reason::kRateLimited ||
                         reason == Reason::kNotFoundOrForbidden ||
                         reason == Reason::kDeliveryNotAllowed ||
                         reason == Reason::kApprovalRequired;
  // A secret that does not exist no policy makes.
  if (!by_policy || refusals.secret() == 0) return AddSame(refusals.count());
  // For which user and with which claimed groups the agent asked is not recorded.
  AddOpen(refusals.count());
}

void Replay::VisitUse(const ReplayedEntry& entry) {
  const ledger::v1::Use& use = entry.entry.use();
  const bool allowed = use.verdict() == ledger::v1::VERDICT_ALLOWED || use.not_enforced();
  const auto reason = static_cast<Reason>(use.reason());
  // Refused by what no policy says: the lease, its delegation, the target.
  const bool by_policy = reason == Reason::kPolicyDenied && use.policy() != 0;
  const bool by_default = reason == Reason::kPolicyDenied && use.rule() == 0;
  if (!allowed && !by_policy && !by_default && reason != Reason::kRateLimited) return AddSame();
  const ReplayOutcome outcome = judge_.Use(entry);
  if (reason == Reason::kRateLimited && !allowed) {
    return outcome.verdict == Verdict::kDenied ? AddSame() : AddOpen(1);
  }
  const ReplayedLease& lease = *entry.lease;
  Compare(entry, outcome,
          {.agent = lease.chain.front().agent,
           .secret = lease.secret,
           .workflow = lease.chain.front().workflow,
           .target = EntityUid(use.target()),
           .action = TextId(use.action()),
           .kind = static_cast<uint8_t>(use.target() == 0 ? 1 : 0),
           .was_allowed = allowed});
}

void Replay::VisitIssued(const ReplayedEntry& entry) {
  const ReplayedLease& lease = *entry.lease;
  Compare(entry, judge_.LeaseIssued(entry),
          {.agent = lease.chain.front().agent,
           .secret = lease.secret,
           .workflow = lease.chain.front().workflow,
           .kind = static_cast<uint8_t>(lease.delivery == Delivery::kRevealed ? 3 : 2),
           .was_allowed = true});
}

void Replay::Compare(const ReplayedEntry& entry, const ReplayOutcome& outcome, ChangeKey key) {
  if (outcome.verdict == Verdict::kOpen) return AddOpen(1);
  if ((outcome.verdict == Verdict::kAllowed) == key.was_allowed) return AddSame();
  answer_.set_decisions(answer_.decisions() + 1);
  if (key.was_allowed) {
    answer_.set_newly_denied(answer_.newly_denied() + 1);
  } else {
    answer_.set_newly_allowed(answer_.newly_allowed() + 1);
  }
  key.reason = outcome.reason;
  key.policy = outcome.policy;
  const auto known = changes_.find(key);
  if (known == changes_.end() && changes_.size() >= kReplayChangesKept) {
    ++left_out_;
    return;
  }
  Counted& counted = known == changes_.end() ? changes_[key] : known->second;
  if (counted.count++ == 0) counted.first = entry.index;
  counted.last = entry.index;
}

std::string Replay::NameOf(EntityUid uid) const {
  const Entity* entity = scan_.entities().Find(uid);
  return entity == nullptr ? std::string() : StrCat(WordsOf(entity->kind).collection, entity->name);
}

v1::ReplayChange Replay::Describe(const ChangeKey& key, const Counted& counted) {
  v1::ReplayChange change;
  change.set_agent(NameOf(key.agent));
  change.set_secret(NameOf(key.secret));
  change.set_workflow(StrCat("workflows/", texts_.Get(key.workflow)));
  change.set_destination(key.kind == 0   ? NameOf(key.target)
                         : key.kind == 1 ? std::string("reveal")
                                         : std::string("acquire"));
  change.set_action(key.kind == 2   ? std::string("brokered")
                    : key.kind == 3 ? std::string("revealed")
                                    : texts_.Get(key.action));
  change.set_was_allowed(key.was_allowed);
  change.set_policy(std::string(key.policy));
  if (key.reason != Reason::kNone) change.set_reason(std::string(ReasonName(key.reason)));
  change.set_count(counted.count);
  change.set_first_index(counted.first);
  change.set_last_index(counted.last);
  return change;
}

v1::ReplayPoliciesResponse Replay::Take() {
  std::vector<std::pair<ChangeKey, Counted>> changes(changes_.begin(), changes_.end());
  // Most frequent first, then in the order of the ledger.
  std::sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) {
    return a.second.count != b.second.count ? a.second.count > b.second.count
                                            : a.second.first < b.second.first;
  });
  const size_t shown = std::min(changes.size(), kReplayChangesShown);
  for (size_t i = 0; i < shown; ++i) {
    *answer_.add_changes() = Describe(changes[i].first, changes[i].second);
  }
  answer_.set_changes_left_out(left_out_ + changes.size() - shown);
  answer_.set_entries(scan_.entries());
  return std::move(answer_);
}

}  // namespace

absl::StatusOr<v1::ReplayPoliciesResponse> ReplayPolicies(Store& store,
                                                          const PublishedState& published,
                                                          const CompiledPolicies& proposed,
                                                          const DecisionScan::Range& range,
                                                          const std::function<bool()>& go_on) {
  Replay replay(store, published, proposed);
  RETURN_IF_ERROR(replay.Run(range, go_on));
  return replay.Take();
}

}  // namespace leasehold
