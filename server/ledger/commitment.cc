#include "server/ledger/commitment.h"

#include <array>
#include <cstdint>

#include "server/base/check.h"

namespace leasehold {
namespace {

// One byte, and TEXT_KIND_UNSPECIFIED is no kind.
bool IsKind(int kind) { return kind >= 1 && kind <= 255; }

Hash CommitmentHash(std::string_view salt, int kind, std::string_view text) {
  thread_local Sha256 sha;
  const auto kind_byte = static_cast<uint8_t>(kind);
  return sha.Update(salt).Update(ByteView(&kind_byte, 1)).Update(text).Finish();
}

}  // namespace

TextCommitment CommitToText(int kind, std::string_view text) {
  LEASEHOLD_CHECK(IsKind(kind));
  std::array<uint8_t, TextCommitment::kSaltBytes> salt;
  RandomBytes(salt);
  TextCommitment commitment;
  commitment.salt = std::string(AsText(salt));
  commitment.hash = CommitmentHash(commitment.salt, kind, text);
  return commitment;
}

bool TextCommitmentHolds(std::string_view hash, std::string_view salt, int kind,
                         std::string_view text) {
  // Another length of salt would let salt, kind and text be cut apart in other places.
  if (salt.size() != TextCommitment::kSaltBytes || !IsKind(kind)) return false;
  return AsText(CommitmentHash(salt, kind, text)) == hash;
}

}  // namespace leasehold
