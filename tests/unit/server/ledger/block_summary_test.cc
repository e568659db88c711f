#include "server/ledger/block_summary.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "server/base/crypto_bytes.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

constexpr int kUse = 2;
constexpr int kRevoked = 10;

EntryFacts UseFacts() {
  EntryFacts facts;
  facts.kind = kUse;
  facts.time = absl::FromUnixMillis(5000);
  facts.agent = EntityUid(1);
  facts.secret = EntityUid(2);
  facts.workflow = TextId(3);
  facts.target = EntityUid(4);
  facts.lease = LeaseNumber(50);
  return facts;
}

// Small ids, so that filters often match and often just do not.
EntryFacts RandomFacts(std::mt19937_64& random) {
  const auto id = [&] { return random() % 12; };
  EntryFacts facts;
  facts.kind = static_cast<int>(random() % 40);
  facts.time = absl::FromUnixMillis(static_cast<int64_t>(random() % 100));
  facts.agent = EntityUid(id());
  facts.secret = EntityUid(id());
  facts.workflow = TextId(id());
  facts.target = EntityUid(id());
  facts.lease = LeaseNumber(id());
  facts.denied = random() % 8 == 0;
  return facts;
}

EntryFilter RandomFilter(std::mt19937_64& random) {
  const auto wanted = [&] { return random() % 4 == 0; };
  EntryFilter filter;
  if (wanted()) filter.kinds = random() & random() & random();
  if (wanted()) filter.agent = EntityUid(random() % 14);
  if (wanted()) filter.secret = EntityUid(random() % 14);
  if (wanted()) filter.workflow = TextId(random() % 14);
  if (wanted()) filter.target = EntityUid(random() % 14);
  if (wanted()) filter.lease = LeaseNumber(random() % 14);
  if (wanted()) filter.start = absl::FromUnixMillis(static_cast<int64_t>(random() % 110));
  if (wanted()) filter.end = absl::FromUnixMillis(static_cast<int64_t>(random() % 110));
  filter.denied_only = wanted();
  return filter;
}

TEST_CASE("a block with a matching entry is never passed over", "[ledger][block_summary]") {
  const uint64_t seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  int passed_over = 0;
  for (int round = 0; round < 4000; ++round) {
    std::vector<EntryFacts> entries(random() % 6);
    BlockSummary summary;
    for (EntryFacts& facts : entries) {
      facts = RandomFacts(random);
      summary.Add(facts);
    }
    const absl::StatusOr<BlockSummary> decoded = BlockSummary::Decode(summary.Encode());
    REQUIRE(decoded.ok());
    const EntryFilter filter = RandomFilter(random);
    const bool matches = std::any_of(entries.begin(), entries.end(), [&](const EntryFacts& facts) {
      return filter.Matches(facts);
    });
    if (matches) REQUIRE(decoded->MayContain(filter));
    REQUIRE(decoded->MayContain(filter) == summary.MayContain(filter));
    if (!decoded->MayContain(filter)) ++passed_over;
  }
  CHECK(passed_over > 1000);
}

TEST_CASE("each condition alone passes over a block", "[ledger][block_summary]") {
  BlockSummary summary;
  summary.Add(UseFacts());
  EntryFacts later = UseFacts();
  later.time = absl::FromUnixMillis(9000);
  later.lease = LeaseNumber(60);
  summary.Add(later);
  CHECK(summary.MayContain({}));
  CHECK_FALSE(BlockSummary().MayContain({}));

  struct Row {
    std::string what;
    EntryFilter yes;
    EntryFilter no;
  };
  const auto at = [](int64_t ms) { return absl::FromUnixMillis(ms); };
  const std::vector<Row> rows = {
      {"kinds", {.kinds = 1 << kUse}, {.kinds = 1 << kRevoked}},
      {"agent", {.agent = EntityUid(1)}, {.agent = EntityUid(2)}},
      {"secret", {.secret = EntityUid(2)}, {.secret = EntityUid(1)}},
      {"workflow", {.workflow = TextId(3)}, {.workflow = TextId(4)}},
      {"target", {.target = EntityUid(4)}, {.target = EntityUid(3)}},
      {"lease, below", {.lease = LeaseNumber(50)}, {.lease = LeaseNumber(49)}},
      {"lease, above", {.lease = LeaseNumber(60)}, {.lease = LeaseNumber(61)}},
      {"start", {.start = at(9000)}, {.start = at(9001)}},
      {"end", {.end = at(5001)}, {.end = at(5000)}},
      {"denied", {}, {.denied_only = true}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(summary.MayContain(row.yes));
    CHECK_FALSE(summary.MayContain(row.no));
    const auto matches = [&](const EntryFilter& filter) {
      return filter.Matches(UseFacts()) || filter.Matches(later);
    };
    CHECK(matches(row.yes));
    CHECK_FALSE(matches(row.no));
  }
}

TEST_CASE("a summary of an ordinary block is small, and of none too large",
          "[ledger][block_summary]") {
  std::mt19937_64 random(2);
  BlockSummary ordinary;
  BlockSummary worst;
  for (uint64_t i = 0; i < BlockSummary::kBlockEntries; ++i) {
    EntryFacts facts = UseFacts();
    facts.agent = EntityUid(1000 + random() % 40);
    facts.secret = EntityUid(2000 + random() % 60);
    facts.workflow = TextId(500 + random() % 20);
    facts.target = EntityUid(3000 + random() % 15);
    facts.lease = LeaseNumber(1'000'000 + random() % 5000);
    facts.time = absl::FromUnixMillis(static_cast<int64_t>(1'700'000'000'000 + random() % 60'000));
    ordinary.Add(facts);
    facts.kind = static_cast<int>(random() % 64);
    facts.agent = EntityUid(random());
    facts.secret = EntityUid(random());
    facts.workflow = TextId(random());
    facts.target = EntityUid(random());
    facts.lease = LeaseNumber(random());
    worst.Add(facts);
  }
  CHECK(ordinary.Encode().size() < 200);
  CHECK(worst.Encode().size() <= BlockSummary::kBytesMax);
  CHECK(BlockSummary::Decode(worst.Encode()).ok());
}

TEST_CASE("a summary has the bytes that its form says", "[ledger][block_summary]") {
  BlockSummary summary;
  EntryFacts facts = UseFacts();
  facts.denied = true;
  summary.Add(facts);
  // Format, kinds, denied; 5000 and 0; 50 and 0; the four sets of one id.
  CHECK(HexEncode(AsBytes(summary.Encode())) ==
        "010401"
        "882700"
        "3200"
        "000101"
        "000102"
        "000103"
        "000104");
}

TEST_CASE("other bytes are not a summary", "[ledger][block_summary]") {
  BlockSummary summary;
  summary.Add(UseFacts());
  const std::string bytes = summary.Encode();
  for (size_t size = 0; size < bytes.size(); ++size) {
    REQUIRE(ReasonOf(BlockSummary::Decode(bytes.substr(0, size)).status()) ==
            Reason::kStoreDamaged);
  }
  CHECK_FALSE(BlockSummary::Decode(bytes + std::string(1, '\0')).ok());
  std::string changed = bytes;
  changed[0] = 2;
  CHECK_FALSE(BlockSummary::Decode(changed).ok());
  changed = bytes;
  changed[2] = 7;  // neither denied nor not
  CHECK_FALSE(BlockSummary::Decode(changed).ok());
}

TEST_CASE("blocks are closed at their ends", "[ledger][block_summary]") {
  BlockSummaryBuilder builder;
  const auto add = [&](uint64_t index) {
    EntryFacts facts = UseFacts();
    facts.agent = EntityUid(index + 1);
    builder.Add(LogIndex(index), facts);
  };
  for (uint64_t i = 0; i < 1023; ++i) add(i);
  CHECK(builder.TakeFull(1023).empty());
  add(1023);
  add(1023);  // the entry is about another agent too
  std::vector<SummaryRow> rows = builder.TakeFull(1024);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].block == 0);
  CHECK(builder.FirstOfOpenBlock() == 1024);
  CHECK_FALSE(builder.open_block().MayContain({}));

  // A batch over the end of a block, and to the end of the next.
  for (uint64_t i = 1024; i < 3072; ++i) add(i);
  rows = builder.TakeFull(3072);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].block == 1);
  CHECK(rows[1].block == 2);
  const absl::StatusOr<BlockSummary> second = BlockSummary::Decode(rows[1].summary);
  REQUIRE(second.ok());
  CHECK(second->MayContain({.agent = EntityUid(2049)}));
  CHECK(second->MayContain({.agent = EntityUid(3072)}));
  CHECK(builder.TakeFull(3072).empty());
}

TEST_CASE("a builder goes on where a log ends", "[ledger][block_summary]") {
  BlockSummaryBuilder builder(2050);
  CHECK(builder.FirstOfOpenBlock() == 2048);
  builder.Add(LogIndex(2048), UseFacts());
  builder.Add(LogIndex(2049), UseFacts());
  CHECK(builder.TakeFull(2050).empty());
  CHECK(builder.open_block().MayContain({.agent = EntityUid(1)}));
}

}  // namespace
}  // namespace leasehold
