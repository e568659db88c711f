#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "server/base/status.h"
#include "server/policy/target_parts.h"

namespace leasehold {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

std::string Contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(size));
}

Key MakeKey() {
  Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free);
  REQUIRE(key != nullptr);
  return key;
}

std::string MakeCertificate(EVP_PKEY* key) {
  const Certificate certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  REQUIRE(X509_sign(certificate.get(), key, nullptr) > 0);
  const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
  REQUIRE(PEM_write_bio_X509(bio.get(), certificate.get()) == 1);
  return Contents(bio.get());
}

std::string PrivatePem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
  REQUIRE(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return Contents(bio.get());
}

TEST_CASE("certificates are taken, with text around them", "[policy][target]") {
  const std::string pem = MakeCertificate(MakeKey().get());
  CHECK(CheckCaPem(pem).ok());
  CHECK(CheckCaPem("our own authority\n" + pem + "\n" + pem).ok());
}

TEST_CASE("what is not certificates alone is refused", "[policy][target]") {
  const Key key = MakeKey();
  const std::string pem = MakeCertificate(key.get());
  std::string damaged = pem;
  // The first bytes of the body say what it is.
  damaged.replace(damaged.find('\n') + 1, 4, "AAAA");
  struct Row {
    const char* why;
    std::string text;
    const char* offence;
  };
  const std::string begin = "-----BEGIN CERTIFICATE-----\n";
  const Row row = GENERATE_REF(values<Row>({
      {"no PEM at all", "hello", "has no certificate"},
      {"a private key behind the certificate", pem + PrivatePem(key.get()), "private keys"},
      {"a private key alone", PrivatePem(key.get()), "private keys"},
      {"a certificate that is none", damaged, "cannot be read"},
      {"cut off", pem.substr(0, pem.size() - 40), "not PEM"},
      {"not base64", begin + "????\n-----END CERTIFICATE-----\n", "not PEM"},
      {"too long", std::string(64 * 1024, '\n') + pem, "more than 65536"},
  }));
  INFO(row.why);
  const absl::Status status = CheckCaPem(row.text);
  REQUIRE(ReasonOf(status) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(status.message()),
             Catch::StartsWith("ca_pem ") && Catch::Contains(row.offence));
}

}  // namespace
}  // namespace leasehold
