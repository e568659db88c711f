#include "server/vault/wrapping_key.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "tests/unit/server/vault/secrets_for_tests.h"

namespace leasehold {
namespace {

WrappingKey From(const SecretBytes& source) {
  absl::StatusOr<WrappingKey> key = WrappingKey::From(source);
  REQUIRE(key.ok());
  return *std::move(key);
}

TEST_CASE("a wrapped key is unwrapped by the same key in the same place only",
          "[vault][wrapping_key]") {
  const SecretBytes source = RandomSecret(32);
  const SecretBytes key = RandomSecret(32);
  const AssociatedData place("test/1");
  const std::string wrapped = From(source).Wrap(place, key);
  CHECK(wrapped.size() == 69);

  // From the same source a second time, as after a restart.
  const absl::StatusOr<SecretBytes> unwrapped = From(source).Unwrap(place, wrapped);
  REQUIRE(unwrapped.ok());
  CHECK(ConstantTimeEqual(*unwrapped, key));

  const auto refused = [](const absl::StatusOr<SecretBytes>& result) {
    return ReasonOf(result.status()) == Reason::kStoreDamaged;
  };
  const WrappingKey same = From(source);
  CHECK(refused(From(RandomSecret(32)).Unwrap(place, wrapped)));
  CHECK(refused(same.Unwrap(AssociatedData("test/2"), wrapped)));
  for (size_t bit = 0; bit < wrapped.size() * 8; ++bit) {
    INFO("bit " << bit);
    CHECK(refused(same.Unwrap(place, FlipBit(wrapped, bit))));
  }
  for (size_t size = 0; size < wrapped.size(); ++size) {
    INFO("cut to " << size);
    CHECK(refused(same.Unwrap(place, wrapped.substr(0, size))));
  }
}

TEST_CASE("the id of a key names its source and says nothing else", "[vault][wrapping_key]") {
  const SecretBytes source = RandomSecret(32);
  const WrappingKey key = From(source);
  CHECK(key.id().size() == 8);
  CHECK(key.id() == From(source).id());
  CHECK(key.id() != From(RandomSecret(32)).id());
  CHECK(WrappingKey::IdIn(key.Wrap(AssociatedData("test/1"), source)) == key.id());
  CHECK(WrappingKey::IdIn("short").empty());
  // Not the beginning of what it encrypts with: that would be the MAC with the other label.
  const Hash encrypts =
      HmacSha256(SecretAccessForTests::Reveal(source), AsBytes("leasehold/wrap/1"));
  CHECK(AsText(encrypts).substr(0, 8) != key.id());
}

}  // namespace
}  // namespace leasehold
