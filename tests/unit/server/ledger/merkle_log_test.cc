#include "server/ledger/merkle_log.h"

#include <catch2/catch.hpp>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "server/base/status.h"
#include "tests/unit/server/ledger/log_view.h"

namespace leasehold {
namespace {

std::string EntryOf(uint64_t index) { return "entry " + std::to_string(index); }

// RFC 6962, section 2.1, as it stands there.
Hash NaiveRoot(std::span<const Hash> leaves) {
  if (leaves.empty()) return Sha256Of({});
  if (leaves.size() == 1) return leaves[0];
  size_t left = 1;
  while (left * 2 < leaves.size()) left *= 2;
  std::string node(1, '\x01');
  node += AsText(NaiveRoot(leaves.subspan(0, left)));
  node += AsText(NaiveRoot(leaves.subspan(left)));
  return Sha256Of(AsBytes(node));
}

Hash NaiveLeaf(std::string_view entry) {
  return Sha256Of(AsBytes(std::string(1, '\0') + std::string(entry)));
}

// A log beside the view that a store would give of it.
struct StoredLog {
  MerkleLog log;
  LogView view;
  std::vector<Hash> leaves;

  void GrowTo(uint64_t size) {
    for (uint64_t i = log.size(); i < size; ++i) {
      view.entries.push_back(EntryOf(i));
      leaves.push_back(NaiveLeaf(view.entries.back()));
      log.Append(AsBytes(view.entries.back()));
    }
    for (TileRow& tile : log.TakeFullTiles()) {
      const bool is_new =
          view.tiles.emplace(std::pair(tile.level, tile.number), tile.hashes).second;
      CHECK(is_new);
    }
    view.head = log.Head();
  }
};

TEST_CASE("the roots of the reference tree are those of certificate transparency",
          "[ledger][merkle_log]") {
  // The leaves and roots with which the first implementation of RFC 6962 is tested.
  const std::vector<std::string> leaves = {
      "",
      std::string(1, '\0'),
      "\x10",
      "\x20\x21",
      "\x30\x31",
      "\x40\x41\x42\x43",
      "\x50\x51\x52\x53\x54\x55\x56\x57",
      "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"};
  const std::vector<std::string> roots = {
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  MerkleLog log;
  CHECK(HexEncode(log.Root()) == roots[0]);
  for (size_t i = 0; i < leaves.size(); ++i) {
    log.Append(AsBytes(leaves[i]));
    CHECK(log.size() == i + 1);
    CHECK(HexEncode(log.Root()) == roots[i + 1]);
  }
}

TEST_CASE("a log has the root that the definition gives, at any size", "[ledger][merkle_log]") {
  const uint64_t seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  MerkleLog log;
  std::vector<Hash> leaves;
  while (leaves.size() < 4000) {
    const size_t more = 1 + random() % 90;
    for (size_t i = 0; i < more; ++i) {
      std::string entry(random() % 300, '\0');
      for (char& c : entry) c = static_cast<char>(random());
      leaves.push_back(NaiveLeaf(entry));
      if (random() % 2 == 0) {
        log.Append(AsBytes(entry));
      } else {
        log.AppendLeaf(leaves.back());
      }
    }
    REQUIRE(log.size() == leaves.size());
    REQUIRE(HexEncode(log.Root()) == HexEncode(NaiveRoot(leaves)));
    REQUIRE(log.Head() == TreeHead{leaves.size(), log.Root()});
  }
}

TEST_CASE("full tiles hold 256 neighbouring hashes of their level", "[ledger][merkle_log]") {
  StoredLog stored;
  stored.GrowTo(255);
  CHECK(stored.view.tiles.empty());
  stored.GrowTo(256);
  CHECK(stored.view.tiles.size() == 1);
  stored.GrowTo(65'536 + 700);
  // 258 tiles of leaves, and one of the nodes above the first 256 of them.
  CHECK(stored.view.tiles.size() == 259);
  const std::span<const Hash> leaves = stored.leaves;
  for (uint64_t number = 0; number < 258; ++number) {
    std::string hashes;
    for (const Hash& leaf : leaves.subspan(number * 256, 256)) hashes += AsText(leaf);
    REQUIRE(stored.view.tiles.at({0, number}) == hashes);
  }
  std::string nodes;
  for (size_t i = 0; i < 256; ++i) nodes += AsText(NaiveRoot(leaves.subspan(i * 256, 256)));
  CHECK(stored.view.tiles.at({1, 0}) == nodes);
  CHECK(stored.log.TakeFullTiles().empty());
}

TEST_CASE("a loaded log goes on as the one that was stored", "[ledger][merkle_log]") {
  StoredLog stored;
  // Around the ends of tiles of both levels.
  for (const uint64_t size :
       {0, 1, 255, 256, 257, 511, 512, 1000, 65'535, 65'536, 65'537, 65'792, 66'100}) {
    CAPTURE(size);
    stored.GrowTo(size);
    absl::StatusOr<MerkleLog> loaded = MerkleLog::Load(stored.view);
    REQUIRE(loaded.ok());
    REQUIRE(loaded->Head() == stored.log.Head());
    CHECK(loaded->TakeFullTiles().empty());
    // Both of them grow over the end of a tile.
    StoredLog copy{*std::move(loaded), stored.view, stored.leaves};
    copy.GrowTo(size + 300);
    REQUIRE(HexEncode(copy.log.Root()) == HexEncode(NaiveRoot(copy.leaves)));
    REQUIRE(copy.view.tiles.size() == (size + 300) / 256 + (size + 300) / 65'536);
    const std::string last_leaf(AsText(copy.leaves.at((size + 300) / 256 * 256 - 1)));
    REQUIRE(copy.view.tiles.at({0, (size + 300) / 256 - 1}).ends_with(last_leaf));
  }
}

TEST_CASE("the root at an earlier size is the root of that time", "[ledger][merkle_log]") {
  StoredLog stored;
  stored.GrowTo(66'000);
  const std::span<const Hash> leaves = stored.leaves;
  for (const uint64_t size : {0, 1, 2, 255, 256, 257, 300, 511, 512, 10'000, 65'535, 65'536, 65'537,
                              65'800, 65'999, 66'000}) {
    CAPTURE(size);
    const absl::StatusOr<Hash> root = MerkleLog::RootAt(stored.view, size);
    REQUIRE(root.ok());
    CHECK(HexEncode(*root) == HexEncode(NaiveRoot(leaves.subspan(0, size))));
  }
  const absl::StatusOr<Hash> beyond = MerkleLog::RootAt(stored.view, 66'001);
  CHECK(ReasonOf(beyond.status()) == Reason::kInvalidArgument);
}

TEST_CASE("a log whose rows were damaged is not loaded", "[ledger][merkle_log]") {
  StoredLog stored;
  stored.GrowTo(65'536 + 256 + 3);
  LogView& view = stored.view;
  REQUIRE(MerkleLog::Load(view).ok());
  SECTION("an entry behind the last full tile") { view.entries.back()[0] ^= 1; }
  SECTION("the last entry is missing") { view.entries.pop_back(); }
  SECTION("two entries have changed places") {
    std::swap(view.entries[65'793], view.entries[65'794]);
  }
  SECTION("a tile of leaves") { view.tiles.at({0, 256})[77] ^= 1; }
  SECTION("a tile of nodes") { view.tiles.at({1, 0})[8000] ^= 1; }
  SECTION("a tile that is too short") { view.tiles.at({1, 0}).pop_back(); }
  SECTION("a tile that is too long") { view.tiles.at({1, 0}).push_back('x'); }
  SECTION("a tile that is missing") { view.tiles.erase({0, 256}); }
  SECTION("the head's root") { view.head.root[31] ^= 1; }
  SECTION("the head's size") { view.head.size -= 1; }
  CHECK(ReasonOf(MerkleLog::Load(view).status()) == Reason::kStoreDamaged);
}

}  // namespace
}  // namespace leasehold
