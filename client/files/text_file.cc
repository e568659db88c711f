#include "client/files/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// Closes the descriptor at the end of the scope.
struct OpenFile {
  ~OpenFile() {
    if (descriptor >= 0) close(descriptor);
  }
  int descriptor;
};

absl::Status SystemError(const std::string& path, std::string_view doing, int error) {
  const Reason reason = error == ENOENT ? Reason::kNotFound : Reason::kIo;
  return Error(reason, StrCat(doing, " ", path, ": ", std::generic_category().message(error)));
}

}  // namespace

absl::StatusOr<std::string> ReadTextFile(const std::string& path, size_t bytes_max) {
  // O_NONBLOCK, so that a pipe is told to be none instead of waited for.
  const OpenFile file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.descriptor < 0) return SystemError(path, "open", errno);
  struct stat facts {};
  if (fstat(file.descriptor, &facts) != 0) return SystemError(path, "look at", errno);
  if (!S_ISREG(facts.st_mode)) {
    return Error(Reason::kInvalidArgument, StrCat(path, " is not a regular file"));
  }
  std::string text;
  char buffer[16 * 1024];
  while (true) {
    const ssize_t got = read(file.descriptor, buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(path, "read", errno);
    if (got == 0) return text;
    text.append(buffer, static_cast<size_t>(got));
    if (text.size() > bytes_max) {
      return Error(Reason::kInvalidArgument,
                   StrCat(path, " has more than ", bytes_max, " bytes, the most that is read"));
    }
  }
}

}  // namespace leasehold
