#ifndef LEASEHOLD_TESTS_UNIT_SERVER_LEDGER_LOG_VIEW_H_
#define LEASEHOLD_TESTS_UNIT_SERVER_LEDGER_LOG_VIEW_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/status.h"
#include "storage/store.h"

namespace leasehold {

// A store's entries, tiles and head as plain fields that a test may damage. It has nothing else.
class LogView final : public StoreView {
 public:
  std::vector<std::string> entries;
  std::map<std::pair<uint32_t, uint64_t>, std::string> tiles;  // by level and number
  TreeHead head;

  absl::StatusOr<TreeHead> Head() override { return head; }

  absl::Status ReadEntries(
      uint64_t first, uint64_t end,
      const std::function<absl::Status(uint64_t, std::string_view)>& visit) override {
    for (uint64_t i = first; i < end; ++i) {
      if (i >= entries.size()) return Error(Reason::kStoreDamaged, "an entry is missing");
      RETURN_IF_ERROR(visit(i, entries[i]));
    }
    return absl::OkStatus();
  }

  absl::Status ReadTiles(uint32_t level, uint64_t first, uint64_t end,
                         const std::function<absl::Status(const TileRow&)>& visit) override {
    for (uint64_t i = first; i < end; ++i) {
      const auto tile = tiles.find({level, i});
      if (tile == tiles.end()) return Error(Reason::kStoreDamaged, "a tile is missing");
      RETURN_IF_ERROR(visit({level, i, tile->second}));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<TimeMark> Mark() override { return Absent(); }
  absl::StatusOr<Genesis> GetGenesis() override { return Absent(); }
  absl::Status ReadTexts(const std::function<absl::Status(const TextRow&)>&) override {
    return Absent();
  }
  absl::Status ReadBodies(const std::function<absl::Status(const BodyRow&)>&) override {
    return Absent();
  }
  absl::StatusOr<std::optional<std::string>> ReadBody(const Hash&) override { return Absent(); }
  absl::StatusOr<std::optional<VersionRow>> ReadVersion(const VersionKey&) override {
    return Absent();
  }
  absl::StatusOr<std::vector<KeyRow>> ReadKeys() override { return Absent(); }
  absl::Status ReadSummaries(const std::function<absl::Status(const SummaryRow&)>&) override {
    return Absent();
  }
  absl::StatusOr<SnapshotInfo> ReadSnapshot(
      const std::function<absl::Status(const SnapshotRow&)>&) override {
    return Absent();
  }

 private:
  static absl::Status Absent() { return Error(Reason::kInternal, "this view has no such rows"); }
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_SERVER_LEDGER_LOG_VIEW_H_
