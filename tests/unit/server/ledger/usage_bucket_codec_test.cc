#include "server/ledger/usage_bucket_codec.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <vector>

#include "server/base/status.h"

namespace leasehold {
namespace {

std::vector<UsageLine> Lines() {
  const auto at = [](int64_t ms) { return absl::FromUnixMillis(ms); };
  const auto key = [](uint64_t agent, UsageDestination destination) {
    return UsageKey{EntityUid(agent), EntityUid(500), TextId(6), destination, EntityUid()};
  };
  const UsageKey delegated{EntityUid(3), EntityUid(500), TextId(6), UsageDestination::Reveal(),
                           EntityUid(9)};
  constexpr uint64_t kLarge = std::numeric_limits<uint64_t>::max();
  return {
      {key(0, UsageDestination::Acquire()),
       {at(0), at(0), 0, 1, 0, LogIndex(0), Reason::kPolicyDenied, LogIndex(0)}},
      {key(3, UsageDestination::Target(EntityUid(kLarge))),
       {at(1'700'000'000'000), at(1'700'000'100'000), 300, 2, 300, LogIndex(1000), Reason::kHeld,
        LogIndex(1)}},
      {key(3, UsageDestination::Named(TextId(9))),
       {at(5), at(6), kLarge, 0, 0, LogIndex(kLarge), Reason::kNone, LogIndex(0)}},
      {key(3, UsageDestination::Reveal()),
       {at(5), at(std::numeric_limits<int64_t>::max()), 1, 0, 0, LogIndex(8), Reason::kNone,
        LogIndex(0)}},
      {delegated, {at(5), at(6), 2, 0, 1, LogIndex(9), Reason::kNone, LogIndex(0)}},
      {key(kLarge, UsageDestination::Undeclared()),
       {at(5), at(6), 1, 1, 1, LogIndex(8), Reason::kLedgerViolation, LogIndex(8), 1}},
  };
}

TEST_CASE("a bucket comes back from its bytes", "[ledger][usage_bucket_codec]") {
  for (const std::vector<UsageLine>& lines : {Lines(), std::vector<UsageLine>()}) {
    const absl::StatusOr<std::vector<UsageLine>> decoded =
        DecodeUsageBucket(EncodeUsageBucket(lines));
    REQUIRE(decoded.ok());
    REQUIRE(decoded->size() == lines.size());
    CHECK(std::equal(lines.begin(), lines.end(), decoded->begin()));
  }
}

TEST_CASE("lines that no server writes are refused", "[ledger][usage_bucket_codec]") {
  std::vector<UsageLine> lines = Lines();
  REQUIRE(DecodeUsageBucket(EncodeUsageBucket(lines)).ok());
  SECTION("a line twice") { lines.insert(lines.begin(), lines.front()); }
  SECTION("lines in another order") { std::swap(lines[1], lines[2]); }
  SECTION("agents in another order") { std::swap(lines[0], lines[1]); }
  SECTION("nothing counted") { lines[3].counters.allowed = 0; }
  SECTION("more not enforced than denied") { lines[5].counters.not_enforced = 2; }
  SECTION("more writes than uses") { lines[5].counters.writes = 2; }
  SECTION("a denial without a reason") { lines[1].counters.last_denied_reason = Reason::kNone; }
  SECTION("a reason of a later server") {
    lines[1].counters.last_denied_reason = static_cast<Reason>(999);
  }
  SECTION("a denial after the last entry") { lines[1].counters.last_denied_index = LogIndex(1001); }
  SECTION("no destination") { lines[3].key.destination = UsageDestination(); }
  CHECK(ReasonOf(DecodeUsageBucket(EncodeUsageBucket(lines)).status()) == Reason::kStoreDamaged);
}

TEST_CASE("a target or text without an id is refused", "[ledger][usage_bucket_codec]") {
  // One line with a target: agent 1, secret 2, workflow 3; 8 at time 5, last entry 9.
  const auto bucket = [](char kind, char id) {
    return std::string("\x01\x01\x01\x02\x03", 5) + kind + id +
           std::string("\x05\x00\x08\x00\x00\x09", 6);
  };
  for (const char kind : {'\x01', '\x02'}) {
    CHECK(DecodeUsageBucket(bucket(kind, '\x04')).ok());
    CHECK_FALSE(DecodeUsageBucket(bucket(kind, '\x00')).ok());
  }
}

TEST_CASE("one content has one form, whatever byte is changed", "[ledger][usage_bucket_codec]") {
  const std::string bytes = EncodeUsageBucket(Lines());
  for (size_t size = 0; size < bytes.size(); ++size) {
    REQUIRE_FALSE(DecodeUsageBucket(bytes.substr(0, size)).ok());
  }
  REQUIRE_FALSE(DecodeUsageBucket(bytes + std::string(1, '\0')).ok());
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      const absl::StatusOr<std::vector<UsageLine>> decoded = DecodeUsageBucket(changed);
      if (decoded.ok()) REQUIRE(EncodeUsageBucket(*decoded) == changed);
    }
  }
}

TEST_CASE("a count of lines cannot exhaust the memory", "[ledger][usage_bucket_codec]") {
  CHECK_FALSE(DecodeUsageBucket("\x01\xff\xff\xff\xff\x0f").ok());
}

}  // namespace
}  // namespace leasehold
