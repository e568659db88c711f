#ifndef LEASEHOLD_STORAGE_SQLITE_STRUCTURE_H_
#define LEASEHOLD_STORAGE_SQLITE_STRUCTURE_H_

#include <string>

#include "absl/status/status.h"

namespace leasehold {

// Lets SQLite look at every page of the database at `path`: whether trees, indexes and free pages
// are as they must be. A damaged page can hide rows without an error. kStoreDamaged with SQLite's
// words for the first thing it finds; errors as of OpenForReading. Reads the whole file.
absl::Status CheckStructure(const std::string& path);

}  // namespace leasehold

#endif  // LEASEHOLD_STORAGE_SQLITE_STRUCTURE_H_
