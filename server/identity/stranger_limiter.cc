#include "server/identity/stranger_limiter.h"

#include <algorithm>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {

absl::Duration StrangerLimiter::Take(Bucket& bucket, double burst, absl::Duration every,
                                     absl::Time now) {
  if (now > bucket.at) {
    bucket.calls = std::min(burst, bucket.calls + absl::FDivDuration(now - bucket.at, every));
    bucket.at = now;
  }
  if (bucket.calls < 1) return every * (1 - bucket.calls);
  bucket.calls -= 1;
  return absl::ZeroDuration();
}

absl::Status StrangerLimiter::Admit(std::string_view address, absl::Time now) {
  absl::MutexLock lock(&mu_);
  auto found = by_address_.find(ToAbsl(address));
  if (found == by_address_.end()) {
    if (order_.size() == kAddressesMax) {
      by_address_.erase(order_.back().address);
      order_.pop_back();
    }
    order_.push_front({std::string(address), {kAddressBurst, now}});
    by_address_.emplace(order_.front().address, order_.begin());
  } else {
    order_.splice(order_.begin(), order_, found->second);
  }
  // The address's share first: who is above it must not use up that of the others.
  absl::Duration wait = Take(order_.front().bucket, kAddressBurst, kAddressEvery, now);
  if (wait == absl::ZeroDuration()) wait = Take(all_, kAllBurst, kAllEvery, now);
  if (wait == absl::ZeroDuration()) return absl::OkStatus();
  return Error(Reason::kRateLimited, "too many attempts without a credential; wait a little",
               {.retry_after = wait});
}

}  // namespace leasehold
