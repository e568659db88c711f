#include "server/vault/root_key.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/base/token_text.h"

namespace leasehold {
namespace {

constexpr std::string_view kPrefix = "lhroot1_";
constexpr size_t kKeySize = 32;
constexpr size_t kKeyTextSize = 43;  // base64url of 32 bytes
constexpr size_t kFileSize = kPrefix.size() + kKeyTextSize + kTokenChecksumSize + 1;

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

// A string in ordinary memory that holds key material for a moment. It has its final size from the
// start, since a string that grows leaves copies behind.
class WipedText {
 public:
  WipedText() { text.reserve(kFileSize + kPrefix.size()); }
  ~WipedText() { OPENSSL_cleanse(text.data(), text.capacity()); }
  WipedText(const WipedText&) = delete;
  WipedText& operator=(const WipedText&) = delete;
  std::string text;
};

absl::Status Unusable(const std::string& path, std::string_view offence) {
  return Error(Reason::kRootKeyUnusable, StrCat("root key file ", path, " ", offence));
}

absl::Status CheckFile(const std::string& path, int fd) {
  struct stat info {};
  if (fstat(fd, &info) != 0) {
    return Unusable(path, StrCat("cannot be examined: ", std::strerror(errno)));
  }
  if (!S_ISREG(info.st_mode)) return Unusable(path, "is not a regular file");
  if (info.st_uid != geteuid() && info.st_uid != 0) {
    return Unusable(path, StrCat("belongs to user ", info.st_uid,
                                 ", who could read or change it; "
                                 "it must belong to user ",
                                 geteuid(), " or root"));
  }
  const auto mode = static_cast<unsigned>(info.st_mode) & 07777U;
  if ((mode & ~0600U) != 0) {
    return Unusable(path,
                    "has a mode that lets others in; run: chmod 0600, and make a new key if "
                    "others could have read it");
  }
  if (static_cast<size_t>(info.st_size) != kFileSize) {
    return Unusable(path, StrCat("has ", info.st_size, " bytes instead of ", kFileSize,
                                 ": it is no root key or was cut; restore it from its backup"));
  }
  return absl::OkStatus();
}

// Reads until `out` is full; false with errno (0 at the end of the file) otherwise.
bool ReadAll(int fd, std::span<uint8_t> out) {
  while (!out.empty()) {
    const ssize_t n = read(fd, out.data(), out.size());
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = 0;
    if (n <= 0) return false;
    out = out.subspan(static_cast<size_t>(n));
  }
  return true;
}

bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

bool SyncDirectoryOf(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const File directory(
      open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory.fd() >= 0 && fsync(directory.fd()) == 0;
}

}  // namespace

// The text form, and the only code that sees the root key outside of secret memory.
class RootKeyText {
 public:
  static void Format(const SecretBytes& key, WipedText* out) {
    WipedText digits;
    digits.text = Base64UrlEncode(key.Reveal(SecretAccess()));
    out->text.append(kPrefix).append(digits.text);
    out->text += TokenChecksum(out->text);
    out->text += '\n';
  }

  static absl::StatusOr<SecretBytes> Read(const std::string& path, int fd) {
    ASSIGN_OR_RETURN(SecretBytes content, SecretBytes::Allocate(kFileSize));
    if (!ReadAll(fd, content.Writable(SecretAccess()))) {
      return Unusable(path, StrCat("cannot be read: ",
                                   errno == 0 ? "it was cut meanwhile" : std::strerror(errno)));
    }
    const std::string_view text = AsText(content.Reveal(SecretAccess()));
    if (!text.starts_with(kPrefix) || text.back() != '\n') {
      return Unusable(path, "is no root key: it is not one line that begins with lhroot1_");
    }
    const std::string_view framed = text.substr(0, kPrefix.size() + kKeyTextSize);
    if (text.substr(framed.size(), kTokenChecksumSize) != TokenChecksum(framed)) {
      return Unusable(path, "was changed: its checksum does not match; restore it from its backup");
    }
    WipedText key;
    if (!Base64UrlDecode(framed.substr(kPrefix.size()), &key.text)) {
      return Unusable(path, "is no root key: what follows lhroot1_ is not base64url");
    }
    return SecretBytes::CopyFrom(AsBytes(key.text), SecretAccess());
  }
};

absl::StatusOr<SecretBytes> LoadRootKeyFile(const std::string& path) {
  // O_NONBLOCK: opening a pipe must not wait for a writer; regular files ignore it.
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.fd() < 0) {
    return Unusable(path, errno == ENOENT
                              ? std::string("does not exist; it is made once, by `leasehold server "
                                            "init`, and cannot be made again for the same store")
                              : StrCat("cannot be opened: ", std::strerror(errno)));
  }
  RETURN_IF_ERROR(CheckFile(path, file.fd()));
  return RootKeyText::Read(path, file.fd());
}

absl::Status CreateRootKeyFile(const std::string& path) {
  ASSIGN_OR_RETURN(const SecretBytes key, SecretBytes::Random(kKeySize));
  WipedText text;
  RootKeyText::Format(key, &text);
  const File file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.fd() < 0 && errno == EEXIST) {
    return Error(Reason::kAlreadyExists,
                 StrCat("root key file ", path, " exists already and is kept as it is"));
  }
  // fchmod because the umask may have taken the owner's own rights away.
  if (file.fd() >= 0 && fchmod(file.fd(), 0600) == 0 && WriteAll(file.fd(), text.text) &&
      fsync(file.fd()) == 0 && SyncDirectoryOf(path)) {
    return absl::OkStatus();
  }
  const int error = errno;
  if (file.fd() >= 0) unlink(path.c_str());
  return Error(Reason::kIo,
               StrCat("root key file ", path, " cannot be written: ", std::strerror(error)));
}

}  // namespace leasehold
