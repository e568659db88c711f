#include "server/install/data_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "storage/sqlite/files.h"

namespace leasehold {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kPrivateFolder = 0700;

// A folder that was there before: nobody else may be able to enter it. An empty one is made so; one
// that is in use for something else is not changed behind its owner's back.
absl::Status TakeExisting(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return IoError("look at", path, errno);
  if (!S_ISDIR(info.st_mode)) {
    return Error(Reason::kFailedPrecondition,
                 StrCat(path, " is no folder; choose another place for the data"));
  }
  if ((info.st_mode & 07777U & ~static_cast<unsigned>(kPrivateFolder)) == 0) {
    return absl::OkStatus();
  }
  std::error_code error;
  if (fs::is_empty(path, error) && !error) {
    if (chmod(path.c_str(), kPrivateFolder) == 0) return absl::OkStatus();
    return IoError("change the mode of", path, errno);
  }
  return Error(Reason::kFailedPrecondition,
               StrCat("others may enter ", path, "; run: chmod 0700 ", path));
}

}  // namespace

absl::StatusOr<NewDataFolder> NewDataFolder::Prepare(const std::string& given) {
  std::error_code error;
  fs::path path = fs::absolute(given, error).lexically_normal();
  if (given.empty() || error) {
    return Error(Reason::kInvalidArgument, StrCat("'", given, "' is no path of a folder"));
  }
  if (!path.has_filename()) path = path.parent_path();  // "data/"
  fs::create_directories(path.parent_path(), error);
  if (error) return IoError("make the folder", path.parent_path().string(), error.value());
  const bool made = mkdir(path.c_str(), kPrivateFolder) == 0;
  if (!made && errno != EEXIST) return IoError("make the folder", path.string(), errno);
  if (!made) RETURN_IF_ERROR(TakeExisting(path.string()));
  return NewDataFolder(path.string(), made);
}

NewDataFolder::NewDataFolder(NewDataFolder&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::move(other.file_)),
      made_(other.made_),
      kept_(std::exchange(other.kept_, true)) {}

NewDataFolder::~NewDataFolder() {
  if (kept_) return;
  if (!file_.empty()) RemoveQuietly(file_);
  if (made_) rmdir(path_.c_str());  // refuses where somebody put something else into it
}

}  // namespace leasehold
