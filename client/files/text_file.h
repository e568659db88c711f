#ifndef LEASEHOLD_CLIENT_FILES_TEXT_FILE_H_
#define LEASEHOLD_CLIENT_FILES_TEXT_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace leasehold {

// The whole of a regular file of at most `bytes_max` bytes. NOT_FOUND where there is none,
// INVALID_ARGUMENT for a folder, a device or a larger file, IO for what the system reports.
absl::StatusOr<std::string> ReadTextFile(const std::string& path, size_t bytes_max);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_FILES_TEXT_FILE_H_
