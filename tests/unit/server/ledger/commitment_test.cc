#include "server/ledger/commitment.h"

#include <catch2/catch.hpp>
#include <string>

namespace leasehold {
namespace {

TEST_CASE("a commitment is the hash of salt, kind and text", "[ledger][commitment]") {
  const TextCommitment commitment = CommitToText(3, "github/readonly-pat");
  CHECK(commitment.salt.size() == 16);
  const std::string preimage = commitment.salt + "\x03" + "github/readonly-pat";
  CHECK(HexEncode(commitment.hash) == HexEncode(Sha256Of(AsBytes(preimage))));
}

TEST_CASE("the same text twice has commitments that do not show it", "[ledger][commitment]") {
  const TextCommitment one = CommitToText(3, "x");
  const TextCommitment two = CommitToText(3, "x");
  CHECK(one.salt != two.salt);
  CHECK(one.hash != two.hash);
}

TEST_CASE("a commitment holds for its own text alone", "[ledger][commitment]") {
  const TextCommitment commitment = CommitToText(255, "agents/ci");
  const std::string hash(AsText(commitment.hash));
  const std::string& salt = commitment.salt;
  REQUIRE(TextCommitmentHolds(hash, salt, 255, "agents/ci"));

  CHECK_FALSE(TextCommitmentHolds(hash, salt, 255, "agents/cd"));
  CHECK_FALSE(TextCommitmentHolds(hash, salt, 255, ""));
  CHECK_FALSE(TextCommitmentHolds(hash, salt, 254, "agents/ci"));
  CHECK_FALSE(TextCommitmentHolds(hash, std::string(16, '\0'), 255, "agents/ci"));
  CHECK_FALSE(TextCommitmentHolds(hash.substr(1), salt, 255, "agents/ci"));
  CHECK_FALSE(TextCommitmentHolds("", salt, 255, "agents/ci"));
  // 511 has the same lowest byte.
  CHECK_FALSE(TextCommitmentHolds(hash, salt, 511, "agents/ci"));
  CHECK_FALSE(TextCommitmentHolds(hash, salt, 0, "agents/ci"));
}

TEST_CASE("what is hashed cannot be cut apart in another place", "[ledger][commitment]") {
  const TextCommitment commitment = CommitToText(7, "run-1");
  const std::string hash(AsText(commitment.hash));
  // The last byte of the salt taken for the kind, and the kind for the text's first byte.
  const std::string short_salt = commitment.salt.substr(0, 15);
  const int kind = static_cast<uint8_t>(commitment.salt[15]);
  CHECK_FALSE(TextCommitmentHolds(hash, short_salt, kind, "\x07run-1"));
  CHECK_FALSE(TextCommitmentHolds(hash, commitment.salt + "\x07", 'r', "un-1"));
}

}  // namespace
}  // namespace leasehold
