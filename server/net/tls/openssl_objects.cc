#include "server/net/tls/openssl_objects.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "server/base/check.h"

namespace leasehold {

BioPtr ReadingBio(std::string_view text) {
  // OpenSSL takes no null pointer, also for no bytes.
  BioPtr bio(BIO_new_mem_buf(text.empty() ? "" : text.data(), static_cast<int>(text.size())));
  LEASEHOLD_CHECK(bio != nullptr, "out of memory");
  return bio;
}

std::vector<X509Ptr> CertificatesOf(std::string_view pem) {
  std::vector<X509Ptr> certificates;
  const BioPtr bio = ReadingBio(pem);
  while (true) {
    X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (certificate == nullptr) break;
    certificates.push_back(std::move(certificate));
  }
  // The end of the text is told as an error too.
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) certificates.clear();
  ERR_clear_error();
  return certificates;
}

}  // namespace leasehold
