#include "storage/sqlite/migrations.h"

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {

absl::Status Migrate(SqliteConnection& connection, std::span<const Migration> migrations) {
  ASSIGN_OR_RETURN(const int64_t schema, connection.QueryNumber("PRAGMA user_version"));
  for (const Migration& migration : migrations) {
    if (migration.number <= schema) continue;
    // The number changes in the same transaction: a power cut leaves the step done or not begun.
    const absl::Status done = connection.Execute(
        StrCat("BEGIN IMMEDIATE;", migration.sql, ";PRAGMA application_id=", kApplicationId,
               ";PRAGMA user_version=", migration.number, ";COMMIT;"));
    if (!done.ok()) {
      // Fails where the failure has rolled back already; either way nothing of the step is left.
      connection.Execute("ROLLBACK").IgnoreError();
      return Annotate(done, StrCat("migrate to schema ", migration.number));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSchema(SqliteConnection& connection, std::span<const Migration> migrations) {
  ASSIGN_OR_RETURN(const int64_t application, connection.QueryNumber("PRAGMA application_id"));
  ASSIGN_OR_RETURN(const int64_t schema, connection.QueryNumber("PRAGMA user_version"));
  if (application != kApplicationId || schema < 1) {
    return Error(
        Reason::kStoreDamaged,
        StrCat(connection.path(), " is a database, but not a Leasehold store; restore a backup"));
  }
  if (schema > migrations.back().number) {
    return Error(
        Reason::kStoreSchemaNewer,
        StrCat(connection.path(), ": schema ", schema, " is newer than this server (",
               migrations.back().number, "); use the server version that wrote it or a newer one"));
  }
  return absl::OkStatus();
}

}  // namespace leasehold
