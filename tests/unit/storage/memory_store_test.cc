#include "tests/unit/storage/memory_store.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/unit/storage/random_batches.h"
#include "tests/unit/storage/store_conformance.h"

namespace leasehold {
namespace {

class MemoryHarness final : public StoreHarness {
 public:
  absl::StatusOr<std::unique_ptr<Store>> Create(const Genesis& genesis,
                                                const Batch& first) override {
    return MemoryStore::Create(disk_, genesis, first);
  }
  absl::StatusOr<std::unique_ptr<Store>> Open() override { return MemoryStore::Open(disk_); }
  void SetLow(bool low) override { disk_->SetLow(low); }
  std::string BackupPath() override { return StrCat("backup-", ++backups_); }
  absl::StatusOr<std::unique_ptr<StoreView>> OpenBackup(const std::string& path) override {
    return OpenMemoryBackup(disk_, path);
  }

 private:
  const std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  int backups_ = 0;
};

TEST_CASE("the memory store keeps the promises of Store") {
  CheckStoreConformance([] { return std::make_unique<MemoryHarness>(); });
}

TEST_CASE("after a failed write the memory store writes nothing more") {
  const auto disk = std::make_shared<MemoryDisk>();
  RandomBatches batches(1);
  const auto store = *MemoryStore::Create(disk, batches.genesis(), batches.Next());
  disk->FailWrites(Error(Reason::kIo, "sync failed"));
  const Batch next = batches.Next();
  CHECK(ReasonOf(store->Append(next)) == Reason::kIo);
  CHECK(ReasonOf(store->SaveMark({})) == Reason::kIo);
  CHECK((*store->NewView())->Head()->size == next.first_index);
}

}  // namespace
}  // namespace leasehold
