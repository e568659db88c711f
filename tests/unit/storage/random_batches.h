#ifndef LEASEHOLD_TESTS_UNIT_STORAGE_RANDOM_BATCHES_H_
#define LEASEHOLD_TESTS_UNIT_STORAGE_RANDOM_BATCHES_H_

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/store.h"

namespace leasehold {

// Batches that follow each other, with a bit of everything that a batch may hold. The same seed
// gives the same batches.
class RandomBatches {
 public:
  explicit RandomBatches(uint64_t seed);

  Genesis genesis() const { return {LogId(~uint64_t{7}), "test.leasehold/0011223344556677"}; }
  // The next batch; 1 to `entries_max` entries.
  Batch Next(uint64_t entries_max = 20);
  // Any number below `end`.
  uint64_t Below(uint64_t end) { return random_() % end; }
  std::string Bytes(size_t size);

  // Everything that a view shows, as text; equal texts are equal views. The keys of versions and
  // tiles, which a view does not list, are those of all batches so far.
  absl::StatusOr<std::string> Describe(StoreView& view) const;

 private:
  Hash RandomHash();
  void AddTexts(Batch& batch);
  void AddVersions(Batch& batch);
  void AddTree(Batch& batch);
  void AddSnapshot(Batch& batch);

  std::mt19937_64 random_;
  TreeHead head_;
  int64_t now_ms_ = 1'700'000'000'000;
  uint64_t texts_ = 0;
  std::vector<VersionKey> versions_;
  std::array<uint64_t, 2> tiles_{};
};

// The head of a ledger of `size` entries in tests that do not look at its root.
TreeHead HeadOf(uint64_t size);

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_STORAGE_RANDOM_BATCHES_H_
