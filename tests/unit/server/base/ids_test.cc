#include "server/base/ids.h"

#include <catch2/catch.hpp>
#include <type_traits>
#include <unordered_set>

#include "absl/hash/hash.h"

namespace leasehold {
namespace {

// A number of one kind is no number of another, and no bare integer.
static_assert(!std::is_convertible_v<LeaseNumber, EntityUid>);
static_assert(!std::is_constructible_v<LeaseNumber, EntityUid>);
static_assert(!std::is_assignable_v<LeaseNumber&, EntityUid>);
static_assert(!std::is_convertible_v<uint64_t, LeaseNumber>);
static_assert(!std::is_convertible_v<uint64_t, LogIndex>);
static_assert(!std::is_constructible_v<LogIndex, LeaseNumber>);

TEST_CASE("zero is no id, but a place in the ledger", "[base][ids]") {
  CHECK(LeaseNumber().empty());
  CHECK(LeaseNumber(0) == LeaseNumber());
  CHECK_FALSE(LeaseNumber(1).empty());
  CHECK(LogIndex().value() == 0);
  CHECK(LogIndex().Next() == LogIndex(1));
}

TEST_CASE("ids are ordered and hashed by their number", "[base][ids]") {
  CHECK(LeaseNumber(1) < LeaseNumber(2));
  CHECK(LogIndex(7) >= LogIndex(7));
  const std::unordered_set<EntityUid, absl::Hash<EntityUid>> uids = {EntityUid(1), EntityUid(2),
                                                                     EntityUid(1)};
  CHECK(uids.size() == 2);
}

}  // namespace
}  // namespace leasehold
