#ifndef LEASEHOLD_TESTS_UNIT_CLIENT_FILES_TEMPORARY_FOLDER_H_
#define LEASEHOLD_TESTS_UNIT_CLIENT_FILES_TEMPORARY_FOLDER_H_

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

namespace leasehold {

// A new folder that is removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "leasehold-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string Path(const std::string& name) const { return path_ + "/" + name; }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
    return Path(name);
  }

 private:
  std::string path_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_CLIENT_FILES_TEMPORARY_FOLDER_H_
