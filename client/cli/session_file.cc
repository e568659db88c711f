#include "client/cli/session_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "client/cli/server_place.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/console.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/base/token_text.h"

// Three lines: the server's address, the token, and the end in seconds since 1970.

namespace leasehold {
namespace {

constexpr size_t kFileBytesMax = 4096;

absl::Status Failed(std::string_view doing, const std::string& path) {
  return CliError(ExitStatus::kFailure,
                  StrCat("cannot ", doing, " '", path, "': ", std::strerror(errno)),
                  "the session is kept there; check the folder's owner and mode");
}

absl::Status Damaged(const std::string& path, std::string_view why) {
  return CliError(ExitStatus::kNotAuthenticated, StrCat("the session in '", path, "' ", why),
                  "remove the file and run `leasehold login` again");
}

absl::StatusOr<SavedSession> Parse(const std::string& path, const std::string& text) {
  std::istringstream lines(text);
  SavedSession session;
  std::string end;
  int64_t seconds = 0;
  std::getline(lines, session.server);
  std::getline(lines, session.token);
  std::getline(lines, end);
  const auto [stop, error] = std::from_chars(end.data(), end.data() + end.size(), seconds);
  if (session.server.empty() || error != std::errc() || stop != end.data() + end.size() ||
      !UnframeToken(TokenKind::kOperatorSession, session.token).ok()) {
    return Damaged(path, "is damaged");
  }
  session.expire_time = absl::FromUnixSeconds(seconds);
  return session;
}

}  // namespace

std::string SessionFilePath() {
  const std::string folder =
      Environment("XDG_CONFIG_HOME").value_or(Environment("HOME").value_or("/") + "/.config");
  return folder + "/leasehold/session";
}

absl::StatusOr<std::optional<SavedSession>> LoadSession() {
  const std::string path = SessionFilePath();
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return Failed("read", path);
  }
  struct stat file {};
  const bool looked = fstat(fd, &file) == 0;
  std::string text(kFileBytesMax, '\0');
  const ssize_t size = read(fd, text.data(), text.size());
  close(fd);
  if (!looked || size < 0) return Failed("read", path);
  if (!S_ISREG(file.st_mode) || file.st_uid != geteuid() || (file.st_mode & 077) != 0) {
    return Damaged(path, "can be read by others");
  }
  text.resize(static_cast<size_t>(size));
  absl::StatusOr<SavedSession> session = Parse(path, text);
  Wipe(&text);
  RETURN_IF_ERROR(session.status());
  if (session->expire_time <= absl::Now()) return std::nullopt;
  return *std::move(session);
}

absl::Status SaveSession(const SavedSession& session) {
  const std::string path = SessionFilePath();
  std::error_code ignored;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (std::filesystem::create_directories(folder, ignored)) chmod(folder.c_str(), 0700);
  // Written beside and renamed: at no moment is there half a file, or one of another mode.
  const std::string draft = StrCat(path, ".", getpid());
  unlink(draft.c_str());
  const int fd = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return Failed("write", draft);
  const std::string text = StrCat(session.server, "\n", session.token, "\n",
                                  absl::ToUnixSeconds(session.expire_time), "\n");
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (close(fd) != 0 || !written || std::rename(draft.c_str(), path.c_str()) != 0) {
    const absl::Status failed = Failed("write", path);
    unlink(draft.c_str());
    return failed;
  }
  return absl::OkStatus();
}

absl::Status RemoveSession() {
  const std::string path = SessionFilePath();
  if (unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
    return Failed("remove", path);
  }
  return absl::OkStatus();
}

}  // namespace leasehold
