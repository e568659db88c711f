#ifndef LEASEHOLD_STORAGE_SQLITE_MIGRATIONS_H_
#define LEASEHOLD_STORAGE_SQLITE_MIGRATIONS_H_

#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "storage/sqlite/connection.h"

namespace leasehold {

// A step from schema number-1 to `number`: storage/migrations/NNNN_*.sql.
struct Migration {
  int64_t number = 0;
  const char* sql = nullptr;
};

// "LHLD" in the header of the file: says whose database it is (file(1) shows it too).
inline constexpr int64_t kApplicationId = 0x4c484c44;

// In order, numbered 1, 2, ...; at least one.
std::span<const Migration> AllMigrations();

// Brings an empty file or a store of an older schema to the newest of `migrations`. Each step is
// one transaction: after a failure the file has the schema of the last whole step.
absl::Status Migrate(SqliteConnection& connection,
                     std::span<const Migration> migrations = AllMigrations());

// Whether the file is a store whose schema the last of `migrations` or an older one wrote, without
// changing it. kStoreDamaged for what is no store; kStoreSchemaNewer for a later server's.
absl::Status CheckSchema(SqliteConnection& connection,
                         std::span<const Migration> migrations = AllMigrations());

}  // namespace leasehold

#endif  // LEASEHOLD_STORAGE_SQLITE_MIGRATIONS_H_
