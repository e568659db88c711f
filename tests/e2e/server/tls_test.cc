// TLS on the gRPC port, as clients and attackers meet it.

#include <google/protobuf/empty.pb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "leasehold/v1/identity.pb.h"
#include "tests/integration/broker/raw_socket.h"
#include "tests/support/installation.h"
#include "tests/support/pause.h"
#include "tests/support/test_certificates.h"

namespace leasehold {
namespace {

constexpr char kRules[] = R"(
identity:
  trust_domain: prod.example
  certificates:
  - {spiffe: "/agents/{name}", agent: "{name}"}
  - {spiffe: /broker, adapter: true}
  - {subject: "CN=mia,O=Example", role: auditor}
)";

// A server with TLS, and whatever certificates a test wants.
class TlsInstallation {
 public:
  TlsInstallation() : servers("servers"), clients("clients") {
    PutServer(servers.Issue({.names = "IP:127.0.0.1", .purposes = "serverAuth"}));
    Write("clients.pem", clients.certificate());
    Write("clients.crl", clients.RevocationList({}));
    Write("leaseholdd.yaml", "tls: {certificate: " + Path("server.pem") + ", key: " +
                                 Path("server.key") + ", client_ca: " + Path("clients.pem") +
                                 ", crl: [" + Path("clients.crl") + "]}" + kRules);
    world.Start();
    world.SetUp({"bot", "other"});
  }
  std::string Path(const std::string& name) const { return world.DataFile(name); }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name) + ".new") << text;
    REQUIRE(chmod((Path(name) + ".new").c_str(), 0600) == 0);
    REQUIRE(std::rename((Path(name) + ".new").c_str(), Path(name).c_str()) == 0);
  }
  void PutServer(const TestCertificate& pair) const {
    Write("server.pem", pair.certificate);
    Write("server.key", pair.key);
  }
  std::string address() const { return world.server().Endpoint("grpc"); }
  ApiClient Client(const TestCertificate& pair, const std::string& token = "") const {
    return ApiClient(
        address(), token,
        {.ca = servers.certificate(), .certificate = pair.certificate, .key = pair.key});
  }
  TestCertificate OfAgent(const std::string& name) const {
    return clients.Issue({.names = "URI:spiffe://prod.example/agents/" + name});
  }

  mutable Installation world;
  TestAuthority servers;
  TestAuthority clients;
};

Answer<v1::Caller> Who(const ApiClient& client) {
  return client.Call<v1::Caller>("IdentityService/GetCaller", v1::GetCallerRequest());
}

void AwaitThat(const std::function<bool()>& condition) {
  for (int i = 0; i < 3000 && !condition(); ++i) Pause(10);
  REQUIRE(condition());
}

// One handshake of a client that is as old or careless as the test wants.
struct Handshake {
  bool done = false;
  std::string version;
  std::string cipher;
  std::string error;
  std::string peer;  // the subject of its certificate
};
struct Offer {
  int min = TLS1_2_VERSION;
  int max = TLS1_3_VERSION;
  const char* ciphers = nullptr;  // of TLS 1.2 and before
};
Handshake TryHandshake(const std::string& address, const Offer& offer) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  &SSL_CTX_free);
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), offer.min);
  SSL_CTX_set_max_proto_version(context.get(), offer.max);
  if (offer.ciphers != nullptr) {
    REQUIRE(SSL_CTX_set_cipher_list(context.get(), offer.ciphers) == 1);
  }
  const RawSocket socket = RawSocket::ConnectTo(address);
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), &SSL_free);
  SSL_set_fd(ssl.get(), socket.fd());
  const unsigned char alpn[] = {2, 'h', '2'};
  SSL_set_alpn_protos(ssl.get(), alpn, sizeof(alpn));
  Handshake handshake;
  ERR_clear_error();
  handshake.done = SSL_connect(ssl.get()) == 1;
  if (!handshake.done) {
    const char* const why = ERR_reason_error_string(ERR_peek_last_error());
    handshake.error = why == nullptr ? "closed" : why;
    ERR_clear_error();
    return handshake;
  }
  handshake.version = SSL_get_version(ssl.get());
  handshake.cipher = SSL_get_cipher_name(ssl.get());
  char subject[256] = {};
  X509_NAME_oneline(X509_get_subject_name(SSL_get0_peer_certificate(ssl.get())), subject,
                    sizeof(subject));
  handshake.peer = subject;
  return handshake;
}

// What a client sees whom the server refuses: gRPC hangs up without an alert. Where our own library
// would not even offer something, the error is another.
constexpr char kClosedByServer[] = "unexpected eof while reading";

TEST_CASE("TLS 1.3, and 1.2 with authenticated ciphers, and nothing else") {
  const TlsInstallation tls;
  CHECK(TryHandshake(tls.address(), {}).version == "TLSv1.3");
  for (const char* cipher : {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"}) {
    const Handshake modern =
        TryHandshake(tls.address(), {.max = TLS1_2_VERSION, .ciphers = cipher});
    INFO(modern.error);
    CHECK(modern.version == "TLSv1.2");
    CHECK(modern.cipher == cipher);
  }
  for (const int old : {TLS1_VERSION, TLS1_1_VERSION}) {
    const Handshake refused =
        TryHandshake(tls.address(), {.min = old, .max = old, .ciphers = "ALL"});
    CHECK(!refused.done);
    CHECK(refused.error == kClosedByServer);
  }
  for (const char* cipher : {"ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256",
                             "ECDHE-ECDSA-AES256-SHA384", "AES128-GCM-SHA256", "AES128-SHA"}) {
    CAPTURE(cipher);
    const Handshake refused =
        TryHandshake(tls.address(), {.max = TLS1_2_VERSION, .ciphers = cipher});
    CHECK(!refused.done);
    CHECK(refused.error == kClosedByServer);
  }
  // A client without TLS gets nowhere.
  CHECK(!Who(ApiClient(tls.address(), tls.world.TokenOf("bot"))).ok());
}

TEST_CASE("a certificate says who is calling, and a token still does without one") {
  const TlsInstallation tls;
  const auto agent = Who(tls.Client(tls.OfAgent("bot")));
  RequireOk("GetCaller", agent);
  CHECK(agent.value.principal() == "agents/bot");
  CHECK(agent.value.role() == v1::ROLE_AGENT);
  CHECK(agent.value.method() == "client_certificate");
  CHECK(agent.value.has_expire_time());

  const auto adapter =
      Who(tls.Client(tls.clients.Issue({.names = "URI:spiffe://prod.example/broker"})));
  RequireOk("GetCaller", adapter);
  CHECK(adapter.value.role() == v1::ROLE_ADAPTER);
  CHECK(adapter.value.principal() == "adapter:spiffe://prod.example/broker");

  const TestCertificate mia = tls.clients.Issue({.common_name = "mia", .organisation = "Example"});
  const auto person = Who(tls.Client(mia));
  RequireOk("GetCaller", person);
  CHECK(person.value.role() == v1::ROLE_AUDITOR);
  CHECK(person.value.principal() == "operator:CN=mia,O=Example");

  const auto token = Who(tls.Client({}, tls.world.TokenOf("bot")));
  RequireOk("GetCaller", token);
  CHECK(token.value.method() == "agent_token");
  // Both, of one agent; and of two.
  CHECK(Who(tls.Client(tls.OfAgent("bot"), tls.world.TokenOf("bot"))).ok());
  CHECK(Who(tls.Client(tls.OfAgent("other"), tls.world.TokenOf("bot"))).reason ==
        "CERTIFICATE_REJECTED");
  // An adapter's certificate takes no agent's token.
  CHECK(Who(tls.Client(tls.clients.Issue({.names = "URI:spiffe://prod.example/broker"}),
                       tls.world.TokenOf("bot")))
            .reason == "ROLE_FORBIDDEN");
}

TEST_CASE("a certificate that does not count is refused in words, whatever comes with it") {
  const TlsInstallation tls;
  const TestCertificate listed = tls.OfAgent("bot");
  const std::string bot = "URI:spiffe://prod.example/agents/bot";
  const TestAuthority stranger("stranger");
  struct Row {
    const char* why;
    TestCertificate certificate;
    const char* reason;
    const char* says;
  };
  const Row rows[] = {
      {"expired",
       tls.clients.Issue({.names = bot, .starts = -absl::Hours(2), .ends = -absl::Hours(1)}),
       "CREDENTIAL_EXPIRED", "is over"},
      {"not yet valid", tls.clients.Issue({.names = bot, .starts = absl::Hours(1)}),
       "CERTIFICATE_REJECTED", "not valid yet"},
      {"self-signed", TestAuthority::SelfSigned({.names = bot}), "CERTIFICATE_REJECTED",
       "signs for itself"},
      {"another authority", stranger.Issue({.names = bot}), "CERTIFICATE_REJECTED",
       "no authority of the server's trust bundle"},
      {"wrong purpose", tls.clients.Issue({.names = bot, .purposes = "serverAuth"}),
       "CERTIFICATE_REJECTED", "client authentication"},
      {"no purpose", tls.clients.Issue({.names = bot, .purposes = ""}), "CERTIFICATE_REJECTED",
       "lacks the purpose clientAuth"},
      {"another trust domain", tls.clients.Issue({.names = "URI:spiffe://dev.example/agents/bot"}),
       "CERTIFICATE_REJECTED", "trust domain dev.example"},
      {"two SPIFFE IDs",
       tls.clients.Issue({.names = bot + ",URI:spiffe://prod.example/agents/other"}),
       "CERTIFICATE_REJECTED", "several URI names"},
      {"no SPIFFE ID", tls.clients.Issue({.names = "URI:https://prod.example/agents/bot"}),
       "CERTIFICATE_REJECTED", "no SPIFFE ID"},
      {"an agent that does not exist",
       tls.clients.Issue({.names = "URI:spiffe://prod.example/agents/ghost"}), "UNAUTHENTICATED",
       "does not exist"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const auto alone = Who(tls.Client(row.certificate));
    CHECK(alone.reason == row.reason);
    CHECK_THAT(alone.message, Catch::Contains(row.says));
    // Strict: a good token does not make up for it.
    if (std::string(row.reason) != "UNAUTHENTICATED") {
      CHECK(Who(tls.Client(row.certificate, tls.world.TokenOf("bot"))).reason == row.reason);
    }
  }
  const std::string log = tls.world.WholeLog();
  CHECK_THAT(log, Catch::Contains("CREDENTIAL_EXPIRED") && Catch::Contains("is over"));
  const Ran metrics =
      RunProgram({"curl", "-sS", "http://" + tls.world.server().Endpoint("metrics") + "/metrics"});
  for (const char* line : {"leasehold_auth_failures_total{method=\"client_certificate\",reason="
                           "\"CREDENTIAL_EXPIRED\"} 2",
                           "leasehold_auth_failures_total{method=\"client_certificate\","
                           "reason=\"CERTIFICATE_REJECTED\"}",
                           "leasehold_certificate_expiry_timestamp_seconds{use=\"server\"}",
                           "leasehold_certificate_expiry_timestamp_seconds{use=\"client_ca\"}",
                           "leasehold_certificate_expiry_timestamp_seconds{use=\"crl\"}"}) {
    CHECK_THAT(metrics.out, Catch::Contains(line));
  }
}

TEST_CASE("a new server certificate is seen by the next handshake, and old connections go on") {
  const TlsInstallation tls;
  const ApiClient open = tls.Client({}, tls.world.TokenOf("bot"));
  REQUIRE(Who(open).ok());
  // Of another authority, so that a client that trusts only the new one shows which it got.
  const TestAuthority next("next");
  tls.PutServer(
      next.Issue({.names = "IP:127.0.0.1", .common_name = "the next", .purposes = "serverAuth"}));
  AwaitThat([&] { return TryHandshake(tls.address(), {}).peer == "/CN=the next"; });
  const auto reaches_next = [&] {
    return Who(ApiClient(tls.address(), tls.world.TokenOf("bot"), {.ca = next.certificate()})).ok();
  };
  CHECK(reaches_next());
  CHECK(Who(open).ok());
  // A broken file changes nothing.
  tls.Write("server.pem", "nonsense");
  AwaitThat([&] {
    return tls.world.WholeLog().find("changed TLS files cannot be loaded") != std::string::npos;
  });
  CHECK(reaches_next());
}

TEST_CASE(
    "a new revocation list counts for connections that are open, and one that is over for all") {
  const TlsInstallation tls;
  const TestCertificate bad = tls.OfAgent("bot");
  const TestCertificate good = tls.OfAgent("other");
  const ApiClient open = tls.Client(bad);
  const ApiClient stays = tls.Client(good);
  REQUIRE(Who(open).ok());
  REQUIRE(Who(stays).ok());
  tls.Write("clients.crl", tls.clients.RevocationList({bad.certificate}));
  AwaitThat([&] { return Who(open).reason == "CREDENTIAL_REVOKED"; });
  CHECK(Who(stays).ok());
  tls.Write("clients.crl", tls.clients.RevocationList({}, -absl::Hours(1)));
  AwaitThat([&] { return Who(stays).reason == "CERTIFICATE_REJECTED"; });
  CHECK(Who(tls.Client({}, tls.world.TokenOf("bot"))).ok());
  CHECK_THAT(tls.world.WholeLog(), Catch::Contains("a file of TLS is over"));
}

TEST_CASE("a client brings its intermediate certificates along") {
  const TlsInstallation tls;
  const TestAuthority middle = tls.clients.Below("middle");
  TestCertificate bot = middle.Issue({.names = "URI:spiffe://prod.example/agents/bot"});
  tls.Write("clients.crl", tls.clients.RevocationList({}) + middle.RevocationList({}));
  CHECK(Who(tls.Client(bot)).reason == "CERTIFICATE_REJECTED");
  bot.certificate += middle.certificate();
  AwaitThat([&] { return Who(tls.Client(bot)).ok(); });
}

TEST_CASE("a lease names its certificate, which can be revoked like a token") {
  const TlsInstallation tls;
  const TestCertificate bot = tls.OfAgent("bot");
  const ApiClient client = tls.Client(bot);
  const auto acquire = [&](const ApiClient& agent) {
    return agent.Call<v1::AcquireLeaseResponse>("LeaseService/AcquireLease",
                                                AcquireRequestFor("billing/key", "work"));
  };
  const auto lease = acquire(client);
  RequireOk("AcquireLease", lease);
  const std::string credential = lease.value.lease().credential();
  REQUIRE(credential.starts_with("credentials/"));
  CHECK(Who(client).value.credential() == credential);
  v1::RevokeTokenRequest revoke;
  revoke.set_name("agents/bot/tokens/" + credential.substr(std::string("credentials/").size()));
  RequireOk("RevokeToken", tls.world.Operator().Call<google::protobuf::Empty>(
                               "IdentityService/RevokeToken", revoke));
  CHECK(acquire(client).reason == "CREDENTIAL_REVOKED");
  // Its leases are over for the agent's token too.
  CHECK(Who(tls.Client(bot, tls.world.TokenOf("bot"))).reason == "CREDENTIAL_REVOKED");
  const auto refused =
      tls.Client({}, tls.world.TokenOf("bot"))
          .Call<v1::AuthorizeUseResponse>("UseService/AuthorizeUse",
                                          UseRequestFor(lease.value.token(), "billing"));
  RequireOk("AuthorizeUse", refused);
  CHECK(refused.value.reason() == "CREDENTIAL_REVOKED");
  tls.world.CheckLedgerVerifies();
}

TEST_CASE("the command line speaks TLS with a certificate of its own") {
  const TlsInstallation tls;
  const TestCertificate mia = tls.clients.Issue({.common_name = "mia", .organisation = "Example"});
  tls.Write("ca.pem", tls.servers.certificate());
  tls.Write("mia.pem", mia.certificate);
  tls.Write("mia.key", mia.key);
  const Ran who = tls.world.Cli({"whoami", "--server", tls.address(), "--tls-ca",
                                 tls.Path("ca.pem"), "--tls-cert", tls.Path("mia.pem"), "--tls-key",
                                 tls.Path("mia.key"), "-o", "json"});
  INFO(who.err);
  CHECK(who.status == 0);
  CHECK_THAT(who.out, Catch::Contains("operator:CN=mia,O=Example"));
  const Ran half = tls.world.Cli({"whoami", "--server", tls.address(), "--tls-ca",
                                  tls.Path("ca.pem"), "--tls-cert", tls.Path("mia.pem")});
  CHECK(half.status == 2);
}

}  // namespace
}  // namespace leasehold
