#ifndef LEASEHOLD_TESTS_UNIT_STORAGE_TEMP_FOLDER_H_
#define LEASEHOLD_TESTS_UNIT_STORAGE_TEMP_FOLDER_H_

#include <string>
#include <vector>

namespace leasehold {

// A folder of its own for a test, gone with everything in it when the object goes.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }
  // Names in the folder, sorted.
  std::vector<std::string> Names() const;

 private:
  std::string path_;
};

// Whole files, for tests that damage or move them. Only for files that no database connection of
// this process has open.
std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& bytes);

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_STORAGE_TEMP_FOLDER_H_
