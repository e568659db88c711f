#include "server/ledger/id_set.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "server/base/crypto_bytes.h"

namespace leasehold {
namespace {

std::string Encoded(const IdSet& set) {
  std::string bytes;
  set.EncodeTo(&bytes);
  return bytes;
}

IdSet Decoded(const std::string& bytes) {
  ByteReader reader(bytes);
  IdSet set = IdSet::DecodeFrom(&reader);
  REQUIRE(reader.AtEnd());
  return set;
}

IdSet SetOf(const std::vector<uint64_t>& ids) {
  IdSet set;
  for (const uint64_t id : ids) set.Add(id);
  return set;
}

TEST_CASE("few ids are stored as they are", "[ledger][id_set]") {
  const IdSet set = Decoded(Encoded(SetOf({300, 5, 7, 5, 0, 300})));
  for (const uint64_t id : {5, 7, 300}) CHECK(set.MayContain(id));
  for (const uint64_t id : {0, 1, 4, 6, 8, 299, 301}) CHECK_FALSE(set.MayContain(id));
  // Three ids: 5, then 2 more, then 293 more.
  CHECK(HexEncode(AsBytes(Encoded(set))) == "00030502a502");
  CHECK(HexEncode(AsBytes(Encoded(IdSet()))) == "0000");
}

TEST_CASE("many ids become a filter that forgets none of them", "[ledger][id_set]") {
  // A fixed seed: how often the filter is wrong is then the same in every run.
  std::mt19937_64 random(1);
  std::vector<uint64_t> ids(1024);
  for (uint64_t& id : ids) id = random();
  const std::string bytes = Encoded(SetOf(ids));
  CHECK(bytes.size() == 961);
  const IdSet set = Decoded(bytes);
  CHECK(std::all_of(ids.begin(), ids.end(), [&](uint64_t id) { return set.MayContain(id); }));
  int wrong = 0;
  for (int i = 0; i < 10'000; ++i) wrong += set.MayContain(random()) ? 1 : 0;
  CHECK(wrong < 400);
  CHECK(Encoded(set) == bytes);
}

TEST_CASE("too many ids become everything", "[ledger][id_set]") {
  IdSet set;
  for (uint64_t id = 1; id <= IdSet::kIdsMax; ++id) set.Add(id * 1'000'003);
  CHECK(Encoded(set).size() == 961);
  set.Add(1'000'003);  // is there already
  CHECK(Encoded(set).size() == 961);
  set.Add(7);
  CHECK(Encoded(set) == "\x02");
  const IdSet decoded = Decoded("\x02");
  CHECK(decoded.MayContain(123'456'789));
  CHECK_FALSE(decoded.MayContain(0));
}

TEST_CASE("a set is never too large, and says yes to what was added", "[ledger][id_set]") {
  const uint64_t seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 60; ++round) {
    std::vector<uint64_t> ids(random() % 3000);
    const int shift = static_cast<int>(random() % 60);
    for (uint64_t& id : ids) id = (random() >> shift) + 1;
    const IdSet set = SetOf(ids);
    const std::string bytes = Encoded(set);
    REQUIRE(bytes.size() <= IdSet::kBytesMax);
    IdSet decoded = Decoded(bytes);
    for (const uint64_t id : ids) {
      REQUIRE(set.MayContain(id));
      REQUIRE(decoded.MayContain(id));
    }
    // What was read can go on growing.
    decoded.Add(42);
    REQUIRE(decoded.MayContain(42));
  }
}

TEST_CASE("other bytes are not a set", "[ledger][id_set]") {
  const std::string bytes = GENERATE(values<std::string>({
      "",
      "\x03",                                                          // no such form
      std::string(1, '\0'),                                            // no count
      std::string("\0\x02\x05", 3),                                    // an id is missing
      std::string("\0\x02\x05\0", 4),                                  // an id again
      std::string("\0\x02\x05", 3) + std::string(9, '\xff') + "\x01",  // beyond 64 bits
      std::string("\0\xff\xff\xff\xff\x0f", 6),                        // a count to exhaust memory
      "\x01" + std::string(959, 'b'),                                  // a filter cut off
  }));
  ByteReader reader(bytes);
  IdSet::DecodeFrom(&reader);
  CHECK_FALSE(reader.ok());
}

}  // namespace
}  // namespace leasehold
