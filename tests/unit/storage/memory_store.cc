#include "tests/unit/storage/memory_store.h"

#include <functional>
#include <string_view>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

absl::Status Damaged(std::string_view what) { return Error(Reason::kStoreDamaged, what); }

absl::Status ApplySnapshot(const SnapshotChange& change, MemoryRows& rows) {
  for (const SnapshotRow& row : change.removed) rows.snapshot.erase({row.section, row.key});
  for (const SnapshotRow& row : change.put) rows.snapshot[{row.section, row.key}] = row.body;
  rows.snapshot_info = {change.through, change.digest};
  return absl::OkStatus();
}

absl::Status Apply(const Batch& batch, MemoryRows& rows) {
  rows.entries.insert(rows.entries.end(), batch.entries.begin(), batch.entries.end());
  for (const TextRow& row : batch.texts) {
    if (!rows.texts.emplace(row.id, row).second) return Damaged("a text is there already");
  }
  for (const TextId id : batch.erased_texts) {
    const auto text = rows.texts.find(id);
    if (text == rows.texts.end()) return Damaged("a text to erase is missing");
    text->second.salt.clear();
    text->second.text.clear();
  }
  for (const BodyRow& row : batch.bodies) rows.bodies.emplace(row.hash, row.body);
  for (const VersionRow& row : batch.versions) rows.versions[row.key] = row;
  for (const VersionKey& key : batch.destroyed_versions) {
    const auto version = rows.versions.find(key);
    if (version == rows.versions.end()) return Damaged("a version to destroy is missing");
    version->second.wrapped_key.clear();
    version->second.ciphertext.clear();
  }
  for (const KeyRow& row : batch.keys) rows.keys[{row.key_class, row.number}] = row.sealed;
  for (const KeyRow& row : batch.removed_keys) {
    if (rows.keys.erase({row.key_class, row.number}) == 0) return Damaged("a key is missing");
  }
  for (const TileRow& row : batch.tiles) {
    if (!rows.tiles.emplace(std::pair(row.level, row.number), row.hashes).second) {
      return Damaged("a tile is there already");
    }
  }
  for (const SummaryRow& row : batch.summaries) rows.summaries[row.block] = row.summary;
  rows.head = batch.head;
  rows.mark = batch.mark;
  return batch.snapshot.has_value() ? ApplySnapshot(*batch.snapshot, rows) : absl::OkStatus();
}

class MemoryView final : public StoreView {
 public:
  MemoryView(std::shared_ptr<MemoryDisk> disk, std::shared_ptr<const MemoryRows> rows)
      : disk_(std::move(disk)), rows_(std::move(rows)) {}
  ~MemoryView() override { disk_->Drop(&rows_); }

  absl::StatusOr<TreeHead> Head() override { return rows_->head; }
  absl::StatusOr<TimeMark> Mark() override { return rows_->mark; }
  absl::StatusOr<Genesis> GetGenesis() override { return rows_->genesis; }

  absl::Status ReadEntries(
      uint64_t first, uint64_t end,
      const std::function<absl::Status(uint64_t, std::string_view)>& visit) override {
    for (uint64_t index = first; index < end; ++index) {
      if (index >= rows_->entries.size()) return Damaged(StrCat("entry ", index, " is missing"));
      RETURN_IF_ERROR(visit(index, rows_->entries[index]));
    }
    return absl::OkStatus();
  }

  absl::Status ReadTexts(const std::function<absl::Status(const TextRow&)>& visit) override {
    for (const auto& [id, row] : rows_->texts) RETURN_IF_ERROR(visit(row));
    return absl::OkStatus();
  }

  absl::Status ReadBodies(const std::function<absl::Status(const BodyRow&)>& visit) override {
    for (const auto& [hash, body] : rows_->bodies) RETURN_IF_ERROR(visit(BodyRow{hash, body}));
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<std::string>> ReadBody(const Hash& hash) override {
    const auto body = rows_->bodies.find(hash);
    if (body == rows_->bodies.end()) return std::nullopt;
    return body->second;
  }

  absl::StatusOr<std::optional<VersionRow>> ReadVersion(const VersionKey& key) override {
    const auto version = rows_->versions.find(key);
    if (version == rows_->versions.end()) return std::nullopt;
    return version->second;
  }

  absl::StatusOr<std::vector<KeyRow>> ReadKeys() override {
    std::vector<KeyRow> keys;
    for (const auto& [key, sealed] : rows_->keys) keys.push_back({key.first, key.second, sealed});
    return keys;
  }

  absl::Status ReadTiles(uint32_t level, uint64_t first, uint64_t end,
                         const std::function<absl::Status(const TileRow&)>& visit) override {
    for (uint64_t number = first; number < end; ++number) {
      const auto tile = rows_->tiles.find({level, number});
      if (tile == rows_->tiles.end()) {
        return Damaged(StrCat("tile ", number, " of level ", level, " is missing"));
      }
      RETURN_IF_ERROR(visit(TileRow{level, number, tile->second}));
    }
    return absl::OkStatus();
  }

  absl::Status ReadSummaries(const std::function<absl::Status(const SummaryRow&)>& visit) override {
    for (const auto& [block, summary] : rows_->summaries) {
      RETURN_IF_ERROR(visit(SummaryRow{block, summary}));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<SnapshotInfo> ReadSnapshot(
      const std::function<absl::Status(const SnapshotRow&)>& visit) override {
    for (const auto& [key, body] : rows_->snapshot) {
      RETURN_IF_ERROR(visit(SnapshotRow{key.first, key.second, body}));
    }
    return rows_->snapshot_info;
  }

 private:
  const std::shared_ptr<MemoryDisk> disk_;
  std::shared_ptr<const MemoryRows> rows_;
};

}  // namespace

void MemoryDisk::SetLow(bool low) {
  absl::MutexLock lock(&mu_);
  low_ = low;
}

void MemoryDisk::Drop(std::shared_ptr<const MemoryRows>* rows) {
  absl::MutexLock lock(&mu_);
  rows->reset();
}

void MemoryDisk::FailWrites(absl::Status error) {
  absl::MutexLock lock(&mu_);
  failure_ = std::move(error);
}

absl::StatusOr<std::unique_ptr<Store>> MemoryStore::Create(std::shared_ptr<MemoryDisk> disk,
                                                           const Genesis& genesis,
                                                           const Batch& first) {
  {
    absl::MutexLock lock(&disk->mu_);
    if (disk->rows_ != nullptr) return Error(Reason::kAlreadyExists, "there is a store already");
    auto rows = std::make_shared<MemoryRows>();
    rows->genesis = genesis;
    RETURN_IF_ERROR(Apply(first, *rows));
    disk->rows_ = std::move(rows);
  }
  return Open(std::move(disk));
}

absl::StatusOr<std::unique_ptr<Store>> MemoryStore::Open(std::shared_ptr<MemoryDisk> disk) {
  absl::MutexLock lock(&disk->mu_);
  if (disk->rows_ == nullptr) return Error(Reason::kStoreMissing, "there is no store");
  if (disk->open_) return Error(Reason::kStoreLocked, "the store is open");
  disk->open_ = true;
  return std::unique_ptr<Store>(new MemoryStore(disk));
}

MemoryStore::~MemoryStore() {
  absl::MutexLock lock(&disk_->mu_);
  disk_->open_ = false;
}

absl::Status MemoryStore::Append(const Batch& batch) {
  absl::MutexLock lock(&disk_->mu_);
  RETURN_IF_ERROR(disk_->failure_);
  const uint64_t size = disk_->rows_->entries.size();
  if (batch.first_index != size || batch.head.size != size + batch.entries.size()) {
    return Error(Reason::kInternal, "a batch that does not follow the ledger");
  }
  if (disk_->low_ && !batch.may_use_reserve) return Error(Reason::kLedgerFull, "the disk is full");
  // Views keep what they saw: copied only where one is open.
  auto rows = disk_->rows_.use_count() == 1
                  ? std::const_pointer_cast<MemoryRows>(std::move(disk_->rows_))
                  : std::make_shared<MemoryRows>(*disk_->rows_);
  disk_->failure_ = Apply(batch, *rows);
  disk_->rows_ = std::move(rows);
  return disk_->failure_;
}

absl::Status MemoryStore::SaveMark(const TimeMark& mark) {
  absl::MutexLock lock(&disk_->mu_);
  RETURN_IF_ERROR(disk_->failure_);
  auto rows = std::make_shared<MemoryRows>(*disk_->rows_);
  rows->mark = mark;
  disk_->rows_ = std::move(rows);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<StoreView>> MemoryStore::NewView() {
  absl::MutexLock lock(&disk_->mu_);
  return std::make_unique<MemoryView>(disk_, disk_->rows_);
}

Space MemoryStore::GetSpace() {
  absl::MutexLock lock(&disk_->mu_);
  return Space{.database_bytes = 0, .free_bytes = 0, .low = disk_->low_};
}

absl::Status MemoryStore::BackupTo(const std::string& path) {
  absl::MutexLock lock(&disk_->mu_);
  if (!disk_->backups_.emplace(path, disk_->rows_).second) {
    return Error(Reason::kAlreadyExists, "there is a file already");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<StoreView>> OpenMemoryBackup(std::shared_ptr<MemoryDisk> disk,
                                                            const std::string& path) {
  absl::MutexLock lock(&disk->mu_);
  const auto backup = disk->backups_.find(path);
  if (backup == disk->backups_.end()) return Error(Reason::kStoreMissing, "there is no backup");
  return std::make_unique<MemoryView>(disk, backup->second);
}

}  // namespace leasehold
