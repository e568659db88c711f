#include "server/identity/stranger_limiter.h"

#include <algorithm>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/net/socket/socket_address.h"

namespace leasehold {
namespace {

constexpr size_t kNetworkBytes = 8;  // an IPv6 peer's /64

// Whom an address stands for. What is no IP address, like "unix", is itself.
std::string OwnerOf(std::string_view address) {
  const auto ip = IpAddress::Parse(address, "the address");
  if (!ip.ok()) return std::string(address);
  if (ip->IsLoopback()) return "loopback";
  return ip->is_v4() ? ip->ToString() : StrCat("/64 ", ip->bytes().substr(0, kNetworkBytes));
}

absl::Status Judge(absl::Duration wait) {
  if (wait == absl::ZeroDuration()) return absl::OkStatus();
  return Error(Reason::kRateLimited, "too many attempts without a credential; wait a little",
               {.retry_after = wait});
}

}  // namespace

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
  std::string owner = OwnerOf(address);
  absl::MutexLock lock(&mu_);
  auto found = by_address_.find(owner);
  if (found == by_address_.end()) {
    if (order_.size() == kAddressesMax) {
      by_address_.erase(order_.back().address);
      order_.pop_back();
    }
    order_.push_front({std::move(owner), {kAddressBurst, now}});
    by_address_.emplace(order_.front().address, order_.begin());
  } else {
    order_.splice(order_.begin(), order_, found->second);
  }
  return Judge(Take(order_.front().bucket, kAddressBurst, kAddressEvery, now));
}

absl::Status StrangerLimiter::AdmitWellFormed(absl::Time now) {
  absl::MutexLock lock(&mu_);
  return Judge(Take(all_, kAllBurst, kAllEvery, now));
}

}  // namespace leasehold
