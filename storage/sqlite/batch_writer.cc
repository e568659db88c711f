#include "storage/sqlite/batch_writer.h"

#include <array>
#include <string>
#include <utility>

#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "storage/sqlite/row_check.h"

namespace leasehold {
namespace {

constexpr const char* kStatements[] = {
    "BEGIN IMMEDIATE",
    "COMMIT",
    "ROLLBACK",
    "INSERT INTO entries(idx, bytes, crc) VALUES(?1, ?2, ?3)",
    "INSERT INTO texts(id, kind, salt, text) VALUES(?1, ?2, ?3, ?4)",
    "UPDATE texts SET salt = NULL, text = NULL WHERE id = ?1",
    "INSERT INTO bodies(hash, body) VALUES(?1, ?2) ON CONFLICT DO NOTHING",
    "INSERT INTO versions(secret, number, key_number, wrapped_key, ciphertext, field_names, crc,"
    " sealed_crc) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
    " ON CONFLICT(secret, number) DO UPDATE SET key_number = ?3, wrapped_key = ?4,"
    " ciphertext = ?5, field_names = ?6, crc = ?7, sealed_crc = ?8",
    "UPDATE versions SET wrapped_key = NULL, ciphertext = NULL, sealed_crc = NULL"
    " WHERE secret = ?1 AND number = ?2",
    "INSERT INTO keys(class, number, sealed, crc) VALUES(?1, ?2, ?3, ?4)"
    " ON CONFLICT(class, number) DO UPDATE SET sealed = ?3, crc = ?4",
    "DELETE FROM keys WHERE class = ?1 AND number = ?2",
    "INSERT INTO tiles(id, hashes) VALUES(?1, ?2)",
    "INSERT INTO summaries(block, summary) VALUES(?1, ?2)"
    " ON CONFLICT(block) DO UPDATE SET summary = ?2",
    "INSERT INTO snapshot(section, key, body) VALUES(?1, ?2, ?3)"
    " ON CONFLICT(section, key) DO UPDATE SET body = ?3",
    "DELETE FROM snapshot WHERE section = ?1 AND key = ?2",
    "UPDATE head SET snapshot_through = ?1, snapshot_digest = ?2",
    "UPDATE head SET size = ?1, root = ?2, mark_unix_ms = ?3, mark_boot_id = ?4,"
    " mark_since_boot_ms = ?5",
    "UPDATE head SET mark_unix_ms = ?1, mark_boot_id = ?2, mark_since_boot_ms = ?3",
};

std::string JoinLines(const std::vector<std::string>& names) {
  std::string lines;
  for (const std::string& name : names) {
    LEASEHOLD_CHECK(!name.empty() && name.find('\n') == std::string::npos,
                    "a field's name is one segment of a Name");
    if (!lines.empty()) lines.push_back('\n');
    lines += name;
  }
  return lines;
}

}  // namespace

absl::StatusOr<BatchWriter> BatchWriter::Prepare(SqliteConnection* connection) {
  static_assert(std::size(kStatements) == kSqlCount);
  std::vector<Statement> statements;
  statements.reserve(kSqlCount);
  for (const char* sql : kStatements) {
    ASSIGN_OR_RETURN(Statement statement, connection->Prepare(sql));
    statements.push_back(std::move(statement));
  }
  return BatchWriter(connection, std::move(statements));
}

absl::Status BatchWriter::WriteGenesis(const Genesis& genesis) {
  std::array<char, 8> log;
  for (size_t i = 0; i < log.size(); ++i) {
    log[i] = static_cast<char>(genesis.log.value() >> (8 * (log.size() - 1 - i)));
  }
  ASSIGN_OR_RETURN(Statement insert,
                   connection_->Prepare("INSERT INTO genesis(id, log, origin) VALUES(1, ?1, ?2)"));
  RETURN_IF_ERROR(insert.BindBlob(1, {log.data(), log.size()}).BindText(2, genesis.origin).Run());
  return connection_->Execute(
      "INSERT INTO head VALUES(1, 0, zeroblob(32), 0, '', 0, 0, zeroblob(32))");
}

absl::Status BatchWriter::Write(const Batch& batch) {
  RETURN_IF_ERROR(statements_[kBegin].Run());
  absl::Status written = WriteRows(batch);
  if (written.ok()) written = statements_[kCommit].Run();
  // Best effort: the caller stops on any error, and the file forgets what was not committed.
  if (!written.ok()) statements_[kRollback].Run().IgnoreError();
  return written;
}

absl::Status BatchWriter::WriteMark(const TimeMark& mark) {
  Statement& update = statements_[kMark];
  update.Bind(1, absl::ToUnixMillis(mark.now)).BindText(2, mark.boot_id);
  update.Bind(3, absl::ToInt64Milliseconds(mark.since_boot));
  return RunOnOne(update, "head");
}

absl::Status BatchWriter::WriteRows(const Batch& batch) {
  uint64_t index = batch.first_index;
  for (const std::string& entry : batch.entries) {
    Statement& insert = statements_[kEntry];
    insert.BindNumber(1, index).BindBlob(2, entry).Bind(3, EntryCheck(index, entry));
    RETURN_IF_ERROR(insert.Run());
    ++index;
  }
  RETURN_IF_ERROR(WriteTexts(batch));
  RETURN_IF_ERROR(WriteVersions(batch));
  RETURN_IF_ERROR(WriteBodiesAndKeys(batch));
  RETURN_IF_ERROR(WriteTree(batch));
  if (batch.snapshot.has_value()) RETURN_IF_ERROR(WriteSnapshot(*batch.snapshot));
  Statement& head = statements_[kHead];
  head.BindNumber(1, batch.head.size).BindBlob(2, AsText(batch.head.root));
  head.Bind(3, absl::ToUnixMillis(batch.mark.now)).BindText(4, batch.mark.boot_id);
  head.Bind(5, absl::ToInt64Milliseconds(batch.mark.since_boot));
  return RunOnOne(head, "head");
}

absl::Status BatchWriter::WriteTexts(const Batch& batch) {
  for (const TextRow& row : batch.texts) {
    Statement& insert = statements_[kText];
    insert.BindNumber(1, row.id.value()).Bind(2, row.kind);
    RETURN_IF_ERROR(insert.BindBlob(3, row.salt).BindBlob(4, row.text).Run());
  }
  for (const TextId id : batch.erased_texts) {
    RETURN_IF_ERROR(RunOnOne(statements_[kEraseText].BindNumber(1, id.value()), "text"));
  }
  return absl::OkStatus();
}

absl::Status BatchWriter::WriteVersions(const Batch& batch) {
  for (const VersionRow& row : batch.versions) {
    const std::string names = JoinLines(row.field_names);
    Statement& put = statements_[kVersion];
    put.BindNumber(1, row.key.secret.value()).BindNumber(2, row.key.number.value());
    put.BindNumber(3, row.key_number).BindBlob(4, row.wrapped_key).BindBlob(5, row.ciphertext);
    put.BindText(6, names).Bind(7, VersionCheck(row.key, row.key_number, names));
    put.Bind(8, SealedCheck(row.wrapped_key, row.ciphertext));
    RETURN_IF_ERROR(put.Run());
  }
  for (const VersionKey& key : batch.destroyed_versions) {
    Statement& destroy = statements_[kDestroyVersion];
    destroy.BindNumber(1, key.secret.value()).BindNumber(2, key.number.value());
    RETURN_IF_ERROR(RunOnOne(destroy, "version"));
  }
  return absl::OkStatus();
}

absl::Status BatchWriter::WriteBodiesAndKeys(const Batch& batch) {
  for (const BodyRow& row : batch.bodies) {
    RETURN_IF_ERROR(statements_[kBody].BindBlob(1, AsText(row.hash)).BindBlob(2, row.body).Run());
  }
  for (const KeyRow& row : batch.keys) {
    Statement& put = statements_[kKey];
    put.Bind(1, row.key_class).BindNumber(2, row.number).BindBlob(3, row.sealed);
    put.Bind(4, KeyCheck(row.key_class, row.number, row.sealed));
    RETURN_IF_ERROR(put.Run());
  }
  for (const KeyRow& row : batch.removed_keys) {
    Statement& remove = statements_[kRemoveKey];
    RETURN_IF_ERROR(RunOnOne(remove.Bind(1, row.key_class).BindNumber(2, row.number), "key"));
  }
  return absl::OkStatus();
}

absl::Status BatchWriter::WriteTree(const Batch& batch) {
  for (const TileRow& row : batch.tiles) {
    Statement& insert = statements_[kTile];
    RETURN_IF_ERROR(insert.Bind(1, TileKey(row.level, row.number)).BindBlob(2, row.hashes).Run());
  }
  for (const SummaryRow& row : batch.summaries) {
    RETURN_IF_ERROR(statements_[kSummary].BindNumber(1, row.block).BindBlob(2, row.summary).Run());
  }
  return absl::OkStatus();
}

absl::Status BatchWriter::WriteSnapshot(const SnapshotChange& change) {
  for (const SnapshotRow& row : change.removed) {
    RETURN_IF_ERROR(
        statements_[kRemoveSnapshot].BindText(1, row.section).BindBlob(2, row.key).Run());
  }
  for (const SnapshotRow& row : change.put) {
    Statement& put = statements_[kPutSnapshot];
    RETURN_IF_ERROR(put.BindText(1, row.section).BindBlob(2, row.key).BindBlob(3, row.body).Run());
  }
  Statement& info = statements_[kSnapshotInfo];
  return RunOnOne(info.BindNumber(1, change.through).BindBlob(2, AsText(change.digest)), "head");
}

absl::Status BatchWriter::RunOnOne(Statement& statement, std::string_view what) {
  RETURN_IF_ERROR(statement.Run());
  if (connection_->Changes() == 1) return absl::OkStatus();
  return Error(Reason::kStoreDamaged, StrCat(connection_->path(), " lacks the row of a ", what,
                                             " that must be there; restore a backup"));
}

uint64_t BytesOf(const Batch& batch) {
  uint64_t bytes = 0;
  for (const std::string& entry : batch.entries) bytes += entry.size();
  for (const TextRow& row : batch.texts) bytes += row.salt.size() + row.text.size();
  for (const BodyRow& row : batch.bodies) bytes += row.hash.size() + row.body.size();
  for (const VersionRow& row : batch.versions)
    bytes += row.wrapped_key.size() + row.ciphertext.size();
  for (const KeyRow& row : batch.keys) bytes += row.sealed.size();
  for (const TileRow& row : batch.tiles) bytes += row.hashes.size();
  for (const SummaryRow& row : batch.summaries) bytes += row.summary.size();
  if (batch.snapshot.has_value()) {
    for (const SnapshotRow& row : batch.snapshot->put) bytes += row.key.size() + row.body.size();
  }
  return bytes;
}

int64_t TileKey(uint32_t level, uint64_t number) {
  LEASEHOLD_CHECK(level < 8 && number >> 56 == 0, "a tree of 2^64 leaves has no such tile");
  return static_cast<int64_t>(uint64_t{level} << 56 | number);
}

}  // namespace leasehold
