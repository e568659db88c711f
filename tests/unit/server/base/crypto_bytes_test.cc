#include "server/base/crypto_bytes.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

namespace leasehold {
namespace {

std::vector<uint8_t> Repeated(uint8_t byte, size_t count) {
  return std::vector<uint8_t>(count, byte);
}

TEST_CASE("SHA-256 answers the examples of FIPS 180", "[base][crypto_bytes]") {
  struct Row {
    std::string message;
    std::string hash;
  };
  // NIST's example values for FIPS 180-4: one block, two blocks and a million times 'a'; and the
  // empty message of CAVP's SHA256ShortMsg.
  const Row row = GENERATE(values<Row>({
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(1'000'000, 'a'),
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  }));
  CHECK(HexEncode(Sha256Of(AsBytes(row.message))) == row.hash);
  // The same in pieces, twice with one object: Finish leaves nothing behind.
  Sha256 hasher;
  for (int round = 0; round < 2; ++round) {
    const size_t middle = row.message.size() / 3;
    hasher.Update(row.message.substr(0, middle)).Update(row.message.substr(middle));
    CHECK(HexEncode(hasher.Finish()) == row.hash);
  }
}

TEST_CASE("HMAC-SHA256 answers the test cases of RFC 4231", "[base][crypto_bytes]") {
  struct Row {
    const char* name;
    std::vector<uint8_t> key;
    std::vector<uint8_t> message;
    std::string mac;
  };
  const auto text = [](std::string_view s) { return std::vector<uint8_t>(s.begin(), s.end()); };
  std::vector<uint8_t> counting(25);
  for (size_t i = 0; i < counting.size(); ++i) counting[i] = static_cast<uint8_t>(i + 1);
  const std::vector<Row> rows = {
      {"4.2", Repeated(0x0b, 20), text("Hi There"),
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"4.3, a key shorter than the output", text("Jefe"), text("what do ya want for nothing?"),
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {"4.4, more than a block", Repeated(0xaa, 20), Repeated(0xdd, 50),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {"4.5", counting, Repeated(0xcd, 50),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {"4.7, a key longer than a block", Repeated(0xaa, 131),
       text("Test Using Larger Than Block-Size Key - Hash Key First"),
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {"4.8, both longer than a block", Repeated(0xaa, 131),
       text("This is a test using a larger than block-size key and a larger than block-size data. "
            "The key needs to be hashed before being used by the HMAC algorithm."),
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    CHECK(HexEncode(HmacSha256(row.key, row.message)) == row.mac);
  }
}

TEST_CASE("an empty key and an empty message have a MAC of their own", "[base][crypto_bytes]") {
  // Computed with Python's hmac module.
  CHECK(HexEncode(HmacSha256({}, {})) ==
        "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
  // The key of an earlier call is not used again.
  const std::vector<uint8_t> key = Repeated(0x0b, 20);
  CHECK(HmacSha256(key, {}) != HmacSha256({}, {}));
  CHECK(HexEncode(HmacSha256({}, {})) ==
        "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("constant-time comparison compares", "[base][crypto_bytes]") {
  CHECK(ConstantTimeEqual({}, {}));
  CHECK(ConstantTimeEqual(AsBytes("abc"), AsBytes("abc")));
  CHECK_FALSE(ConstantTimeEqual(AsBytes("abc"), AsBytes("ab")));
  CHECK_FALSE(ConstantTimeEqual(AsBytes("ab"), AsBytes("abc")));
  for (size_t place = 0; place < 3; ++place) {
    std::string other = "abc";
    other[place] ^= 0x10;
    CHECK_FALSE(ConstantTimeEqual(AsBytes("abc"), AsBytes(other)));
  }
}

TEST_CASE("random bytes fill all of the buffer and do not repeat", "[base][crypto_bytes]") {
  // Each of 32 places is zero in 64 buffers with probability 2^-512.
  std::vector<bool> seen_nonzero(32, false);
  std::set<std::vector<uint8_t>> seen;
  for (int i = 0; i < 64; ++i) {
    std::vector<uint8_t> bytes(seen_nonzero.size());
    RandomBytes(bytes);
    for (size_t place = 0; place < bytes.size(); ++place) {
      if (bytes[place] != 0) seen_nonzero[place] = true;
    }
    CHECK(seen.insert(bytes).second);
  }
  CHECK(seen_nonzero == std::vector<bool>(seen_nonzero.size(), true));
  RandomBytes({});
  CHECK(RandomNonZero64() != RandomNonZero64());
}

}  // namespace
}  // namespace leasehold
