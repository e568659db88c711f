#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <string_view>

#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/policy/target_parts.h"

namespace leasehold {
namespace {

// Debian's whole bundle has about 220 KiB; a target trusts a few of its own.
constexpr size_t kPemBytesMax = 64 * 1024;

absl::Status Refuse(std::string_view offence) {
  ERR_clear_error();
  return Error(Reason::kInvalidArgument, StrCat("ca_pem ", offence));
}

// One block between BEGIN and END, owned.
struct PemBlock {
  ~PemBlock() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<size_t>(size));
  }
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
};

bool IsCertificate(const PemBlock& block) {
  const unsigned char* at = block.data;
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(d2i_X509(nullptr, &at, block.size),
                                                                &X509_free);
  return certificate != nullptr && at == block.data + block.size;
}

}  // namespace

absl::Status CheckCaPem(std::string_view pem) {
  if (pem.size() > kPemBytesMax) return Refuse("has more than 65536 bytes");
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  LEASEHOLD_CHECK(bio != nullptr, "out of memory");
  int certificates = 0;
  while (true) {
    PemBlock block;
    if (PEM_read_bio(bio.get(), &block.name, &block.header, &block.data, &block.size) != 1) {
      const bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
      ERR_clear_error();
      if (!end) return Refuse("has a block that is not PEM");
      break;
    }
    if (std::string_view(block.name) != PEM_STRING_X509) {
      return Refuse("has a block that is not a certificate; private keys do not belong here");
    }
    if (!IsCertificate(block)) return Refuse("has a certificate that cannot be read");
    ++certificates;
  }
  if (certificates == 0) return Refuse("has no certificate");
  return absl::OkStatus();
}

}  // namespace leasehold
