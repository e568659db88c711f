#ifndef LEASEHOLD_SERVER_NET_TLS_OPENSSL_OBJECTS_H_
#define LEASEHOLD_SERVER_NET_TLS_OPENSSL_OBJECTS_H_

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace leasehold {

template <typename T, void (*kFree)(T*)>
struct OpensslDeleter {
  void operator()(T* object) const { kFree(object); }
};

using X509Ptr = std::unique_ptr<X509, OpensslDeleter<X509, X509_free>>;
using X509CrlPtr = std::unique_ptr<X509_CRL, OpensslDeleter<X509_CRL, X509_CRL_free>>;
using EvpPkeyPtr = std::unique_ptr<EVP_PKEY, OpensslDeleter<EVP_PKEY, EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, OpensslDeleter<BIO, BIO_free_all>>;

// A BIO that reads `text`, which must outlive it. Never null.
BioPtr ReadingBio(std::string_view text);

// All certificates of a PEM text; other blocks are passed over. Empty where one cannot be read.
std::vector<X509Ptr> CertificatesOf(std::string_view pem);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_TLS_OPENSSL_OBJECTS_H_
