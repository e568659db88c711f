#ifndef LEASEHOLD_STORAGE_ROWS_H_
#define LEASEHOLD_STORAGE_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/base/crypto_bytes.h"
#include "server/base/ids.h"

namespace leasehold {

// Size and root of the ledger's Merkle tree.
struct TreeHead {
  uint64_t size = 0;
  Hash root{};
  bool operator==(const TreeHead&) const = default;
};

// The newest moment that the server has lived through. A start whose clock is behind it ends all
// leases: nobody can say then how long they have already lasted.
struct TimeMark {
  absl::Time now;             // the ledger's time, whole milliseconds
  std::string boot_id;        // of the boot that `since_boot` counts from
  absl::Duration since_boot;  // whole milliseconds
  bool operator==(const TimeMark&) const = default;
};

// The cleartext behind a text_defined entry. An erased one has neither salt nor text.
struct TextRow {
  TextId id;
  int kind = 0;  // ledger::v1::TextKind
  std::string salt;
  std::string text;
  bool operator==(const TextRow&) const = default;
};

// Bytes that entries mean by hash: bodies of entities, policy sets.
struct BodyRow {
  Hash hash{};
  std::string body;
};

struct VersionKey {
  EntityUid secret;
  VersionNumber number;
  auto operator<=>(const VersionKey&) const = default;
};

// A version's ciphertext. Destroying it clears wrapped_key and ciphertext; field names stay.
struct VersionRow {
  VersionKey key;
  uint32_t key_number = 0;  // which key-encryption key wraps the data key
  std::string wrapped_key;
  std::string ciphertext;
  std::vector<std::string> field_names;
};

// A key of the vault, sealed; `key_class` is the vault's KeyClass.
struct KeyRow {
  int key_class = 0;
  uint32_t number = 0;
  std::string sealed;
};

// A full tile of the Merkle tree: 256 hashes of one level. Tile (level, n) holds the nodes
// n*256 .. n*256+255 of tree level 8*level (C2SP tlog-tiles).
struct TileRow {
  uint32_t level = 0;
  uint64_t number = 0;
  std::string hashes;  // 256 * 32 bytes
};

// Which ids a block of 1,024 entries mentions, so that filters can pass over it; opaque here.
struct SummaryRow {
  uint64_t block = 0;
  std::string summary;
};

// A piece of the state's snapshot. (section, key) is unique.
struct SnapshotRow {
  std::string section;
  std::string key;
  std::string body;
  bool operator==(const SnapshotRow&) const = default;
};

// Changes to the snapshot since the one before, written together with its `snapshot` entry.
struct SnapshotChange {
  std::vector<SnapshotRow> put;      // inserts or replaces; after the removals
  std::vector<SnapshotRow> removed;  // body unused; no error where there is no such row
  uint64_t through = 0;              // entries [0, through) are folded into the snapshot
  Hash digest{};                     // as in the `snapshot` entry
};

// Everything one commit writes. Either all of it is durable or none.
struct Batch {
  uint64_t first_index = 0;          // must equal the size of the ledger so far
  std::vector<std::string> entries;  // serialised, in order
  std::vector<TextRow> texts;
  // Erasing a text and destroying a version that are not there is kStoreDamaged, as is a text or a
  // tile that is there already.
  std::vector<TextId> erased_texts;
  std::vector<BodyRow> bodies;       // a hash already there is left as it is
  std::vector<VersionRow> versions;  // inserts or replaces
  std::vector<VersionKey> destroyed_versions;
  std::vector<KeyRow> keys;  // inserts or replaces; before the removals
  // `sealed` unused. Removing a key that is not there is kStoreDamaged.
  std::vector<KeyRow> removed_keys;
  std::vector<TileRow> tiles;
  std::vector<SummaryRow> summaries;  // inserts or replaces
  std::optional<SnapshotChange> snapshot;
  TreeHead head;  // after this batch
  TimeMark mark;
  // Whether it may use the reserve that is kept back for a full disk: revocations, holds,
  // suspensions and releases only.
  bool may_use_reserve = false;
};

// What a fresh store is born with. Written once, together with entry 0.
struct Genesis {
  LogId log;
  std::string origin;
};

}  // namespace leasehold

#endif  // LEASEHOLD_STORAGE_ROWS_H_
