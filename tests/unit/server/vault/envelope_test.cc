#include "server/vault/envelope.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "server/base/status.h"
#include "tests/unit/server/vault/secrets_for_tests.h"

namespace leasehold {
namespace {

TEST_CASE("what was sealed is opened, whatever its size", "[vault][envelope]") {
  const SecretBytes key = RandomSecret(32);
  const AssociatedData place("test/1");
  for (const size_t size : {0, 1, 15, 16, 17, 1000, 65536}) {
    const std::string text = RandomText(size);
    const std::string envelope = Envelope::Seal(key, place, Secret(text));
    CHECK(envelope.size() == text.size() + Envelope::kOverhead);
    const absl::StatusOr<SecretBytes> opened = Envelope::Open(key, place, envelope);
    REQUIRE(opened.ok());
    CHECK(Plaintext(*opened) == text);
  }
}

TEST_CASE("the same text never has the same envelope", "[vault][envelope]") {
  const SecretBytes key = RandomSecret(32);
  const SecretBytes text = Secret("the same");
  std::set<std::string> nonces;
  for (int i = 0; i < 100; ++i) {
    nonces.insert(Envelope::Seal(key, AssociatedData("test/1"), text).substr(1, 12));
  }
  CHECK(nonces.size() == 100);
}

TEST_CASE("an envelope opens with its key, in its place, unchanged, or not at all",
          "[vault][envelope]") {
  const SecretBytes key = RandomSecret(32);
  AssociatedData place("test/1");
  place.AddNumber(7).AddText("x");
  const std::string envelope = Envelope::Seal(key, place, Secret("text"));
  const auto refused = [](const absl::StatusOr<SecretBytes>& opened) {
    return ReasonOf(opened.status()) == Reason::kStoreDamaged;
  };
  REQUIRE(Envelope::Open(key, place, envelope).ok());

  CHECK(refused(Envelope::Open(RandomSecret(32), place, envelope)));
  for (size_t bit = 0; bit < envelope.size() * 8; ++bit) {
    INFO("bit " << bit);
    CHECK(refused(Envelope::Open(key, place, FlipBit(envelope, bit))));
  }
  for (size_t size = 0; size < envelope.size(); ++size) {
    INFO("cut to " << size);
    CHECK(refused(Envelope::Open(key, place, envelope.substr(0, size))));
  }
  CHECK(refused(Envelope::Open(key, place, envelope + "x")));
  AssociatedData other("test/1");
  other.AddNumber(8).AddText("x");
  CHECK(refused(Envelope::Open(key, other, envelope)));
  CHECK(refused(Envelope::Open(key, AssociatedData("test/1"), envelope)));
}

TEST_CASE("different lists of parts are different associated data", "[vault][envelope]") {
  std::set<std::string> seen;
  const auto distinct = [&seen](const AssociatedData& data) {
    return seen.insert(std::string(AsText(data.bytes()))).second;
  };
  CHECK(distinct(AssociatedData("")));
  CHECK(distinct(AssociatedData("ab")));
  CHECK(distinct(AssociatedData("a").AddText("b")));
  CHECK(distinct(AssociatedData("").AddText("ab")));
  CHECK(distinct(AssociatedData("a").AddText("bc")));
  CHECK(distinct(AssociatedData("a").AddText("b").AddText("c")));
  CHECK(distinct(AssociatedData("a").AddText("").AddText("bc")));
  CHECK(distinct(AssociatedData("a").AddNumber(1).AddNumber(256)));
  CHECK(distinct(AssociatedData("a").AddNumber(256).AddNumber(1)));
  CHECK(HexEncode(AssociatedData("ab").AddNumber(0x0102).AddText("c").bytes()) ==
        "00000002"
        "6162"
        "0000000000000102"
        "00000001"
        "63");
}

}  // namespace
}  // namespace leasehold
