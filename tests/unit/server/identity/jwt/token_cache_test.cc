#include "server/identity/jwt/token_cache.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/str_cat.h"

namespace leasehold {
namespace {

Hash HashOf(size_t number) { return Sha256Of(AsBytes(StrCat(number))); }

std::shared_ptr<const VerifiedJwt> Verified(size_t number) {
  return std::make_shared<const VerifiedJwt>(VerifiedJwt{.issuer = number, .generation = 1});
}

}  // namespace

TEST_CASE("the tokens used last are remembered, within the limit") {
  TokenCache cache;
  CHECK(cache.Find(HashOf(0)) == nullptr);
  for (size_t i = 0; i < TokenCache::kTokensMax; ++i) cache.Add(HashOf(i), Verified(i));
  REQUIRE(cache.Find(HashOf(0)) != nullptr);  // which makes it the last used
  cache.Add(HashOf(TokenCache::kTokensMax), Verified(TokenCache::kTokensMax));
  CHECK(cache.Find(HashOf(0))->issuer == 0);
  CHECK(cache.Find(HashOf(1)) == nullptr);
  CHECK(cache.Find(HashOf(2))->issuer == 2);
  cache.Add(HashOf(2), Verified(77));
  CHECK(cache.Find(HashOf(2))->issuer == 77);
}

TEST_CASE("what was verified while no keys counted is not remembered") {
  TokenCache cache;
  // Between the two questions to the issuer's keys, these came; later they are too old, and their
  // generation is 0 again.
  cache.Add(HashOf(1), std::make_shared<const VerifiedJwt>(VerifiedJwt{.generation = 0}));
  CHECK(cache.Find(HashOf(1)) == nullptr);
}

}  // namespace leasehold
