#include <catch2/catch.hpp>
#include <string>

#include "tests/integration/broker/broker_fixture.h"

namespace leasehold {
namespace {

TEST_CASE("a kept connection that the target has closed is replaced, and the use sent once") {
  BrokerFixture fixture([](TestUpstream* upstream, RawSocket* socket) {
    upstream->ReadHead(socket);
    socket->Write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("GET", "/1"));
  REQUIRE(ReadResponse(&client).status == 200);
  fixture.upstream.AwaitHandled(1);
  client.Write(fixture.Head("POST", "/2"));
  CHECK(ReadResponse(&client).status == 200);
  CHECK(fixture.upstream.heads().size() == 2);
  CHECK(fixture.upstream.connections() == 2);
}

TEST_CASE("a use is not sent again where the target closes without an answer") {
  BrokerFixture fixture([](TestUpstream* upstream, RawSocket* socket) {
    upstream->ReadHead(socket);
    if (upstream->heads().size() > 1) return;
    socket->Write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    upstream->ReadHead(socket);
  });
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("GET", "/1"));
  REQUIRE(ReadResponse(&client).status == 200);
  client.Write(fixture.Head("GET", "/2"));
  const RawResponse response = ReadResponse(&client);
  CHECK(response.status == 502);
  CHECK(response.body.find("TARGET_UNREACHABLE") != std::string::npos);
  CHECK(response.Field("X-Leasehold-Entry") == "101");
  CHECK(fixture.upstream.heads().size() == 2);
}

TEST_CASE("bytes beyond an answer are nobody's answer") {
  BrokerFixture fixture(
      TestUpstream::Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                              "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nplanted"));
  RawSocket client = fixture.Connect();
  for (int i = 0; i < 3; ++i) {
    client.Write(fixture.Head("GET", "/a"));
    CHECK(ReadResponse(&client).body == "ok");
  }
  CHECK(fixture.upstream.connections() == 3);
}

TEST_CASE("an answer that is not HTTP/1.1 is a bad gateway") {
  const std::string answer =
      GENERATE("SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
               "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
               "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
               "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
  BrokerFixture fixture(TestUpstream::Answering(answer));
  const RawResponse response = fixture.Get("/a");
  CHECK(response.status == 502);
  CHECK(response.Field("Content-Type") == "application/problem+json");
}

TEST_CASE("an answer whose head does not end is a bad gateway") {
  BrokerFixture fixture(
      TestUpstream::Answering("HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x')));
  CHECK(fixture.Get("/a").status == 502);
}

TEST_CASE("a target that does not answer in time is a gateway timeout") {
  BrokerFixture fixture([](TestUpstream* upstream, RawSocket* socket) {
    upstream->ReadHead(socket);
    socket->ReadToEnd();
  });
  v1::Target target = LoopbackShop("http://" + fixture.upstream.address());
  target.mutable_timeout()->set_nanos(100'000'000);
  fixture.SetTarget(target);
  const bool upload = GENERATE(false, true);
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("POST", "/a", upload ? "Content-Length: 5\r\n" : ""));
  if (upload) client.Write("hello");
  const RawResponse response = ReadResponse(&client);
  CHECK(response.status == 504);
  CHECK(response.body.find("TARGET_UNREACHABLE") != std::string::npos);
}

TEST_CASE("a target that nobody serves is a bad gateway") {
  std::string address;
  { address = TestUpstream(&TestUpstream::Echo).address(); }
  BrokerFixture fixture;
  fixture.SetTarget(LoopbackShop("http://" + address));
  CHECK(fixture.Get("/a").status == 502);
}

TEST_CASE("internal addresses are not connected to unless the target allows them") {
  BrokerFixture fixture;
  const std::string port = fixture.upstream.address().substr(10);
  const std::string host = GENERATE("127.0.0.1", "localhost");
  v1::Target target = LoopbackShop("http://" + host + ":" + port);
  target.clear_allow_cidrs();
  target.add_allow_cidrs("10.0.0.0/8");
  fixture.SetTarget(target);
  const RawResponse response = fixture.Get("/a");
  CHECK(response.status == 502);
  CHECK(response.body.find("a loopback address") != std::string::npos);
  CHECK(response.body.find("allow_cidrs") != std::string::npos);
  CHECK(fixture.upstream.connections() == 0);
}

TEST_CASE("a target that was changed does not use connections of its former self") {
  BrokerFixture fixture;
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("GET", "/1"));
  REQUIRE(ReadResponse(&client).status == 200);
  fixture.SetTarget(LoopbackShop("http://" + fixture.upstream.address()));
  client.Write(fixture.Head("GET", "/2"));
  REQUIRE(ReadResponse(&client).status == 200);
  CHECK(fixture.upstream.connections() == 2);
}

}  // namespace
}  // namespace leasehold
