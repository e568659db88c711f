#include "tests/unit/storage/random_batches.h"

#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// Length and hash: enough to tell two values apart.
std::string Short(std::string_view bytes) {
  return StrCat(bytes.size(), ":", HexEncode(Sha256Of(AsBytes(bytes))).substr(0, 16));
}

// Appends a line a row, for each of the tables that a view reads with a visitor.
absl::Status DescribeTables(StoreView& view, std::string* out) {
  RETURN_IF_ERROR(view.ReadTexts([&](const TextRow& row) {
    StrAppend(out, "text ", row.id.value(), " ", row.kind, " ", Short(row.salt), " ",
              Short(row.text), "\n");
    return absl::OkStatus();
  }));
  RETURN_IF_ERROR(view.ReadBodies([&](const BodyRow& row) {
    StrAppend(out, "body ", HexEncode(row.hash), " ", Short(row.body), "\n");
    return absl::OkStatus();
  }));
  RETURN_IF_ERROR(view.ReadSummaries([&](const SummaryRow& row) {
    StrAppend(out, "summary ", row.block, " ", Short(row.summary), "\n");
    return absl::OkStatus();
  }));
  ASSIGN_OR_RETURN(const StoreView::SnapshotInfo info, view.ReadSnapshot([&](const auto& row) {
    StrAppend(out, "snapshot ", row.section, " ", HexEncode(AsBytes(row.key)), " ", Short(row.body),
              "\n");
    return absl::OkStatus();
  }));
  StrAppend(out, "snapshot through ", info.through, " ", HexEncode(info.digest), "\n");
  ASSIGN_OR_RETURN(const std::vector<KeyRow> keys, view.ReadKeys());
  for (const KeyRow& row : keys) {
    StrAppend(out, "key ", row.key_class, " ", row.number, " ", Short(row.sealed), "\n");
  }
  return absl::OkStatus();
}

absl::Status DescribeHead(StoreView& view, std::string* out) {
  ASSIGN_OR_RETURN(const Genesis genesis, view.GetGenesis());
  ASSIGN_OR_RETURN(const TreeHead head, view.Head());
  ASSIGN_OR_RETURN(const TimeMark mark, view.Mark());
  StrAppend(out, "genesis ", genesis.log.value(), " ", genesis.origin, "\nhead ", head.size, " ",
            HexEncode(head.root), "\nmark ", absl::ToUnixMillis(mark.now), " ", mark.boot_id, " ",
            absl::ToInt64Milliseconds(mark.since_boot), "\n");
  return view.ReadEntries(0, head.size, [&](uint64_t index, std::string_view bytes) {
    StrAppend(out, "entry ", index, " ", Short(bytes), "\n");
    return absl::OkStatus();
  });
}

}  // namespace

RandomBatches::RandomBatches(uint64_t seed) : random_(seed) {}

std::string RandomBatches::Bytes(size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random_());
  return bytes;
}

Hash RandomBatches::RandomHash() { return Sha256Of(AsBytes(Bytes(16))); }

Batch RandomBatches::Next(uint64_t entries_max) {
  Batch batch;
  batch.first_index = head_.size;
  for (uint64_t left = 1 + Below(entries_max); left > 0; --left) {
    batch.entries.push_back(Bytes(1 + Below(200)));
  }
  AddTexts(batch);
  AddVersions(batch);
  AddTree(batch);
  if (Below(8) == 0) AddSnapshot(batch);
  if (Below(4) == 0) batch.bodies.push_back({RandomHash(), Bytes(Below(3000))});
  if (Below(8) == 0) {
    batch.keys.push_back(
        {static_cast<int>(Below(3)), static_cast<uint32_t>(1 + Below(4)), Bytes(60)});
  }
  head_.size += batch.entries.size();
  head_.root = RandomHash();
  now_ms_ += static_cast<int64_t>(Below(5000));
  batch.head = head_;
  batch.mark = {absl::FromUnixMillis(now_ms_), StrCat("boot-", Below(3)),
                absl::Milliseconds(static_cast<int64_t>(Below(1'000'000)))};
  return batch;
}

void RandomBatches::AddTexts(Batch& batch) {
  for (uint64_t left = Below(4); left > 0; --left) {
    batch.texts.push_back(
        {TextId(++texts_), static_cast<int>(Below(9)), Bytes(16), Bytes(1 + Below(100))});
  }
  // Any of them, one of this batch or one that was erased before.
  if (texts_ > 0 && Below(6) == 0) batch.erased_texts.push_back(TextId(1 + Below(texts_)));
}

void RandomBatches::AddVersions(Batch& batch) {
  if (Below(4) == 0) {
    const VersionKey key{EntityUid(1 + Below(50)), VersionNumber(1 + Below(20))};
    batch.versions.push_back({key,
                              static_cast<uint32_t>(1 + Below(3)),
                              Bytes(40),
                              Bytes(1 + Below(5000)),
                              {"value", "user"}});
    versions_.push_back(key);
  }
  if (!versions_.empty() && Below(8) == 0) {
    batch.destroyed_versions.push_back(versions_[Below(versions_.size())]);
  }
}

void RandomBatches::AddTree(Batch& batch) {
  for (uint32_t level = 0; level < tiles_.size(); ++level) {
    if (Below(6) == 0) batch.tiles.push_back({level, tiles_[level]++, Bytes(256 * 32)});
  }
  if (Below(6) == 0) batch.summaries.push_back({Below(10), Bytes(Below(200))});
}

void RandomBatches::AddSnapshot(Batch& batch) {
  constexpr const char* kSections[] = {"leases", "watermarks", "holds"};
  SnapshotChange& change = batch.snapshot.emplace();
  const auto some_row = [&] {
    return SnapshotRow{kSections[Below(3)], std::string(1, static_cast<char>(Below(40))), {}};
  };
  for (uint64_t left = Below(10); left > 0; --left) {
    change.put.push_back(some_row());
    change.put.back().body = Bytes(Below(60));
  }
  for (uint64_t left = Below(6); left > 0; --left) change.removed.push_back(some_row());
  change.through = batch.first_index;
  change.digest = RandomHash();
}

absl::StatusOr<std::string> RandomBatches::Describe(StoreView& view) const {
  std::string out;
  RETURN_IF_ERROR(DescribeHead(view, &out));
  RETURN_IF_ERROR(DescribeTables(view, &out));
  for (const VersionKey& key : versions_) {
    ASSIGN_OR_RETURN(const std::optional<VersionRow> row, view.ReadVersion(key));
    if (!row.has_value()) continue;
    StrAppend(&out, "version ", row->key.secret.value(), "/", row->key.number.value(), " ",
              row->key_number, " ", Short(row->wrapped_key), " ", Short(row->ciphertext));
    for (const std::string& name : row->field_names) StrAppend(&out, " ", name);
    StrAppend(&out, "\n");
  }
  for (uint32_t level = 0; level < tiles_.size(); ++level) {
    // An older view lacks the newest tiles, and says so.
    const absl::Status read = view.ReadTiles(level, 0, tiles_[level], [&](const TileRow& row) {
      StrAppend(&out, "tile ", level, "/", row.number, " ", Short(row.hashes), "\n");
      return absl::OkStatus();
    });
    if (!read.ok() && ReasonOf(read) != Reason::kStoreDamaged) return read;
  }
  return out;
}

TreeHead HeadOf(uint64_t size) {
  TreeHead head;
  head.size = size;
  head.root = Sha256Of(AsBytes(StrCat("root of ", size)));
  return head;
}

}  // namespace leasehold
