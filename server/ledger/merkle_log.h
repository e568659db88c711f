#ifndef LEASEHOLD_SERVER_LEDGER_MERKLE_LOG_H_
#define LEASEHOLD_SERVER_LEDGER_MERKLE_LOG_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/crypto_bytes.h"
#include "storage/rows.h"

namespace leasehold {

class StoreView;

// The hashes of RFC 6962: a leaf is SHA-256(0x00 || entry), an inner node SHA-256(0x01 || left ||
// right). The first byte keeps an entry from being passed off as a node.
Hash LeafHash(Sha256& sha, ByteView entry);
Hash NodeHash(Sha256& sha, const Hash& left, const Hash& right);
// The root of a tree without leaves: SHA-256 of nothing.
Hash EmptyRoot();

// The ledger's Merkle tree, as much of it as appending needs: the roots of its whole subtrees (at
// most 64), and the tiles that are not full yet. A tile holds 256 neighbouring hashes of tree level
// 0, 8, 16, ...; only full ones are stored (C2SP tlog-tiles).
//
// Belongs to one thread at a time. An append hashes the entry and on average one node, and
// allocates once in 256.
class MerkleLog {
 public:
  static constexpr size_t kTileWidth = 256;
  static constexpr size_t kTileBytes = kTileWidth * sizeof(Hash);

  // An empty log.
  MerkleLog();
  MerkleLog(MerkleLog&&) = default;
  MerkleLog& operator=(MerkleLog&&) = default;

  // The log that `view` holds, from its full tiles and the entries behind the last of them: at most
  // some hundred rows for each factor of 256, whatever the size. kStoreDamaged where the root that
  // comes out is not that of the stored head. Entries that lie under full tiles are not looked at:
  // that is what `ledger verify` is for.
  //
  // Also the way back after a batch that the store refused as a whole (kLedgerFull).
  static absl::StatusOr<MerkleLog> Load(StoreView& view);

  // The log as it was when it held `size` entries, to append the others again and compare. Errors
  // as of Load and RootAt.
  static absl::StatusOr<MerkleLog> LoadAt(StoreView& view, uint64_t size);
  // The root that the log in `view` had when it held `size` entries. kInvalidArgument where it does
  // not hold so many; kStoreDamaged for tiles or entries that are missing.
  static absl::StatusOr<Hash> RootAt(StoreView& view, uint64_t size);

  void Append(ByteView entry);
  // For a leaf whose hash is known already.
  void AppendLeaf(const Hash& leaf);

  uint64_t size() const { return size_; }
  // One node for each bit set in the size, about ten: call it per batch, not per entry. Repeated
  // calls without an append between them cost nothing.
  Hash Root() const;
  TreeHead Head() const { return {size_, Root()}; }

  // The tiles that became full since the last call, in the order in which they did.
  std::vector<TileRow> TakeFullTiles();

 private:
  // Loads what the first `size` entries of the `stored` ones in `view` come to.
  static absl::StatusOr<MerkleLog> LoadPrefix(StoreView& view, uint64_t size, uint64_t stored);
  absl::Status LoadNodes(StoreView& view, uint32_t tile_level, uint64_t size);
  absl::Status LoadLeaves(StoreView& view, uint64_t size, uint64_t stored);

  // Adds a whole subtree of 2^level leaves. The size is a multiple of that.
  void AppendNode(uint32_t level, const Hash& hash);
  void AddToTile(uint32_t tile_level, const Hash& hash);

  // Behind a pointer, because a digest context cannot move and the log must.
  std::unique_ptr<Sha256> sha_;
  uint64_t size_ = 0;
  // peaks_[k] is the root of a whole subtree of 2^k leaves where bit k of the size is set. The
  // subtrees lie side by side, the largest on the left.
  std::array<Hash, 64> peaks_{};
  mutable std::optional<Hash> root_;
  std::vector<std::string> open_tiles_;  // by tile level; each shorter than kTileBytes
  std::vector<TileRow> full_tiles_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_MERKLE_LOG_H_
