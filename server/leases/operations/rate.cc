#include "server/leases/operations/rate.h"

#include <algorithm>
#include <string_view>

#include "server/base/str_cat.h"
#include "server/leases/operations/duration_words.h"
#include "server/leases/state/rate_charges.h"

namespace leasehold {
namespace {

std::string_view ByWords(LimitBy by) {
  switch (by) {
    case LimitBy::kAgent:
      return " for each agent";
    case LimitBy::kSecret:
      return " for each secret";
    case LimitBy::kWorkflow:
      return " for each workflow";
    case LimitBy::kUser:
      return " for each user";
    case LimitBy::kLease:
      return " for each lease";
    case LimitBy::kTarget:
      return " for each target";
    case LimitBy::kPolicy:
      return " in all";
  }
  return "";
}

}  // namespace

LimitVerdict CheckLimits(const State& state, const LeaseChain& chain, EntityUid target,
                         UnixMillis now) {
  LimitVerdict verdict;
  UnixMillis free_at = now;
  for (const RateCharge& charge : RateChargesOf(state, chain, target, now)) {
    const CompiledLimit& limit = *charge.limit;
    const UnixMillis free = state.rates().FreeAt(charge.key, limit.per, limit.max, now);
    if (free == now) continue;
    if (limit.ObservedAt(now.ToTime())) {
      if (verdict.observing == nullptr) verdict.observing = &limit;
      continue;
    }
    if (verdict.refusing == nullptr) verdict.refusing = &limit;
    free_at = std::max(free_at, free);
  }
  verdict.retry_after = free_at - now;
  return verdict;
}

std::string LimitWords(const CompiledLimit& limit) {
  return StrCat(limit.max, limit.max == 1 ? " use in " : " uses in ", DurationWords(limit.per),
                ByWords(limit.by));
}

const Lease* UsedUp(const LeaseChain& chain) {
  const auto used_up = std::find_if(chain.begin(), chain.end(), [](const Lease* lease) {
    return lease->terms->use_limit != 0 && lease->allowed_uses >= lease->terms->use_limit;
  });
  return used_up == chain.end() ? nullptr : *used_up;
}

}  // namespace leasehold
