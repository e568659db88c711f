#ifndef LEASEHOLD_SERVER_IDENTITY_STRANGER_LIMITER_H_
#define LEASEHOLD_SERVER_IDENTITY_STRANGER_LIMITER_H_

#include <cstddef>
#include <list>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace leasehold {

// Slows down calls that need no credential, because they bring one to be checked: logging in,
// enrolling. So many from one address, and so many in all, so that neither one stranger nor many
// can keep the server busy or guess. An IPv6 peer owns at least its /64 and a process on this
// machine all of 127.0.0.0/8, so these count as one address each. Safe from any thread.
class StrangerLimiter {
 public:
  // A person logs in, a deployment enrols a handful of agents; then one more each six seconds.
  static constexpr double kAddressBurst = 10;
  static constexpr absl::Duration kAddressEvery = absl::Seconds(6);
  static constexpr double kAllBurst = 100;
  static constexpr absl::Duration kAllEvery = absl::Milliseconds(50);
  // Addresses that are remembered; the one that came least recently is forgotten for a new one.
  static constexpr size_t kAddressesMax = 4096;

  // OK, or RATE_LIMITED with when to come again. For every call first: takes one of the address's.
  absl::Status Admit(std::string_view address, absl::Time now);
  // The same for a call whose token has the form of one: takes one of all. What has not is refused
  // for nothing, and must not use up what those need who come with a token.
  absl::Status AdmitWellFormed(absl::Time now);

 private:
  // Fills up by one call each `every`, at most to the burst.
  struct Bucket {
    double calls;
    absl::Time at;
  };
  // Takes one call out of it, or says how long until there is one.
  static absl::Duration Take(Bucket& bucket, double burst, absl::Duration every, absl::Time now);

  struct Known {
    std::string address;
    Bucket bucket;
  };

  absl::Mutex mu_;
  Bucket all_ ABSL_GUARDED_BY(mu_) = {kAllBurst, absl::InfinitePast()};
  std::list<Known> order_ ABSL_GUARDED_BY(mu_);  // the last one that came first
  absl::flat_hash_map<std::string, std::list<Known>::iterator> by_address_ ABSL_GUARDED_BY(mu_);
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_IDENTITY_STRANGER_LIMITER_H_
