#include "server/identity/jwt/token_cache.h"

namespace leasehold {

std::shared_ptr<const VerifiedJwt> TokenCache::Find(const Hash& token) {
  absl::MutexLock lock(&mu_);
  const auto found = by_hash_.find(token);
  if (found == by_hash_.end()) return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  return found->second->second;
}

void TokenCache::Add(const Hash& token, std::shared_ptr<const VerifiedJwt> verified) {
  if (verified->generation == 0) return;
  absl::MutexLock lock(&mu_);
  if (const auto found = by_hash_.find(token); found != by_hash_.end()) {
    found->second->second = std::move(verified);
    return;
  }
  if (order_.size() == kTokensMax) {
    by_hash_.erase(order_.back().first);
    order_.pop_back();
  }
  order_.emplace_front(token, std::move(verified));
  by_hash_.emplace(token, order_.begin());
}

}  // namespace leasehold
