#include "server/vault/root_key.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/base/token_text.h"
#include "server/vault/sealed_root_key.h"

namespace leasehold {
namespace {

constexpr std::string_view kPlainPrefix = "lhroot1_";
constexpr std::string_view kSealedPrefix = "lhroot2_";
constexpr size_t kKeySize = 32;

constexpr size_t FileSize(size_t key_bytes) {
  return kPlainPrefix.size() + (key_bytes * 4 + 2) / 3 + kTokenChecksumSize + 1;
}
constexpr size_t kPlainSize = FileSize(kKeySize);
constexpr size_t kSealedSize = FileSize(SealedRootKey::kSize);

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
  WipedText() { text.reserve(kSealedSize); }
  ~WipedText() { OPENSSL_cleanse(text.data(), text.capacity()); }
  WipedText(const WipedText&) = delete;
  WipedText& operator=(const WipedText&) = delete;
  std::string text;
};

absl::Status Unusable(const std::string& path, std::string_view offence) {
  return Error(Reason::kRootKeyUnusable, StrCat("root key file ", path, " ", offence));
}

// The file's size.
absl::StatusOr<size_t> CheckFile(const std::string& path, int fd, RootKeyReaders readers) {
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
  const bool shared = readers == RootKeyReaders::kGroupOfRoots && info.st_uid == 0;
  if ((mode & ~(shared ? 0640U : 0600U)) != 0) {
    return Unusable(path,
                    "has a mode that lets others in; run: chmod 0600, and make a new key if "
                    "others could have read it");
  }
  const auto size = static_cast<size_t>(info.st_size);
  if (size != kPlainSize && size != kSealedSize) {
    return Unusable(
        path, StrCat("has ", info.st_size, " bytes instead of ", kPlainSize, " or ", kSealedSize,
                     ": it is no root key or was cut; restore it from its backup"));
  }
  return size;
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
  static void Format(std::string_view prefix, ByteView body, WipedText* out) {
    WipedText digits;
    digits.text = Base64UrlEncode(body);
    out->text.append(prefix).append(digits.text);
    out->text += TokenChecksum(out->text);
    out->text += '\n';
  }

  static absl::Status FormatNew(const SecretBytes* passphrase, WipedText* out) {
    ASSIGN_OR_RETURN(const SecretBytes key, SecretBytes::Random(kKeySize));
    if (passphrase == nullptr) {
      Format(kPlainPrefix, key.Reveal(SecretAccess()), out);
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const SealedRootKey sealed, SealedRootKey::Seal(key, *passphrase));
    Format(kSealedPrefix, AsBytes(sealed.bytes()), out);
    return absl::OkStatus();
  }

  // What a file holds: the key, or the key under a passphrase.
  struct Content {
    SecretBytes key;
    std::optional<SealedRootKey> sealed;
  };

  static absl::StatusOr<Content> Read(const std::string& path, RootKeyReaders readers) {
    // O_NONBLOCK: opening a pipe must not wait for a writer; regular files ignore it.
    const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (file.fd() < 0) {
      return Unusable(path, errno == ENOENT
                                ? std::string("does not exist; it is made once, by `leasehold "
                                              "server init`, and cannot be made again for the "
                                              "same store")
                                : StrCat("cannot be opened: ", std::strerror(errno)));
    }
    ASSIGN_OR_RETURN(const size_t size, CheckFile(path, file.fd(), readers));
    ASSIGN_OR_RETURN(SecretBytes content, SecretBytes::Allocate(size));
    if (!ReadAll(file.fd(), content.Writable(SecretAccess()))) {
      return Unusable(path, StrCat("cannot be read: ",
                                   errno == 0 ? "it was cut meanwhile" : std::strerror(errno)));
    }
    return Parse(path, AsText(content.Reveal(SecretAccess())));
  }

 private:
  static absl::StatusOr<Content> Parse(const std::string& path, std::string_view text) {
    const bool sealed = text.size() == kSealedSize;
    if (!text.starts_with(sealed ? kSealedPrefix : kPlainPrefix) || text.back() != '\n') {
      return Unusable(path, StrCat("is no root key: it is not one line that begins with ",
                                   sealed ? kSealedPrefix : kPlainPrefix));
    }
    const std::string_view framed = text.substr(0, text.size() - kTokenChecksumSize - 1);
    if (text.substr(framed.size(), kTokenChecksumSize) != TokenChecksum(framed)) {
      return Unusable(path, "was changed: its checksum does not match; restore it from its backup");
    }
    WipedText body;
    if (!Base64UrlDecode(framed.substr(kPlainPrefix.size()), &body.text)) {
      return Unusable(path, StrCat("is no root key: what follows ",
                                   framed.substr(0, kPlainPrefix.size()), " is not base64url"));
    }
    Content content;
    if (!sealed) {
      ASSIGN_OR_RETURN(content.key, SecretBytes::CopyFrom(AsBytes(body.text), SecretAccess()));
      return content;
    }
    absl::StatusOr<SealedRootKey> key = SealedRootKey::Parse(body.text);
    if (!key.ok()) return Unusable(path, ToStd(key.status().message()));
    content.sealed = *std::move(key);
    return content;
  }
};

absl::StatusOr<SecretBytes> LoadRootKeyFile(const std::string& path, RootKeyReaders readers) {
  ASSIGN_OR_RETURN(RootKeyText::Content content, RootKeyText::Read(path, readers));
  if (!content.sealed.has_value()) return std::move(content.key);
  return Error(Reason::kSealed, StrCat("root key file ", path, " is under a passphrase"));
}

absl::StatusOr<SecretBytes> UnsealRootKeyFile(const std::string& path,
                                              const SecretBytes& passphrase,
                                              RootKeyReaders readers) {
  ASSIGN_OR_RETURN(const RootKeyText::Content content, RootKeyText::Read(path, readers));
  if (content.sealed.has_value()) return content.sealed->Open(passphrase);
  return Error(Reason::kFailedPrecondition,
               StrCat("root key file ", path, " is under no passphrase"));
}

absl::Status CreateRootKeyFile(const std::string& path, const SecretBytes* passphrase) {
  WipedText text;
  RETURN_IF_ERROR(RootKeyText::FormatNew(passphrase, &text));
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
