#ifndef LEASEHOLD_TESTS_UNIT_STORAGE_SQLITE_SQLITE_HARNESS_H_
#define LEASEHOLD_TESTS_UNIT_STORAGE_SQLITE_SQLITE_HARNESS_H_

#include <memory>
#include <string>

#include "server/base/str_cat.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/storage/store_conformance.h"

namespace leasehold {

// A folder with one store in it. The reserve is small, so that a test takes no time for it.
class SqliteHarness final : public StoreHarness {
 public:
  SqliteHarness() {
    options_.path = folder_.File("store.db");
    options_.reserve_bytes = DiskReserve::kStepBytes;
  }

  absl::StatusOr<std::unique_ptr<Store>> Create(const Genesis& genesis,
                                                const Batch& first) override {
    return SqliteStore::Create(options_, genesis, first);
  }
  absl::StatusOr<std::unique_ptr<Store>> Open() override { return SqliteStore::Open(options_); }
  void SetLow(bool low) override {
    // More than any disk has.
    options_.low_water_bytes = low ? uint64_t{1} << 60 : kLowWaterBytes;
  }
  std::string BackupPath() override { return folder_.File(StrCat("backup-", ++backups_)); }
  absl::StatusOr<std::unique_ptr<StoreView>> OpenBackup(const std::string& path) override {
    return OpenReadOnly(path);
  }

  SqliteOptions& options() { return options_; }
  const std::string& path() const { return options_.path; }
  const TempFolder& folder() const { return folder_; }

 private:
  TempFolder folder_;
  SqliteOptions options_;
  int backups_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_STORAGE_SQLITE_SQLITE_HARNESS_H_
