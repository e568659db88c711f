#include "server/vault/sealed_root_key.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "tests/unit/server/vault/secrets_for_tests.h"

namespace leasehold {
namespace {

std::string BigEndian(uint32_t number) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
  return out;
}

SealedRootKey SealUnder(const SecretBytes& root, const std::string& passphrase) {
  absl::StatusOr<SealedRootKey> sealed = SealedRootKey::Seal(root, Secret(passphrase));
  REQUIRE(sealed.ok());
  return *std::move(sealed);
}

TEST_CASE("a root key comes back under its passphrase alone", "[vault][root_key]") {
  const SecretBytes root = RandomSecret(32);
  const std::string passphrase = RandomText(20);
  const SealedRootKey sealed = SealUnder(root, passphrase);
  CHECK(sealed.bytes().size() == SealedRootKey::kSize);
  const absl::StatusOr<SealedRootKey> parsed = SealedRootKey::Parse(sealed.bytes());
  REQUIRE(parsed.ok());
  CHECK(ConstantTimeEqual(parsed->Open(Secret(passphrase)).value(), root));

  // Always the same answer, whatever is wrong with it.
  const absl::Status other = parsed->Open(RandomSecret(20)).status();
  CHECK(ReasonOf(other) == Reason::kRootKeyWrong);
  CHECK(parsed->Open(Secret(passphrase + "x")).status() == other);
  CHECK(parsed->Open(Secret(passphrase.substr(1))).status() == other);
  CHECK(parsed->Open(SecretBytes()).status() == other);
  CHECK(parsed->Open(RandomSecret(SealedRootKey::kPassphraseMax + 1)).status() == other);
}

TEST_CASE("the same key under the same passphrase never looks the same", "[vault][root_key]") {
  const SecretBytes root = RandomSecret(32);
  const std::string passphrase = RandomText(20);
  const std::string first = SealUnder(root, passphrase).bytes();
  const std::string second = SealUnder(root, passphrase).bytes();
  CHECK(first.substr(0, 9) == second.substr(0, 9));
  CHECK(first.substr(9, 16) != second.substr(9, 16));
  CHECK(first.substr(25) != second.substr(25));
}

TEST_CASE("a passphrase that is too short or too long is refused", "[vault][root_key]") {
  const SecretBytes root = RandomSecret(32);
  for (const size_t size :
       {size_t{0}, SealedRootKey::kPassphraseMin - 1, SealedRootKey::kPassphraseMax + 1}) {
    INFO(size << " bytes");
    CHECK(ReasonOf(SealedRootKey::Seal(root, Secret(RandomText(size))).status()) ==
          Reason::kInvalidArgument);
  }
  CHECK(SealedRootKey::Seal(root, RandomSecret(SealedRootKey::kPassphraseMin)).ok());
}

TEST_CASE("numbers that no server wrote are refused before they cost anything",
          "[vault][root_key]") {
  const std::string bytes = SealUnder(RandomSecret(32), RandomText(20)).bytes();
  const auto with = [&](uint32_t passes, uint32_t memory_kib) {
    return std::string(1, '\x01') + BigEndian(passes) + BigEndian(memory_kib) + bytes.substr(9);
  };
  struct Row {
    const char* why;
    std::string bytes;
  };
  for (const Row& row : {
           Row{"no pass", with(0, 65536)},
           Row{"passes for days", with(0xffffffff, 65536)},
           Row{"one pass more than allowed", with(SealedRootKey::kPassesMax + 1, 65536)},
           Row{"no memory: cheap to guess", with(3, 0)},
           Row{"too little memory", with(3, SealedRootKey::kMemoryKibMin - 1)},
           Row{"more memory than there is", with(3, 0xffffffff)},
           Row{"too much memory", with(3, SealedRootKey::kMemoryKibMax + 1)},
           Row{"another way to a key", "\x02" + bytes.substr(1)},
           Row{"cut", bytes.substr(0, bytes.size() - 1)},
           Row{"longer", bytes + "x"},
           Row{"nothing", ""},
       }) {
    INFO(row.why);
    CHECK(ReasonOf(SealedRootKey::Parse(row.bytes).status()) == Reason::kRootKeyUnusable);
  }
  CHECK(SealedRootKey::Parse(with(SealedRootKey::kPassesMax, SealedRootKey::kMemoryKibMax)).ok());
}

TEST_CASE("what was changed behind the numbers does not open", "[vault][root_key]") {
  const std::string passphrase = RandomText(20);
  const std::string bytes = SealUnder(RandomSecret(32), passphrase).bytes();
  // A byte of each part: every try costs a full derivation.
  for (const size_t at : {4UL, 8UL, 9UL, 24UL, 25UL, 33UL, 60UL, 93UL}) {
    INFO("byte " << at);
    const absl::StatusOr<SealedRootKey> changed = SealedRootKey::Parse(FlipBit(bytes, at * 8));
    REQUIRE(changed.ok());
    CHECK(ReasonOf(changed->Open(Secret(passphrase)).status()) == Reason::kRootKeyWrong);
  }
}

}  // namespace
}  // namespace leasehold
