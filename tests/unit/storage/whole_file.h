#ifndef LEASEHOLD_TESTS_UNIT_STORAGE_WHOLE_FILE_H_
#define LEASEHOLD_TESTS_UNIT_STORAGE_WHOLE_FILE_H_

#include <string>

namespace leasehold {

// Whole files, for tests that damage or move them. Only for files that no database connection of
// this process has open.
std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& bytes);

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_STORAGE_WHOLE_FILE_H_
