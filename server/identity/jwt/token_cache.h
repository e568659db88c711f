#ifndef LEASEHOLD_SERVER_IDENTITY_JWT_TOKEN_CACHE_H_
#define LEASEHOLD_SERVER_IDENTITY_JWT_TOKEN_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/crypto_bytes.h"
#include "server/identity/jwt/claim_rules.h"

namespace leasehold {

// What a token proved.
struct VerifiedJwt {
  JwtIdentity who;
  absl::Time expire_time;
  size_t issuer = 0;        // its place in the configuration
  uint64_t generation = 0;  // of the issuer's keys by which it was verified
};

// Tokens that were verified, by SHA-256 of their text: an agent sends the same one with every call,
// and checking a signature costs more than all the rest of one. Only what verified gets in. The
// caller checks time and generation. Safe from any thread.
class TokenCache {
 public:
  // One token takes about 1 KiB.
  static constexpr size_t kTokensMax = 10'000;

  std::shared_ptr<const VerifiedJwt> Find(const Hash& token);
  // The one that was not used for longest makes room. One of generation 0 is not kept: that is what
  // keys have that are too old, and it would count again just when nothing may.
  void Add(const Hash& token, std::shared_ptr<const VerifiedJwt> verified);

 private:
  using Order = std::list<std::pair<Hash, std::shared_ptr<const VerifiedJwt>>>;

  absl::Mutex mu_;
  Order order_ ABSL_GUARDED_BY(mu_);  // the last used first
  absl::flat_hash_map<Hash, Order::iterator> by_hash_ ABSL_GUARDED_BY(mu_);
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_IDENTITY_JWT_TOKEN_CACHE_H_
