#include "storage/sqlite/sqlite_view.h"

#include <algorithm>
#include <cstring>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "storage/sqlite/batch_writer.h"
#include "storage/sqlite/row_check.h"

namespace leasehold {
namespace {

absl::Status DamagedError(const std::string& path, std::string_view what) {
  return Error(Reason::kStoreDamaged, StrCat(path, ": ", what, "; restore a backup"));
}

// False where the bytes are no hash.
bool ToHash(std::string_view bytes, Hash* out) {
  if (bytes.size() != out->size()) return false;
  std::memcpy(out->data(), bytes.data(), out->size());
  return true;
}

std::vector<std::string> SplitLines(std::string_view lines) {
  std::vector<std::string> names;
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    names.emplace_back(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return names;
}

// Steps through all rows of `statement`; `row` reads the columns and calls the visitor.
template <typename Row>
absl::Status ForEach(Statement& statement, const Row& row) {
  while (true) {
    ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return absl::OkStatus();
    RETURN_IF_ERROR(row());
  }
}

}  // namespace

absl::StatusOr<TreeHead> ReadHead(SqliteConnection& connection) {
  ASSIGN_OR_RETURN(Statement select, connection.Prepare("SELECT size, root FROM head"));
  ASSIGN_OR_RETURN(const bool found, select.Step());
  TreeHead head;
  if (!found || !ToHash(select.Bytes(1), &head.root)) {
    return DamagedError(connection.path(), "the row of the ledger's head is missing or damaged");
  }
  head.size = static_cast<uint64_t>(select.Number(0));
  ASSIGN_OR_RETURN(const int64_t size,
                   connection.QueryNumber("SELECT ifnull(max(idx), -1) + 1 FROM entries"));
  if (static_cast<uint64_t>(size) != head.size) {
    return DamagedError(connection.path(), StrCat("the ledger ends at entry ", size,
                                                  ", but its head says ", head.size));
  }
  return head;
}

absl::StatusOr<std::unique_ptr<SqliteView>> SqliteView::Open(SqliteConnection connection) {
  RETURN_IF_ERROR(connection.Execute("BEGIN"));
  // SQLite takes the snapshot with the first read, not with BEGIN.
  RETURN_IF_ERROR(connection.QueryNumber("SELECT count(*) FROM head").status());
  return std::unique_ptr<SqliteView>(new SqliteView(std::move(connection)));
}

absl::Status SqliteView::Damaged(std::string_view what) const {
  return DamagedError(connection_.path(), what);
}

absl::StatusOr<TreeHead> SqliteView::Head() { return ReadHead(connection_); }

absl::StatusOr<TimeMark> SqliteView::Mark() {
  ASSIGN_OR_RETURN(
      Statement select,
      connection_.Prepare("SELECT mark_unix_ms, mark_boot_id, mark_since_boot_ms FROM head"));
  ASSIGN_OR_RETURN(const bool found, select.Step());
  if (!found) return Damaged("the row of the ledger's head is missing");
  return TimeMark{absl::FromUnixMillis(select.Number(0)), std::string(select.Bytes(1)),
                  absl::Milliseconds(select.Number(2))};
}

absl::StatusOr<Genesis> SqliteView::GetGenesis() {
  ASSIGN_OR_RETURN(Statement select, connection_.Prepare("SELECT log, origin FROM genesis"));
  ASSIGN_OR_RETURN(const bool found, select.Step());
  if (!found || select.Bytes(0).size() != 8) return Damaged("the row of the genesis is missing");
  uint64_t log = 0;
  for (const char byte : select.Bytes(0)) log = log << 8 | static_cast<uint8_t>(byte);
  return Genesis{LogId(log), std::string(select.Bytes(1))};
}

absl::Status SqliteView::ReadEntries(
    uint64_t first, uint64_t end,
    const std::function<absl::Status(uint64_t index, std::string_view bytes)>& visit) {
  if (first >= end) return absl::OkStatus();
  ASSIGN_OR_RETURN(Statement select,
                   connection_.Prepare("SELECT idx, bytes, crc FROM entries"
                                       " WHERE idx >= ?1 AND idx < ?2 ORDER BY idx"));
  select.BindNumber(1, first).BindNumber(2, end);
  uint64_t index = first;
  RETURN_IF_ERROR(ForEach(select, [&]() -> absl::Status {
    if (static_cast<uint64_t>(select.Number(0)) != index) {
      return Damaged(StrCat("entry ", index, " is missing"));
    }
    const std::string_view bytes = select.Bytes(1);
    if (select.Number(2) != EntryCheck(index, bytes)) {
      return Damaged(StrCat("entry ", index, " was changed: it does not fit its checksum"));
    }
    return visit(index++, bytes);
  }));
  return index == end ? absl::OkStatus() : Damaged(StrCat("entry ", index, " is missing"));
}

absl::Status SqliteView::ReadTexts(const std::function<absl::Status(const TextRow&)>& visit) {
  ASSIGN_OR_RETURN(Statement select,
                   connection_.Prepare("SELECT id, kind, salt, text FROM texts ORDER BY id"));
  return ForEach(select, [&] {
    return visit(TextRow{TextId(static_cast<uint64_t>(select.Number(0))),
                         static_cast<int>(select.Number(1)), std::string(select.Bytes(2)),
                         std::string(select.Bytes(3))});
  });
}

absl::Status SqliteView::ReadBodies(const std::function<absl::Status(const BodyRow&)>& visit) {
  ASSIGN_OR_RETURN(Statement select,
                   connection_.Prepare("SELECT hash, body FROM bodies ORDER BY hash"));
  return ForEach(select, [&]() -> absl::Status {
    BodyRow row;
    if (!ToHash(select.Bytes(0), &row.hash)) return Damaged("the hash of a body is damaged");
    row.body = std::string(select.Bytes(1));
    return visit(row);
  });
}

absl::StatusOr<std::optional<std::string>> SqliteView::ReadBody(const Hash& hash) {
  ASSIGN_OR_RETURN(Statement select,
                   connection_.Prepare("SELECT body FROM bodies WHERE hash = ?1"));
  ASSIGN_OR_RETURN(const bool found, select.BindBlob(1, AsText(hash)).Step());
  if (!found) return std::nullopt;
  return std::string(select.Bytes(0));
}

absl::StatusOr<std::optional<VersionRow>> SqliteView::ReadVersion(const VersionKey& key) {
  ASSIGN_OR_RETURN(Statement select,
                   connection_.Prepare("SELECT key_number, wrapped_key, ciphertext, field_names,"
                                       " crc, sealed_crc"
                                       " FROM versions WHERE secret = ?1 AND number = ?2"));
  select.BindNumber(1, key.secret.value()).BindNumber(2, key.number.value());
  ASSIGN_OR_RETURN(const bool found, select.Step());
  if (!found) return std::nullopt;
  VersionRow row{key, static_cast<uint32_t>(select.Number(0)), std::string(select.Bytes(1)),
                 std::string(select.Bytes(2)), SplitLines(select.Bytes(3))};
  const bool destroyed = select.IsNull(1) && select.IsNull(2) && select.IsNull(5);
  if (select.Number(4) != VersionCheck(key, row.key_number, select.Bytes(3)) ||
      (!destroyed && select.Number(5) != SealedCheck(row.wrapped_key, row.ciphertext))) {
    return Damaged(StrCat("version ", key.number.value(), " of secret ", key.secret.value(),
                          " was changed: it does not fit its checksum"));
  }
  return row;
}

absl::StatusOr<std::vector<KeyRow>> SqliteView::ReadKeys() {
  ASSIGN_OR_RETURN(Statement select,
                   connection_.Prepare("SELECT class, number, sealed, crc FROM keys"
                                       " ORDER BY class, number"));
  std::vector<KeyRow> rows;
  RETURN_IF_ERROR(ForEach(select, [&]() -> absl::Status {
    KeyRow row{static_cast<int>(select.Number(0)), static_cast<uint32_t>(select.Number(1)),
               std::string(select.Bytes(2))};
    if (select.Number(3) != KeyCheck(row.key_class, row.number, row.sealed)) {
      return Damaged(StrCat("key ", row.number, " of class ", row.key_class,
                            " was changed: it does not fit its checksum"));
    }
    rows.push_back(std::move(row));
    return absl::OkStatus();
  }));
  return rows;
}

absl::Status SqliteView::ReadTiles(uint32_t level, uint64_t first, uint64_t end,
                                   const std::function<absl::Status(const TileRow&)>& visit) {
  if (first >= end) return absl::OkStatus();
  ASSIGN_OR_RETURN(Statement select,
                   connection_.Prepare("SELECT id, hashes FROM tiles"
                                       " WHERE id >= ?1 AND id <= ?2 ORDER BY id"));
  select.Bind(1, TileKey(level, first)).Bind(2, TileKey(level, end - 1));
  TileRow row{level, first, {}};
  const auto missing = [&] {
    return Damaged(StrCat("tile ", row.number, " of level ", level, " is missing"));
  };
  RETURN_IF_ERROR(ForEach(select, [&]() -> absl::Status {
    if (select.Number(0) != TileKey(level, row.number)) return missing();
    row.hashes = std::string(select.Bytes(1));
    absl::Status visited = visit(row);
    ++row.number;
    return visited;
  }));
  return row.number == end ? absl::OkStatus() : missing();
}

absl::Status SqliteView::ReadSummaries(
    const std::function<absl::Status(const SummaryRow&)>& visit) {
  ASSIGN_OR_RETURN(Statement select,
                   connection_.Prepare("SELECT block, summary FROM summaries ORDER BY block"));
  return ForEach(select, [&] {
    return visit(SummaryRow{static_cast<uint64_t>(select.Number(0)), std::string(select.Bytes(1))});
  });
}

absl::StatusOr<StoreView::SnapshotInfo> SqliteView::ReadSnapshot(
    const std::function<absl::Status(const SnapshotRow&)>& visit) {
  ASSIGN_OR_RETURN(Statement head,
                   connection_.Prepare("SELECT snapshot_through, snapshot_digest FROM head"));
  ASSIGN_OR_RETURN(const bool found, head.Step());
  SnapshotInfo info;
  if (!found || !ToHash(head.Bytes(1), &info.digest)) {
    return Damaged("the row of the ledger's head is missing or damaged");
  }
  info.through = static_cast<uint64_t>(head.Number(0));
  ASSIGN_OR_RETURN(Statement select, connection_.Prepare("SELECT section, key, body FROM snapshot"
                                                         " ORDER BY section, key"));
  RETURN_IF_ERROR(ForEach(select, [&] {
    return visit(SnapshotRow{std::string(select.Bytes(0)), std::string(select.Bytes(1)),
                             std::string(select.Bytes(2))});
  }));
  return info;
}

}  // namespace leasehold
