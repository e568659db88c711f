#include "tests/support/test_certificates.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <utility>

#include "absl/time/clock.h"
#include "server/base/check.h"
#include "server/base/str_cat.h"
#include "server/net/tls/openssl_objects.h"

namespace leasehold {
namespace {

// Serial numbers that differ within a run; 0 is not allowed.
long NextSerial() {
  static std::atomic<long> next = 0x1000;
  return next.fetch_add(1);
}

template <typename Write>
std::string ToPem(const Write& write) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  LEASEHOLD_CHECK(write(bio.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<size_t>(size)};
}

std::string PemOf(X509* certificate) {
  return ToPem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}
std::string PemOf(EVP_PKEY* key) {
  return ToPem([&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

EvpPkeyPtr NewKey(bool weak) {
  EvpPkeyPtr key(weak ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{1024})
                      : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  LEASEHOLD_CHECK(key != nullptr);
  return key;
}

void AddName(X509* certificate, const char* field, const std::string& value) {
  if (value.empty()) return;
  LEASEHOLD_CHECK(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), field,
                                             MBSTRING_UTF8,
                                             reinterpret_cast<const unsigned char*>(value.data()),
                                             static_cast<int>(value.size()), -1, 0) == 1);
}

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  if (value.empty()) return;
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  LEASEHOLD_CHECK(extension != nullptr, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// Unsigned; `issuer` null = itself.
X509Ptr NewCertificate(const TestAuthority::Wish& wish, EVP_PKEY* key, X509* issuer) {
  X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), NextSerial());
  const absl::Time now = absl::Now();
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), absl::ToTimeT(now + wish.starts));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), absl::ToTimeT(now + wish.ends));
  X509_set_pubkey(certificate.get(), key);
  AddName(certificate.get(), "O", wish.organisation);
  AddName(certificate.get(), "CN", wish.common_name);
  X509* const from = issuer == nullptr ? certificate.get() : issuer;
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(from));
  AddExtension(certificate.get(), from, NID_basic_constraints,
               wish.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  AddExtension(certificate.get(), from, NID_key_usage,
               wish.authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
  AddExtension(certificate.get(), from, NID_ext_key_usage, wish.authority ? "" : wish.purposes);
  AddExtension(certificate.get(), from, NID_subject_key_identifier, "hash");
  AddExtension(certificate.get(), from, NID_subject_alt_name, wish.names);
  return certificate;
}

}  // namespace

struct TestAuthority::Impl {
  EvpPkeyPtr key;
  X509Ptr certificate;
  std::string pem;
};

TestAuthority::TestAuthority(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TestAuthority::~TestAuthority() = default;
TestAuthority::TestAuthority(TestAuthority&&) noexcept = default;

TestAuthority::TestAuthority(const std::string& name) : impl_(std::make_unique<Impl>()) {
  impl_->key = NewKey(/*weak=*/false);
  impl_->certificate = NewCertificate(
      {.common_name = name, .ends = absl::Hours(48), .authority = true}, impl_->key.get(), nullptr);
  LEASEHOLD_CHECK(X509_sign(impl_->certificate.get(), impl_->key.get(), EVP_sha256()) > 0);
  impl_->pem = PemOf(impl_->certificate.get());
}

TestAuthority TestAuthority::Below(const std::string& name) const {
  auto below = std::make_unique<Impl>();
  below->key = NewKey(/*weak=*/false);
  below->certificate =
      NewCertificate({.common_name = name, .ends = absl::Hours(48), .authority = true},
                     below->key.get(), impl_->certificate.get());
  LEASEHOLD_CHECK(X509_sign(below->certificate.get(), impl_->key.get(), EVP_sha256()) > 0);
  below->pem = PemOf(below->certificate.get());
  return TestAuthority(std::move(below));
}

TestCertificate TestAuthority::Issue(const Wish& wish) const {
  const EvpPkeyPtr key = NewKey(wish.weak);
  const X509Ptr certificate = NewCertificate(wish, key.get(), impl_->certificate.get());
  LEASEHOLD_CHECK(X509_sign(certificate.get(), impl_->key.get(), EVP_sha256()) > 0);
  return {PemOf(certificate.get()), PemOf(key.get())};
}

TestCertificate TestAuthority::SelfSigned(const Wish& wish) {
  const EvpPkeyPtr key = NewKey(wish.weak);
  const X509Ptr certificate = NewCertificate(wish, key.get(), nullptr);
  LEASEHOLD_CHECK(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
  return {PemOf(certificate.get()), PemOf(key.get())};
}

std::string TestAuthority::RevocationList(const std::vector<std::string>& revoked,
                                          absl::Duration ends) const {
  const X509CrlPtr list(X509_CRL_new());
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(impl_->certificate.get()));
  ASN1_TIME* const time = ASN1_TIME_new();
  ASN1_TIME_set(time, absl::ToTimeT(absl::Now() - absl::Hours(2)));
  X509_CRL_set1_lastUpdate(list.get(), time);
  for (const std::string& pem : revoked) {
    const std::vector<X509Ptr> certificates = CertificatesOf(pem);
    LEASEHOLD_CHECK(certificates.size() == 1);
    X509_REVOKED* const entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificates[0].get()));
    X509_REVOKED_set_revocationDate(entry, time);
    LEASEHOLD_CHECK(X509_CRL_add0_revoked(list.get(), entry) == 1);
  }
  ASN1_TIME_set(time, absl::ToTimeT(absl::Now() + ends));
  X509_CRL_set1_nextUpdate(list.get(), time);
  ASN1_TIME_free(time);
  LEASEHOLD_CHECK(X509_CRL_sign(list.get(), impl_->key.get(), EVP_sha256()) > 0);
  return ToPem([&](BIO* bio) { return PEM_write_bio_X509_CRL(bio, list.get()); });
}

const std::string& TestAuthority::certificate() const { return impl_->pem; }

}  // namespace leasehold
