#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "tests/integration/broker/broker_fixture.h"

namespace leasehold {
namespace {

// A server that signs for itself, with a key of its own in each run.
class TestCertificate {
 public:
  // `names` as OpenSSL writes them: "IP:127.0.0.1,DNS:localhost"
  explicit TestCertificate(const std::string& names) : context_(SSL_CTX_new(TLS_server_method())) {
    EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "O", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    X509_EXTENSION* extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    REQUIRE(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    REQUIRE(X509_sign(certificate, key, EVP_sha256()) > 0);
    REQUIRE(SSL_CTX_use_certificate(context_, certificate) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(context_, key) == 1);
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate);
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio, &text);
    pem_.assign(text, static_cast<size_t>(size));
    BIO_free(bio);
    X509_EXTENSION_free(extension);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ~TestCertificate() { SSL_CTX_free(context_); }
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;

  SSL_CTX* context() const { return context_; }
  const std::string& pem() const { return pem_; }

 private:
  SSL_CTX* context_;
  std::string pem_;
};

v1::Target TlsShop(const std::string& host, const TestUpstream& upstream, const std::string& pem) {
  v1::Target target = LoopbackShop("https://" + host + upstream.address().substr(9));
  target.set_ca_pem(pem);
  return target;
}

TEST_CASE("a target with a certificate for its host is reached, and its connection kept") {
  const std::string host = GENERATE("127.0.0.1", "localhost");
  const TestCertificate certificate("IP:127.0.0.1,DNS:localhost");
  TestUpstream upstream(&TestUpstream::Echo, certificate.context());
  BrokerFixture fixture;
  fixture.SetTarget(TlsShop(host, upstream, certificate.pem()));
  RawSocket client = fixture.Connect();
  const std::string body(300'000, 'x');
  for (int i = 0; i < 3; ++i) {
    client.Write(fixture.Head("POST", "/a", "Content-Length: 300000\r\n") + body);
    const RawResponse response = ReadResponse(&client);
    REQUIRE(response.status == 200);
    CHECK(response.body.find("Bearer " + fixture.secret) != std::string::npos);
    CHECK(response.body.substr(response.body.size() - body.size()) == body);
  }
  CHECK(upstream.connections() == 1);
  fixture.broker->Stop();
}

TEST_CASE("a target whose certificate is not for its host or not trusted is sent nothing") {
  const TestCertificate right("IP:127.0.0.1,DNS:localhost");
  const TestCertificate other("DNS:other.example.com");
  const TestCertificate stranger("IP:127.0.0.1,DNS:localhost");
  const std::string why = GENERATE("another name", "another issuer", "the system's issuers");
  INFO(why);
  const TestCertificate& shown = why == "another name"     ? other
                                 : why == "another issuer" ? stranger
                                                           : right;
  const std::string trusted = why == "another name"     ? other.pem()
                              : why == "another issuer" ? right.pem()
                                                        : "";
  TestUpstream upstream(&TestUpstream::Echo, shown.context());
  BrokerFixture fixture;
  fixture.SetTarget(TlsShop("localhost", upstream, trusted));
  const RawResponse response = fixture.Get("/a");
  CHECK(response.status == 502);
  CHECK(response.body.find("TLS: ") != std::string::npos);
  CHECK(upstream.heads().empty());
}

TEST_CASE("a target that speaks no TLS is sent nothing") {
  BrokerFixture fixture([](TestUpstream*, RawSocket* socket) { socket->ReadUntil("\r\n\r\n"); },
                        {.connect_timeout = absl::Milliseconds(200)});
  const TestCertificate any("IP:127.0.0.1");
  fixture.SetTarget(TlsShop("127.0.0.1", fixture.upstream, any.pem()));
  CHECK(fixture.Get("/a").status == 504);
}

}  // namespace
}  // namespace leasehold
