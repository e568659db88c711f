#include "server/vault/argon2id.h"

#include <sodium.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/unit/server/vault/secrets_for_tests.h"

namespace leasehold {
namespace {

// RFC 9106's own vector for Argon2id has a secret, associated data and 4 lanes, none of which
// libsodium takes. So: what the RFC authors' reference implementation (phc-winner-argon2, its
// command `argon2`, version 1.3) gives for one lane and a salt of 16 bytes, and below that the
// encoded strings of that implementation's own tests, which reach more than Derive can be asked.
TEST_CASE("Argon2id agrees with the reference implementation", "[vault][argon2id]") {
  struct Row {
    const char* passphrase;
    const char* salt;
    uint32_t passes;
    uint32_t memory_kib;
    const char* key;
  };
  const std::vector<Row> rows = {
      {"password", "somesaltsomesalt", 1, 64,
       "e793d64ef75d58f503d4631b2b149f7f80127c5f3993d89b1c9b781e51d0b413"},
      {"p", "fedcba9876543210", 4, 256,
       "0745c1664fe187c9751a28c82eec2d227b8b5fc36f695fcd96a894adf5d25321"},
      {"correct-horse", "0123456789abcdef", kArgon2idPasses, kArgon2idMemoryKib,
       "5feabd4f130afaa4586c45bd7dd5989b60b22321742d89d81b9934449bb00a4b"},
  };
  for (const Row& row : rows) {
    INFO(row.passphrase);
    Argon2idCost cost{.passes = row.passes, .memory_kib = row.memory_kib};
    std::copy_n(row.salt, cost.salt.size(), cost.salt.begin());
    const absl::StatusOr<SecretBytes> key = Argon2id::Derive(Secret(row.passphrase), cost);
    REQUIRE(key.ok());
    CHECK(Plaintext(*key) == FromHex(row.key));
  }
}

TEST_CASE("libsodium's Argon2id is that of the reference implementation's tests",
          "[vault][argon2id]") {
  REQUIRE(sodium_init() >= 0);
  const std::string password = "password";
  for (std::string encoded : {
           "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
           "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
           "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
       }) {
    INFO(encoded);
    encoded.resize(crypto_pwhash_STRBYTES);
    CHECK(crypto_pwhash_str_verify(encoded.c_str(), password.data(), password.size()) == 0);
    CHECK(crypto_pwhash_str_verify(encoded.c_str(), password.data(), password.size() - 1) != 0);
  }
}

TEST_CASE("every number of the cost and the passphrase change the key", "[vault][argon2id]") {
  const Argon2idCost cost{.passes = 1, .memory_kib = 64};
  const std::string key = Plaintext(Argon2id::Derive(Secret("passphrase"), cost).value());
  const auto differs = [&](const char* passphrase, const Argon2idCost& other) {
    return Plaintext(Argon2id::Derive(Secret(passphrase), other).value()) != key;
  };
  CHECK_FALSE(differs("passphrase", cost));
  CHECK(differs("passphrasE", cost));
  Argon2idCost other = cost;
  other.passes = 2;
  CHECK(differs("passphrase", other));
  other = cost;
  other.memory_kib = 72;
  CHECK(differs("passphrase", other));
  other = cost;
  other.salt[15] = 1;
  CHECK(differs("passphrase", other));
}

}  // namespace
}  // namespace leasehold
