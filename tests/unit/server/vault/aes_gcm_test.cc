#include "server/vault/aes_gcm.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "tests/unit/server/vault/secrets_for_tests.h"

namespace leasehold {
namespace {

// One case of NIST's files; its bytes are given in hexadecimal.
struct Case {
  std::string name;
  std::string key, iv, plaintext, aad, ciphertext, tag;
  bool has_plaintext = false;
  bool fails = false;
};

std::vector<Case> ReadCases() {
  // Tests run in the repository's root.
  std::ifstream file("tests/unit/server/vault/aes_gcm_nist.rsp");
  REQUIRE(file.is_open());
  std::vector<Case> cases;
  std::string lengths;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("[PTlen")) lengths = line;
    if (line.starts_with("[AADlen")) lengths += " " + line;
    if (line.starts_with("Count")) cases.push_back({.name = lengths + " " + line});
    if (line == "FAIL") cases.back().fails = true;
    const size_t equals = line.find(" =");
    if (cases.empty() || equals == std::string::npos) continue;
    const std::string field = line.substr(0, equals);
    const std::string value = FromHex(line.substr(std::min(equals + 3, line.size())));
    Case& current = cases.back();
    if (field == "Key") current.key = value;
    if (field == "IV") current.iv = value;
    if (field == "AAD") current.aad = value;
    if (field == "CT") current.ciphertext = value;
    if (field == "Tag") current.tag = value;
    if (field == "PT") {
      current.plaintext = value;
      current.has_plaintext = true;
    }
  }
  return cases;
}

GcmInput InputOf(const Case& c) { return {AsBytes(c.key), AsBytes(c.iv), AsBytes(c.aad)}; }

// What GcmOpen says; the plaintext in `out`.
bool Open(const GcmInput& input, const std::string& sealed, std::string* out) {
  out->assign(sealed.size() - kGcmTagSize, 'x');
  return GcmOpen(input, AsBytes(sealed), {reinterpret_cast<uint8_t*>(out->data()), out->size()});
}

std::string Seal(const GcmInput& input, const std::string& plaintext) {
  std::string sealed(plaintext.size() + kGcmTagSize, 'x');
  GcmSeal(input, AsBytes(plaintext), {reinterpret_cast<uint8_t*>(sealed.data()), sealed.size()});
  return sealed;
}

TEST_CASE("AES-256-GCM gives the answers of NIST's test vectors", "[vault][aes_gcm]") {
  int sealed = 0;
  int refused = 0;
  for (const Case& c : ReadCases()) {
    INFO(c.name);
    std::string opened;
    if (c.fails) {
      ++refused;
      CHECK_FALSE(Open(InputOf(c), c.ciphertext + c.tag, &opened));
      // Nothing of what did not authenticate is seen.
      CHECK(opened == std::string(c.ciphertext.size(), '\0'));
    } else {
      ++sealed;
      REQUIRE(c.has_plaintext);
      CHECK(HexEncode(AsBytes(Seal(InputOf(c), c.plaintext))) ==
            HexEncode(AsBytes(c.ciphertext + c.tag)));
      CHECK(Open(InputOf(c), c.ciphertext + c.tag, &opened));
      CHECK(opened == c.plaintext);
    }
  }
  CHECK(sealed == 25);
  CHECK(refused == 25);
}

TEST_CASE("one flipped bit of key, nonce, associated data, ciphertext or tag does not open",
          "[vault][aes_gcm]") {
  // The smallest vector that has all parts.
  const std::vector<Case> cases = ReadCases();
  const auto found = std::find_if(cases.begin(), cases.end(), [](const Case& c) {
    return !c.plaintext.empty() && !c.aad.empty();
  });
  REQUIRE(found != cases.end());
  const std::string sealed = found->ciphertext + found->tag;
  std::string opened;
  REQUIRE(Open(InputOf(*found), sealed, &opened));
  size_t flips = 0;
  for (std::string Case::*part : {&Case::key, &Case::iv, &Case::aad}) {
    for (size_t bit = 0; bit < ((*found).*part).size() * 8; ++bit, ++flips) {
      Case changed = *found;
      changed.*part = FlipBit(changed.*part, bit);
      INFO("bit " << bit);
      CHECK_FALSE(Open(InputOf(changed), sealed, &opened));
    }
  }
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit, ++flips) {
    INFO("sealed bit " << bit);
    CHECK_FALSE(Open(InputOf(*found), FlipBit(sealed, bit), &opened));
  }
  CHECK(flips > 500);
}

}  // namespace
}  // namespace leasehold
