#include "server/ledger/merkle_log.h"

#include <algorithm>
#include <bit>
#include <string_view>
#include <utility>

#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "storage/store.h"

namespace leasehold {
namespace {

// A tile spans this many levels of the tree: 256 = 2^8.
constexpr uint32_t kTileLevels = 8;

// The hash at `place` in a tile of the right size.
Hash HashIn(std::string_view tile, size_t place) {
  Hash hash;
  const ByteView bytes = AsBytes(tile.substr(place * sizeof(Hash), sizeof(Hash)));
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

// The node above a full tile.
Hash TileRoot(Sha256& sha, std::string_view tile) {
  std::array<Hash, MerkleLog::kTileWidth> nodes;
  for (size_t i = 0; i < nodes.size(); ++i) nodes[i] = HashIn(tile, i);
  for (size_t width = nodes.size(); width > 1; width /= 2) {
    for (size_t i = 0; i < width / 2; ++i) {
      nodes[i] = NodeHash(sha, nodes[2 * i], nodes[2 * i + 1]);
    }
  }
  return nodes[0];
}

absl::Status CheckTile(const TileRow& tile) {
  if (tile.hashes.size() == MerkleLog::kTileBytes) return absl::OkStatus();
  return Error(Reason::kStoreDamaged,
               StrCat("tile ", tile.number, " of level ", tile.level, " has ", tile.hashes.size(),
                      " bytes instead of ", MerkleLog::kTileBytes, "; restore a backup"));
}

}  // namespace

Hash LeafHash(Sha256& sha, ByteView entry) {
  const uint8_t prefix = 0;
  return sha.Update(ByteView(&prefix, 1)).Update(entry).Finish();
}

Hash NodeHash(Sha256& sha, const Hash& left, const Hash& right) {
  // One update instead of three: a call into OpenSSL costs as much as hashing 20 bytes.
  std::array<uint8_t, 1 + 2 * sizeof(Hash)> bytes;
  bytes[0] = 1;
  std::copy(left.begin(), left.end(), bytes.begin() + 1);
  std::copy(right.begin(), right.end(), bytes.begin() + 1 + sizeof(Hash));
  return sha.Update(ByteView(bytes)).Finish();
}

Hash EmptyRoot() { return Sha256Of({}); }

MerkleLog::MerkleLog() : sha_(std::make_unique<Sha256>()) {}

absl::StatusOr<MerkleLog> MerkleLog::Load(StoreView& view) {
  ASSIGN_OR_RETURN(const TreeHead head, view.Head());
  ASSIGN_OR_RETURN(MerkleLog log, LoadPrefix(view, head.size, head.size));
  if (log.Root() != head.root) {
    return Error(Reason::kStoreDamaged,
                 StrCat("the stored tree head of size ", head.size,
                        " is not that of the stored entries: the database was changed by something "
                        "else than this server; run `leasehold ledger verify` on the file, then "
                        "restore a backup"));
  }
  return log;
}

absl::StatusOr<MerkleLog> MerkleLog::LoadAt(StoreView& view, uint64_t size) {
  ASSIGN_OR_RETURN(const TreeHead head, view.Head());
  if (size > head.size) {
    return Error(Reason::kInvalidArgument,
                 StrCat("the ledger has ", head.size, " entries, so it has no root at ", size));
  }
  return LoadPrefix(view, size, head.size);
}

absl::StatusOr<Hash> MerkleLog::RootAt(StoreView& view, uint64_t size) {
  ASSIGN_OR_RETURN(const MerkleLog log, LoadAt(view, size));
  return log.Root();
}

// From the left end of the tree to the right: first the largest subtrees, which are the nodes above
// full tiles of the highest level, at last single leaves.
absl::StatusOr<MerkleLog> MerkleLog::LoadPrefix(StoreView& view, uint64_t size, uint64_t stored) {
  MerkleLog log;
  const uint32_t top = size == 0 ? 0 : (std::bit_width(size) - 1) / kTileLevels;
  for (uint32_t tile_level = top; tile_level > 0; --tile_level) {
    RETURN_IF_ERROR(log.LoadNodes(view, tile_level, size));
  }
  RETURN_IF_ERROR(log.LoadLeaves(view, size, stored));
  LEASEHOLD_CHECK(log.size_ == size);
  LEASEHOLD_CHECK(log.full_tiles_.empty());
  return log;
}

absl::Status MerkleLog::LoadNodes(StoreView& view, uint32_t tile_level, uint64_t size) {
  const uint32_t level = tile_level * kTileLevels;
  const uint64_t nodes = size >> level;
  const uint64_t in_full_tiles = nodes / kTileWidth * kTileWidth;
  return view.ReadTiles(tile_level - 1, in_full_tiles, nodes, [&](const TileRow& tile) {
    RETURN_IF_ERROR(CheckTile(tile));
    AppendNode(level, TileRoot(*sha_, tile.hashes));
    return absl::OkStatus();
  });
}

absl::Status MerkleLog::LoadLeaves(StoreView& view, uint64_t size, uint64_t stored) {
  const uint64_t tile_number = size / kTileWidth;
  const uint64_t first = tile_number * kTileWidth;
  if (first == size) return absl::OkStatus();
  if (tile_number < stored / kTileWidth) {
    // An earlier size: the tile that was open then is full by now.
    return view.ReadTiles(0, tile_number, tile_number + 1, [&](const TileRow& tile) {
      RETURN_IF_ERROR(CheckTile(tile));
      for (size_t i = 0; i < size - first; ++i) AppendLeaf(HashIn(tile.hashes, i));
      return absl::OkStatus();
    });
  }
  return view.ReadEntries(first, size, [&](uint64_t, std::string_view entry) {
    Append(AsBytes(entry));
    return absl::OkStatus();
  });
}

void MerkleLog::Append(ByteView entry) { AppendNode(0, LeafHash(*sha_, entry)); }

void MerkleLog::AppendLeaf(const Hash& leaf) { AppendNode(0, leaf); }

void MerkleLog::AppendNode(uint32_t level, const Hash& hash) {
  const uint64_t leaves = uint64_t{1} << level;
  LEASEHOLD_CHECK(size_ % leaves == 0);
  Hash node = hash;
  uint64_t rest = size_ >> level;
  if (level % kTileLevels == 0) AddToTile(level / kTileLevels, node);
  // As in counting in binary: two subtrees of one size become one of twice the size.
  for (; (rest & 1) != 0; rest >>= 1) {
    node = NodeHash(*sha_, peaks_[level], node);
    ++level;
    if (level % kTileLevels == 0) AddToTile(level / kTileLevels, node);
  }
  peaks_[level] = node;
  size_ += leaves;
  root_.reset();
}

void MerkleLog::AddToTile(uint32_t tile_level, const Hash& hash) {
  if (tile_level >= open_tiles_.size()) open_tiles_.resize(tile_level + 1);
  std::string& tile = open_tiles_[tile_level];
  if (tile.empty()) tile.reserve(kTileBytes);
  tile.append(AsText(hash));
  if (tile.size() < kTileBytes) return;
  // The size does not count the leaf that is being added yet, so its bits above the tile's are
  // still those of this tile.
  const uint64_t number = size_ >> ((tile_level + 1) * kTileLevels);
  full_tiles_.push_back({tile_level, number, std::exchange(tile, {})});
}

Hash MerkleLog::Root() const {
  if (root_.has_value()) return *root_;
  if (size_ == 0) return EmptyRoot();
  uint32_t level = std::countr_zero(size_);
  Hash root = peaks_[level];
  for (++level; level < peaks_.size(); ++level) {
    if ((size_ >> level & 1) != 0) root = NodeHash(*sha_, peaks_[level], root);
  }
  root_ = root;
  return root;
}

std::vector<TileRow> MerkleLog::TakeFullTiles() { return std::exchange(full_tiles_, {}); }

}  // namespace leasehold
