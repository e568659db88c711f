#include <catch2/catch.hpp>
#include <string>

#include "tests/integration/broker/broker_fixture.h"
#include "tests/support/self_signed_context.h"

namespace leasehold {
namespace {

v1::Target TlsShop(const std::string& host, const TestUpstream& upstream, const std::string& pem) {
  v1::Target target = LoopbackShop("https://" + host + upstream.address().substr(9));
  target.set_ca_pem(pem);
  return target;
}

TEST_CASE("a target with a certificate for its host is reached, and its connection kept") {
  const std::string host = GENERATE("127.0.0.1", "localhost");
  const SelfSignedContext certificate("IP:127.0.0.1,DNS:localhost");
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
  const SelfSignedContext right("IP:127.0.0.1,DNS:localhost");
  const SelfSignedContext other("DNS:other.example.com");
  const SelfSignedContext stranger("IP:127.0.0.1,DNS:localhost");
  const std::string why = GENERATE("another name", "another issuer", "the system's issuers");
  INFO(why);
  const SelfSignedContext& shown = why == "another name"     ? other
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
  const SelfSignedContext any("IP:127.0.0.1");
  fixture.SetTarget(TlsShop("127.0.0.1", fixture.upstream, any.pem()));
  CHECK(fixture.Get("/a").status == 504);
}

}  // namespace
}  // namespace leasehold
