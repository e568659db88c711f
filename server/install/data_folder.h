#ifndef LEASEHOLD_SERVER_INSTALL_DATA_FOLDER_H_
#define LEASEHOLD_SERVER_INSTALL_DATA_FOLDER_H_

#include <string>

#include "absl/status/statusor.h"

namespace leasehold {

// The folder while it is being set up: removed again by the destructor, with the files that were
// named to it, unless it is kept.
class NewDataFolder {
 public:
  // Makes `path`, and its parents, or takes the folder that is there; see InitServer.
  static absl::StatusOr<NewDataFolder> Prepare(const std::string& path);

  NewDataFolder(NewDataFolder&& other) noexcept;
  NewDataFolder& operator=(NewDataFolder&&) = delete;
  ~NewDataFolder();

  // Absolute.
  const std::string& path() const { return path_; }
  // A file in it that goes with it.
  void Remember(std::string file) { file_ = std::move(file); }
  void Keep() { kept_ = true; }

 private:
  NewDataFolder(std::string path, bool made) : path_(std::move(path)), made_(made) {}

  std::string path_;
  std::string file_;
  bool made_ = false;
  bool kept_ = false;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_INSTALL_DATA_FOLDER_H_
