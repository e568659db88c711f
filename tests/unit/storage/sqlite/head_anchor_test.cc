#include "storage/sqlite/head_anchor.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/storage/random_batches.h"
#include "tests/unit/storage/whole_file.h"

namespace leasehold {
namespace {

constexpr size_t kSecondSlot = 4096;

std::string Damage(std::string bytes, size_t at) {
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  return bytes;
}

TEST_CASE("an anchor says what was written last") {
  const TempFolder folder;
  const std::string path = folder.File("a");
  CHECK(!(*HeadAnchor::Open(path)).has_value());
  REQUIRE(HeadAnchor::Create(path, HeadOf(1)).ok());
  CHECK((**HeadAnchor::Open(path)).head() == HeadOf(1));
  for (uint64_t size = 2; size < 9; ++size) {
    auto anchor = *HeadAnchor::Open(path);
    REQUIRE(anchor->Write(HeadOf(size)).ok());
    CHECK((**HeadAnchor::Open(path)).head() == HeadOf(size));
  }
  // Rewritten from the start, a lower head too: that is what restoring needs.
  REQUIRE(HeadAnchor::Create(path, HeadOf(3)).ok());
  CHECK((**HeadAnchor::Open(path)).head() == HeadOf(3));
  CHECK(folder.Names() == std::vector<std::string>{"a"});
}

TEST_CASE("a torn write leaves the head before it") {
  const TempFolder folder;
  const std::string path = folder.File("a");
  auto anchor = *HeadAnchor::Create(path, HeadOf(1));
  REQUIRE(anchor.Write(HeadOf(2)).ok());
  REQUIRE(anchor.Write(HeadOf(3)).ok());
  const std::string bytes = ReadFile(path);
  REQUIRE(bytes.size() == kSecondSlot + 64);
  // Written four times, so the newest head is in the first slot.
  for (const size_t at : {0, 8, 16, 24, 55, 56, 63}) {
    INFO("byte " << at);
    WriteFile(path, Damage(bytes, at));
    CHECK((**HeadAnchor::Open(path)).head() == HeadOf(2));
    WriteFile(path, Damage(bytes, kSecondSlot + at));
    CHECK((**HeadAnchor::Open(path)).head() == HeadOf(3));
    WriteFile(path, Damage(Damage(bytes, at), kSecondSlot + at));
    CHECK(ReasonOf(HeadAnchor::Open(path).status()) == Reason::kStoreRolledBack);
  }
  WriteFile(path, bytes.substr(0, 64));
  CHECK((**HeadAnchor::Open(path)).head() == HeadOf(3));
  WriteFile(path, bytes.substr(0, 63));
  CHECK(ReasonOf(HeadAnchor::Open(path).status()) == Reason::kStoreRolledBack);
}

}  // namespace
}  // namespace leasehold
