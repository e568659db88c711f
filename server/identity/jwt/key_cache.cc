#include "server/identity/jwt/key_cache.h"

#include <utility>

namespace leasehold {

void KeyCache::Store(JwkSet set, SteadyTime now) {
  absl::MutexLock lock(&mu_);
  read_ = now;
  if (set_ != nullptr && set_->hash() == set.hash()) return;
  set_ = std::make_shared<const JwkSet>(std::move(set));
  ++generation_;
}

void KeyCache::Confirm(SteadyTime now) {
  absl::MutexLock lock(&mu_);
  read_ = now;
}

KeyCache::Found KeyCache::Find(std::string_view kid, SignatureAlgorithm algorithm,
                               SteadyTime now) const {
  absl::MutexLock lock(&mu_);
  if (!IsUsable(now)) return {};
  Found found{.has_kid = set_->Has(kid), .generation = generation_};
  if (const Jwk* const key = set_->Find(kid, algorithm); key != nullptr) found.key = *key;
  return found;
}

uint64_t KeyCache::Generation(SteadyTime now) const {
  absl::MutexLock lock(&mu_);
  return IsUsable(now) ? generation_ : 0;
}

}  // namespace leasehold
