#ifndef LEASEHOLD_SERVER_IDENTITY_JWT_KEY_CACHE_H_
#define LEASEHOLD_SERVER_IDENTITY_JWT_KEY_CACHE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/identity/jwt/jwk_set.h"

namespace leasehold {

// Time that no step of the wall clock changes.
using SteadyTime = std::chrono::steady_clock::time_point;

// The keys of an issuer as they were last read. They count until they are too old: an issuer that
// cannot be reached is given time to come back, but a key that it has withdrawn must not count for
// ever. Safe from any thread.
class KeyCache {
 public:
  explicit KeyCache(absl::Duration age_max) : age_max_(absl::ToChronoNanoseconds(age_max)) {}

  // What was read at `now`; the same set again only makes it younger.
  void Store(JwkSet set, SteadyTime now);
  // The set is at `now` what it was.
  void Confirm(SteadyTime now);

  struct Found {
    std::optional<Jwk> key;
    bool has_kid = false;     // it is there, though perhaps not for that algorithm
    uint64_t generation = 0;  // of the set that was looked at; 0 = there is none, or it is too old
  };
  Found Find(std::string_view kid, SignatureAlgorithm algorithm, SteadyTime now) const;

  // Counts sets that differ: what was checked with another generation has to be checked again.
  // 0 where there are no keys, or too old ones.
  uint64_t Generation(SteadyTime now) const;

 private:
  bool IsUsable(SteadyTime now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return set_ != nullptr && now - read_ < age_max_;
  }

  const std::chrono::nanoseconds age_max_;
  mutable absl::Mutex mu_;
  std::shared_ptr<const JwkSet> set_ ABSL_GUARDED_BY(mu_);
  SteadyTime read_ ABSL_GUARDED_BY(mu_);
  uint64_t generation_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_IDENTITY_JWT_KEY_CACHE_H_
