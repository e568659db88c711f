#ifndef LEASEHOLD_STORAGE_SQLITE_SQLITE_VIEW_H_
#define LEASEHOLD_STORAGE_SQLITE_SQLITE_VIEW_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sqlite/connection.h"
#include "storage/store.h"

namespace leasehold {

// A read transaction on a connection of its own. As long as it is open the WAL cannot be used from
// its start again and grows with what is written: open one, read, drop it.
class SqliteView final : public StoreView {
 public:
  // Starts the transaction at once, so that "when the view was opened" is now.
  static absl::StatusOr<std::unique_ptr<SqliteView>> Open(SqliteConnection connection);

  absl::StatusOr<TreeHead> Head() override;
  absl::StatusOr<TimeMark> Mark() override;
  absl::StatusOr<Genesis> GetGenesis() override;
  absl::Status ReadEntries(
      uint64_t first, uint64_t end,
      const std::function<absl::Status(uint64_t index, std::string_view bytes)>& visit) override;
  absl::Status ReadTexts(const std::function<absl::Status(const TextRow&)>& visit) override;
  absl::Status ReadBodies(const std::function<absl::Status(const BodyRow&)>& visit) override;
  absl::StatusOr<std::optional<std::string>> ReadBody(const Hash& hash) override;
  absl::StatusOr<std::optional<VersionRow>> ReadVersion(const VersionKey& key) override;
  absl::StatusOr<std::vector<KeyRow>> ReadKeys() override;
  absl::Status ReadTiles(uint32_t level, uint64_t first, uint64_t end,
                         const std::function<absl::Status(const TileRow&)>& visit) override;
  absl::Status ReadSummaries(const std::function<absl::Status(const SummaryRow&)>& visit) override;
  absl::StatusOr<SnapshotInfo> ReadSnapshot(
      const std::function<absl::Status(const SnapshotRow&)>& visit) override;

  // For copies of what the view sees.
  SqliteConnection& connection() { return connection_; }

 private:
  explicit SqliteView(SqliteConnection connection) : connection_(std::move(connection)) {}
  absl::Status Damaged(std::string_view what) const;

  SqliteConnection connection_;
};

// The head that `connection` sees. kStoreDamaged where its row is missing or the ledger does not
// end where it says.
absl::StatusOr<TreeHead> ReadHead(SqliteConnection& connection);

}  // namespace leasehold

#endif  // LEASEHOLD_STORAGE_SQLITE_SQLITE_VIEW_H_
