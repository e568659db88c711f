#include "server/vault/secret_bytes.h"

#include <catch2/catch.hpp>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/status.h"
#include "server/vault/secret_arena.h"
#include "server/vault/secret_fields.h"
#include "tests/unit/server/vault/secrets_for_tests.h"

namespace leasehold {
namespace {

// What must not compile. Each line fails the build of this test when it becomes possible.
template <typename T>
concept Printable = requires(std::ostream& out, const T& t) {
  out << t;
};
template <typename T>
concept Comparable = requires(const T& t) {
  t == t;
};
template <typename T>
concept Ordered = requires(const T& t) {
  t < t;
};
template <typename T>
concept Iterable = requires(const T& t) {
  std::begin(t);
};
template <typename T>
concept HasData = requires(const T& t) {
  t.data();
};
template <typename T>
concept Concatenated = requires(const T& t) {
  absl::StrCat(t);
};
template <typename T>
concept OpensWithout = requires(const T& t) {
  t.Reveal({});
};

// The concepts find what they look for where it is there.
static_assert(Printable<std::string> && Comparable<std::string> && Ordered<std::string>);
static_assert(Iterable<std::string> && HasData<std::string> && Concatenated<std::string>);

static_assert(!Printable<SecretBytes>);
static_assert(!Comparable<SecretBytes>);
static_assert(!Ordered<SecretBytes>);
static_assert(!Iterable<SecretBytes>);
static_assert(!HasData<SecretBytes>);
static_assert(!Concatenated<SecretBytes>);
static_assert(!OpensWithout<SecretBytes>);
static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(!std::is_copy_assignable_v<SecretBytes>);
static_assert(std::is_nothrow_move_constructible_v<SecretBytes>);
static_assert(std::is_nothrow_move_assignable_v<SecretBytes>);
static_assert(!std::is_convertible_v<SecretBytes, std::string>);
static_assert(!std::is_convertible_v<SecretBytes, std::string_view>);
static_assert(!std::is_convertible_v<SecretBytes, ByteView>);
static_assert(!std::is_constructible_v<std::string, SecretBytes>);
static_assert(!std::is_constructible_v<std::string_view, SecretBytes>);
static_assert(!std::is_constructible_v<ByteView, SecretBytes>);
static_assert(!std::is_constructible_v<SecretBytes, std::string>);
static_assert(!std::is_convertible_v<SecretBytes, bool>);

// The passkey cannot be made, copied or kept by others.
static_assert(!std::is_default_constructible_v<SecretAccess>);
static_assert(!std::is_aggregate_v<SecretAccess>);
static_assert(!std::is_copy_constructible_v<SecretAccess>);
static_assert(!std::is_move_constructible_v<SecretAccess>);

// What holds secrets is no more open than they are.
static_assert(!Printable<SecretFields> && !Comparable<SecretFields>);
static_assert(!std::is_copy_constructible_v<SecretFields>);
static_assert(!Printable<SecretField> && !Comparable<SecretField>);
static_assert(!std::is_copy_constructible_v<SecretField>);

size_t UsedBytes() { return SecretArena::OfProcess().value()->used(); }

TEST_CASE("the bytes of a secret are gone when it goes", "[vault][secret_bytes]") {
  const std::string text = RandomText(100);
  const uint8_t* where = nullptr;
  {
    const SecretBytes secret = Secret(text);
    where = SecretAccessForTests::Reveal(secret).data();
    REQUIRE(AsText({where, text.size()}) == text);
  }
  // The arena stays mapped, so that its freed memory can be looked at.
  CHECK(AsText({where, text.size()}) == std::string(text.size(), '\0'));
}

TEST_CASE("a secret that is moved leaves nothing behind, and what it replaces is wiped",
          "[vault][secret_bytes]") {
  const size_t used_before = UsedBytes();
  {
    SecretBytes from = Secret("moved");
    const uint8_t* where = SecretAccessForTests::Reveal(from).data();
    SecretBytes to = std::move(from);
    CHECK(from.empty());  // NOLINT(bugprone-use-after-move): what is tested.
    CHECK(SecretAccessForTests::Reveal(to).data() == where);
    CHECK(Plaintext(to) == "moved");

    SecretBytes replaced = Secret("replaced");
    const uint8_t* old = SecretAccessForTests::Reveal(replaced).data();
    replaced = std::move(to);
    CHECK(Plaintext(replaced) == "moved");
    CHECK(AsText({old, 8}) == std::string(8, '\0'));
    CHECK(to.empty());  // NOLINT(bugprone-use-after-move)
  }
  CHECK(UsedBytes() == used_before);
}

TEST_CASE("new secrets are zero, random or a copy, of any size", "[vault][secret_bytes]") {
  SecretBytes zero = SecretBytes::Allocate(3).value();
  CHECK(Plaintext(zero) == std::string(3, '\0'));
  SecretAccessForTests::Writable(zero)[1] = 'x';
  CHECK(Plaintext(zero) == std::string("\0x\0", 3));
  CHECK(Plaintext(Secret(std::string("a\0b", 3))) == std::string("a\0b", 3));
  CHECK(RandomSecret(32).size() == 32);
  CHECK_FALSE(ConstantTimeEqual(RandomSecret(32), RandomSecret(32)));
  CHECK(SecretBytes().empty());
  CHECK(SecretBytes::Allocate(0)->empty());
  CHECK(Secret("").empty());
}

TEST_CASE("secrets are compared by all of their bytes", "[vault][secret_bytes]") {
  CHECK(ConstantTimeEqual(Secret("abc"), Secret("abc")));
  CHECK(ConstantTimeEqual(SecretBytes(), Secret("")));
  CHECK_FALSE(ConstantTimeEqual(Secret("abc"), Secret("abd")));
  CHECK_FALSE(ConstantTimeEqual(Secret("abc"), Secret("bbc")));
  CHECK_FALSE(ConstantTimeEqual(Secret("abc"), Secret("ab")));
  CHECK_FALSE(ConstantTimeEqual(Secret("abc"), SecretBytes()));
}

TEST_CASE("too many secrets at once are refused until some go", "[vault][secret_bytes]") {
  const size_t capacity = SecretArena::OfProcess().value()->capacity();
  std::vector<SecretBytes> secrets;
  absl::StatusOr<SecretBytes> next = SecretBytes::Allocate(64 << 10);
  while (next.ok()) {
    secrets.push_back(*std::move(next));
    REQUIRE(secrets.size() * (64 << 10) <= capacity);
    next = SecretBytes::Allocate(64 << 10);
  }
  CHECK(ReasonOf(next.status()) == Reason::kOverloaded);
  CHECK(DetailOf(next.status()).retry_after.has_value());
  CHECK(ReasonOf(SecretBytes::Allocate(capacity + 1).status()) == Reason::kOverloaded);
  CHECK(ReasonOf(SecretBytes::Allocate(~size_t{0}).status()) == Reason::kOverloaded);
  secrets.pop_back();
  CHECK(SecretBytes::Allocate(64 << 10).ok());
}

}  // namespace
}  // namespace leasehold
