#include "server/ledger/verify/limit_rules.h"

#include <optional>
#include <set>
#include <utility>

#include "server/base/str_cat.h"
#include "server/leases/state/lease_subject.h"
#include "server/policy/compiled_policies.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

// So often windows are looked through for what has left them.
constexpr uint64_t kForgetEvery = 65'536;

uint64_t ScopeOf(const CompiledLimit& limit, const Lease& lease, uint64_t target) {
  switch (limit.by) {
    case LimitBy::kAgent:
      return lease.agent.value();
    case LimitBy::kSecret:
      return lease.secret.value();
    case LimitBy::kWorkflow:
      return lease.workflow.value();
    case LimitBy::kUser:
      return lease.terms->user.value();
    case LimitBy::kLease:
      return lease.number.value();
    case LimitBy::kTarget:
      return target;
    case LimitBy::kPolicy:
      break;
  }
  return 0;
}

}  // namespace

Objection LimitRules::Add(const Entry& entry, const State& before) {
  const ledger::v1::Use& use = entry.use();
  const bool allowed = use.verdict() == ledger::v1::VERDICT_ALLOWED;
  if (!entry.has_use() || (!allowed && !use.not_enforced())) return {};
  if (!before.policies().current().HasLimits()) return {};
  const int64_t now_ms = before.epoch_start().value() + static_cast<int64_t>(entry.time_ms());
  const absl::Time now = absl::FromUnixMillis(now_ms);
  if (++counted_ % kForgetEvery == 0) ForgetOld(now_ms);

  std::string passed;
  std::set<Window> charged;
  const Lease* lease = before.leases().Find(LeaseNumber(use.lease()));
  for (; lease != nullptr; lease = before.leases().Find(lease->terms->parent)) {
    const LeaseSubject subject(before, UnixMillis(now_ms), *lease);
    for (const CompiledLimit* limit : before.policies().current().LimitsOf(subject.get())) {
      const Window window{limit->policy, static_cast<int>(limit->by),
                          absl::ToInt64Milliseconds(limit->per),
                          ScopeOf(*limit, *lease, use.target())};
      if (!charged.insert(window).second) continue;
      // What a policy in observe mode would have refused was not counted by it either.
      if (limit->ObservedAt(now) && !allowed) continue;
      std::deque<int64_t>& times = uses_[window];
      while (!times.empty() && times.front() < now_ms - window.per_ms) times.pop_front();
      if (!limit->ObservedAt(now) && times.size() >= limit->max && passed.empty()) {
        passed = StrCat("allows a use beyond ", limit->rule, " of policy ", limit->policy, ", ",
                        limit->max, " in ", absl::FormatDuration(limit->per));
      }
      times.push_back(now_ms);
    }
  }
  return passed.empty() ? Objection{} : Objection{.what = std::move(passed)};
}

void LimitRules::ForgetOld(int64_t now_ms) {
  std::erase_if(uses_, [now_ms](const auto& window) {
    return window.second.back() < now_ms - window.first.per_ms;
  });
}

}  // namespace leasehold
