#ifndef LEASEHOLD_STORAGE_SQLITE_BATCH_WRITER_H_
#define LEASEHOLD_STORAGE_SQLITE_BATCH_WRITER_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/rows.h"
#include "storage/sqlite/connection.h"

namespace leasehold {

// Turns a Batch into one transaction, with statements that are prepared once. Knows nothing of
// durability beyond COMMIT, and nothing of room.
class BatchWriter {
 public:
  // `connection` must have the newest schema and live longer.
  static absl::StatusOr<BatchWriter> Prepare(SqliteConnection* connection);

  // Rows of a store without entries: who it is, and an empty head.
  absl::Status WriteGenesis(const Genesis& genesis);

  // Commits `batch`. After an error before COMMIT nothing is written; of a failed COMMIT nobody
  // knows. kStoreDamaged where a row is there that must not be, or is not there that must.
  absl::Status Write(const Batch& batch);
  absl::Status WriteMark(const TimeMark& mark);

 private:
  // In the order of the table of SQL in the .cc file.
  enum Sql : size_t {
    kBegin,
    kCommit,
    kRollback,
    kEntry,
    kText,
    kEraseText,
    kBody,
    kVersion,
    kDestroyVersion,
    kKey,
    kRemoveKey,
    kTile,
    kSummary,
    kPutSnapshot,
    kRemoveSnapshot,
    kSnapshotInfo,
    kHead,
    kMark,
    kSqlCount
  };

  BatchWriter(SqliteConnection* connection, std::vector<Statement> statements)
      : connection_(connection), statements_(std::move(statements)) {}

  absl::Status WriteRows(const Batch& batch);
  absl::Status WriteTexts(const Batch& batch);
  absl::Status WriteVersions(const Batch& batch);
  absl::Status WriteBodiesAndKeys(const Batch& batch);
  absl::Status WriteTree(const Batch& batch);
  absl::Status WriteSnapshot(const SnapshotChange& change);
  // Runs a statement that must change exactly one row, `what`.
  absl::Status RunOnOne(Statement& statement, std::string_view what);

  SqliteConnection* connection_;
  std::vector<Statement> statements_;
};

// Bytes of the rows in `batch`, without what the database adds.
uint64_t BytesOf(const Batch& batch);

// The key of a tile's row: level in the top byte, number below it.
int64_t TileKey(uint32_t level, uint64_t number);

}  // namespace leasehold

#endif  // LEASEHOLD_STORAGE_SQLITE_BATCH_WRITER_H_
