#include "server/net/tls/tls_files.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/net/tls/certificate_facts.h"
#include "server/net/tls/openssl_objects.h"

namespace leasehold {
namespace {

absl::Status Bad(const std::string& path, std::string_view what) {
  ERR_clear_error();
  return Error(Reason::kConfigInvalid, StrCat(path, " ", what));
}

absl::Status CannotRead(const std::string& path) {
  const int error = errno;
  return Error(Reason::kIo, StrCat("cannot read ", path, ": ", std::strerror(error)));
}

enum class Privacy { kPublic, kPrivate };

absl::Status CheckFile(const struct stat& file, const std::string& path, Privacy privacy) {
  if (!S_ISREG(file.st_mode)) return Bad(path, "is not a regular file");
  if (file.st_uid != geteuid() && file.st_uid != 0) {
    return Bad(path, "belongs to another user; give it to root or the server's user");
  }
  if ((file.st_mode & 022) != 0) return Bad(path, "can be written by others; run chmod go-w on it");
  // A group may read it: that is how packages hand keys to services.
  if (privacy == Privacy::kPrivate && (file.st_mode & 007) != 0) {
    return Bad(path, "is a private key that everybody can read; run chmod o-rwx on it");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadPem(const std::string& path, Privacy privacy) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return CannotRead(path);
  struct stat file {};
  if (fstat(fd, &file) != 0) {
    const absl::Status status = CannotRead(path);
    close(fd);
    return status;
  }
  absl::Status checked = CheckFile(file, path, privacy);
  if (checked.ok() && static_cast<size_t>(file.st_size) > kTlsFileBytesMax) {
    checked = Bad(path, StrCat("is larger than ", kTlsFileBytesMax, " bytes"));
  }
  std::string text;
  if (checked.ok()) {
    text.resize(static_cast<size_t>(file.st_size));
    size_t size = 0;
    while (size < text.size()) {
      const ssize_t n = read(fd, text.data() + size, text.size() - size);
      if (n < 0) checked = CannotRead(path);
      if (n <= 0) break;
      size += static_cast<size_t>(n);
    }
    text.resize(size);
  }
  close(fd);
  RETURN_IF_ERROR(checked);
  return text;
}

absl::Status CheckPair(const TlsFiles& files, TlsMaterial& material, absl::Time now) {
  const std::vector<X509Ptr> chain = CertificatesOf(material.certificate_chain);
  if (chain.empty()) return Bad(files.certificate, "holds no certificate in PEM form");
  const BioPtr bio = ReadingBio(material.key);
  // Without a callback OpenSSL would ask for a passphrase at the terminal.
  const EvpPkeyPtr key(PEM_read_bio_PrivateKey(
      bio.get(), nullptr, [](char*, int, int, void*) { return -1; }, nullptr));
  if (key == nullptr) {
    return Bad(files.key, "holds no private key in PEM form that needs no passphrase");
  }
  if (X509_check_private_key(chain[0].get(), key.get()) != 1) {
    return Bad(files.key, StrCat("is not the key of the certificate in ", files.certificate));
  }
  const auto facts = FactsOf(chain[0].get());
  if (!facts.ok()) return Bad(files.certificate, "holds a certificate that cannot be read");
  material.expire_time = facts->not_after;
  if (facts->not_after <= now) {
    return Bad(files.certificate,
               StrCat("holds a certificate that ended at ",
                      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", facts->not_after, absl::UTCTimeZone()),
                      "; have it renewed"));
  }
  return absl::OkStatus();
}

}  // namespace

TlsMaterial::~TlsMaterial() { OPENSSL_cleanse(key.data(), key.size()); }

absl::StatusOr<std::shared_ptr<const TlsMaterial>> LoadTlsFiles(const TlsFiles& files,
                                                                absl::Time now) {
  auto material = std::make_shared<TlsMaterial>();
  ASSIGN_OR_RETURN(material->certificate_chain, ReadPem(files.certificate, Privacy::kPublic));
  ASSIGN_OR_RETURN(material->key, ReadPem(files.key, Privacy::kPrivate));
  RETURN_IF_ERROR(CheckPair(files, *material, now));
  if (!files.client_ca.empty()) {
    ASSIGN_OR_RETURN(material->client_ca, ReadPem(files.client_ca, Privacy::kPublic));
    std::vector<ClientTrust::PemFile> lists;
    for (const std::string& path : files.crls) {
      ASSIGN_OR_RETURN(std::string text, ReadPem(path, Privacy::kPublic));
      lists.push_back({path, std::move(text)});
    }
    ASSIGN_OR_RETURN(material->clients,
                     ClientTrust::Make({files.client_ca, material->client_ca}, lists));
  }
  return std::shared_ptr<const TlsMaterial>(std::move(material));
}

}  // namespace leasehold
