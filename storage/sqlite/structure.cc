#include "storage/sqlite/structure.h"

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "storage/sqlite/copy.h"

namespace leasehold {

absl::Status CheckStructure(const std::string& path) {
  ASSIGN_OR_RETURN(SqliteConnection connection, OpenForReading(path));
  ASSIGN_OR_RETURN(const std::string found, connection.QueryText("PRAGMA integrity_check(1)"));
  if (found == "ok") return absl::OkStatus();
  return Error(Reason::kStoreDamaged,
               StrCat("the database ", path, " is damaged: ", found, "; restore a backup"));
}

}  // namespace leasehold
