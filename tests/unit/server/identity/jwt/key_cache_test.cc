#include "server/identity/jwt/key_cache.h"

#include <catch2/catch.hpp>

#include "tests/support/signing_key.h"

namespace leasehold {
namespace {

constexpr auto kEs256 = SignatureAlgorithm::kEs256;

JwkSet SetOf(const SigningKey& key) {
  auto set = JwkSet::Parse(KeySet({&key}));
  REQUIRE(set.ok());
  return *std::move(set);
}

}  // namespace

TEST_CASE("keys count until they are too old, and each other set is another generation") {
  const SigningKey old_key(kEs256, "old");
  const SigningKey new_key(kEs256, "new");
  KeyCache cache(absl::Hours(24));
  SteadyTime now{};
  CHECK(cache.Generation(now) == 0);
  CHECK_FALSE(cache.Find("old", kEs256, now).key.has_value());

  cache.Store(SetOf(old_key), now);
  CHECK(cache.Generation(now) == 1);
  CHECK(cache.Find("old", kEs256, now).key.has_value());
  CHECK(cache.Find("new", kEs256, now).generation == 1);

  now += std::chrono::hours(23);
  CHECK(cache.Find("old", kEs256, now).key.has_value());
  SECTION("too old") {
    now += std::chrono::hours(1);
    CHECK_FALSE(cache.Find("old", kEs256, now).key.has_value());
    CHECK(cache.Find("old", kEs256, now).generation == 0);
    CHECK(cache.Generation(now) == 0);
  }
  SECTION("read again without a change") {
    cache.Store(SetOf(old_key), now);
    now += std::chrono::hours(23);
    CHECK(cache.Generation(now) == 1);
    cache.Confirm(now);
    now += std::chrono::hours(23);
    CHECK(cache.Generation(now) == 1);
  }
  SECTION("another set takes the old key's trust away") {
    cache.Store(SetOf(new_key), now);
    CHECK(cache.Generation(now) == 2);
    CHECK_FALSE(cache.Find("old", kEs256, now).key.has_value());
    CHECK(cache.Find("new", kEs256, now).key.has_value());
  }
}

}  // namespace leasehold
