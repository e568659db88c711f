#ifndef LEASEHOLD_TESTS_UNIT_STORAGE_STORE_CONFORMANCE_H_
#define LEASEHOLD_TESTS_UNIT_STORAGE_STORE_CONFORMANCE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "storage/store.h"

namespace leasehold {

// One place for one store: what a backend gives to the suite.
class StoreHarness {
 public:
  virtual ~StoreHarness() = default;
  virtual absl::StatusOr<std::unique_ptr<Store>> Create(const Genesis& genesis,
                                                        const Batch& first) = 0;
  virtual absl::StatusOr<std::unique_ptr<Store>> Open() = 0;
  // From now on stores that are opened find their disk below the low-water mark, or not.
  virtual void SetLow(bool low) = 0;
  // A name for BackupTo that is free, and a view of what was written there.
  virtual std::string BackupPath() = 0;
  virtual absl::StatusOr<std::unique_ptr<StoreView>> OpenBackup(const std::string& path) = 0;
};

using HarnessFactory = std::function<std::unique_ptr<StoreHarness>()>;

// Checks every promise of storage/store.h. Called from within one TEST_CASE; its parts are
// sections of it.
void CheckStoreConformance(const HarnessFactory& new_harness);

// Random batches, views, restarts and backups, compared after each step with MemoryRows.
void CheckStoreAgainstModel(const HarnessFactory& new_harness, uint64_t seed, int steps);

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_STORAGE_STORE_CONFORMANCE_H_
