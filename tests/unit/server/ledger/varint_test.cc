#include "server/ledger/varint.h"

#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <vector>

#include "server/base/crypto_bytes.h"
#include "server/ledger/stable_hash.h"

namespace leasehold {
namespace {

constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

TEST_CASE("numbers are written as in protobuf and read again", "[ledger][varint]") {
  struct Row {
    uint64_t value;
    std::string hex;
  };
  const Row row = GENERATE(values<Row>({{0, "00"},
                                        {1, "01"},
                                        {127, "7f"},
                                        {128, "8001"},
                                        {150, "9601"},
                                        {16'383, "ff7f"},
                                        {16'384, "808001"},
                                        {uint64_t{1} << 63, "80808080808080808001"},
                                        {kMax, "ffffffffffffffffff01"}}));
  std::string bytes;
  AppendVarint(&bytes, row.value);
  CHECK(HexEncode(AsBytes(bytes)) == row.hex);
  ByteReader reader(bytes);
  CHECK(reader.Varint() == row.value);
  CHECK(reader.AtEnd());
}

TEST_CASE("a number has one form", "[ledger][varint]") {
  const std::string bytes = GENERATE(values<std::string>({
      "",                                        // nothing
      "\x80",                                    // cut off
      std::string("\x80\0", 2),                  // zero in two bytes
      std::string("\x81\x80\0", 3),              // one in three
      std::string(9, '\xff') + "\x02",           // 65 bits
      std::string(9, '\xff') + "\x81" + "\x01",  // eleven bytes
      std::string(20, '\xff'),
  }));
  ByteReader reader(bytes);
  CHECK(reader.Varint() == 0);
  CHECK_FALSE(reader.ok());
}

TEST_CASE("after a failure nothing more is read", "[ledger][varint]") {
  ByteReader reader("\x05\x06\x07");
  CHECK(reader.Byte() == 5);
  CHECK_FALSE(reader.AtEnd());
  CHECK(reader.Bytes(3) == "");
  CHECK_FALSE(reader.ok());
  CHECK(reader.Byte() == 0);
  CHECK(reader.Varint() == 0);
  CHECK(reader.Bytes(0) == "");
  CHECK_FALSE(reader.AtEnd());
}

TEST_CASE("the stored hash is SplitMix64", "[ledger][varint]") {
  // Its first number from seed 0, and the second, which is the finaliser one step on.
  CHECK(StableHash(0) == 0xe220a8397b1dcdaf);
  CHECK(StableHash(0x9e3779b97f4a7c15) == 0x6e789e6aa1b965f4);
}

}  // namespace
}  // namespace leasehold
