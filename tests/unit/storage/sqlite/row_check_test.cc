#include "storage/sqlite/row_check.h"

#include <catch2/catch.hpp>
#include <string>

namespace leasehold {
namespace {

TEST_CASE("the checksum is CRC-32 of lengths, numbers and bytes") {
  // From Python's binascii.crc32, over 8 bytes of length or number and the text.
  CHECK(static_cast<uint32_t>(RowCheck().Add("123456789").value()) == 0x85a458e8U);
  CHECK(static_cast<uint32_t>(RowCheck().Add(uint64_t{7}).value()) == 0x6fe7d670U);
}

TEST_CASE("any change of one byte gives another checksum, and so does another place") {
  const std::string bytes = "an entry of some length, not a multiple of eight";
  const int64_t check = EntryCheck(17, bytes);
  CHECK(EntryCheck(18, bytes) != check);
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      CHECK(EntryCheck(17, changed) != check);
    }
  }
}

TEST_CASE("bytes that move from one column to the next give another checksum") {
  CHECK(SealedCheck("ab", "c") != SealedCheck("a", "bc"));
}

}  // namespace
}  // namespace leasehold
