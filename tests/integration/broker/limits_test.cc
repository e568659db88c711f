#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "tests/integration/broker/broker_fixture.h"

namespace leasehold {
namespace {

TEST_CASE("a head has at most 16 KiB") {
  BrokerFixture fixture;
  const std::string empty = fixture.Head("GET", "/a", "X: \r\n");
  const auto ask = [&](size_t size) {
    return fixture.Get("/a", "X: " + std::string(size - empty.size(), 'x') + "\r\n").status;
  };
  CHECK(ask(16 * 1024) == 200);
  CHECK(ask(16 * 1024 + 1) == 431);
  RawSocket client = fixture.Connect();
  client.Write(std::string(20'000, 'x'));
  CHECK(ReadResponse(&client).status == 431);
}

TEST_CASE("a head that does not arrive in time is given up") {
  BrokerOptions options;
  options.head_timeout = absl::Milliseconds(100);
  BrokerFixture fixture(&TestUpstream::Echo, options);
  RawSocket client = fixture.Connect();
  client.Write("GET /t/shop/a HTTP/1.1\r\n");
  CHECK(ReadResponse(&client).status == 408);
}

TEST_CASE("a connection on which nothing is asked is closed without a word") {
  BrokerOptions options;
  options.idle_timeout = absl::Milliseconds(100);
  BrokerFixture fixture(&TestUpstream::Echo, options);
  RawSocket client = fixture.Connect();
  CHECK(client.AtEnd());
}

TEST_CASE("a body that stands still is given up") {
  BrokerOptions options;
  options.stall_timeout = absl::Milliseconds(100);
  BrokerFixture fixture(&TestUpstream::Echo, options);
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("POST", "/a", "Content-Length: 5\r\n") + "hel");
  CHECK(ReadResponse(&client).status == 408);
}

TEST_CASE("a stream that is silent for too long is cut") {
  BrokerOptions options;
  options.stream_timeout = absl::Milliseconds(100);
  BrokerFixture fixture(
      [](TestUpstream* upstream, RawSocket* socket) {
        upstream->ReadHead(socket);
        socket->Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
        socket->ReadToEnd();
      },
      options);
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("GET", "/a"));
  client.ReadUntil("1\r\na\r\n");
  CHECK(client.AtEnd());
}

TEST_CASE("one address cannot take all connections") {
  BrokerOptions options;
  options.connections_per_peer_max = 1;
  BrokerFixture fixture(&TestUpstream::Echo, options);
  {
    RawSocket first = fixture.Connect();
    first.Write(fixture.Head("GET", "/a"));
    REQUIRE(ReadResponse(&first).status == 200);
    RawSocket second = fixture.Connect();
    CHECK(second.ReadToEnd().find("HTTP/1.1 503 ") == 0);
  }
  // The place is free again once the broker has seen the end of the first.
  int status = 0;
  while (status != 200) {
    RawSocket next = fixture.Connect();
    if (next.Write(fixture.Head("GET", "/a"))) status = ReadResponse(&next).status;
  }
  CHECK(status == 200);
}

TEST_CASE("unused connections to a target are closed after a while") {
  BrokerOptions options;
  options.target_idle_timeout = absl::Milliseconds(100);
  BrokerFixture fixture(&TestUpstream::Echo, options);
  CHECK(fixture.Get("/a").status == 200);
  fixture.upstream.AwaitHandled(1);
  CHECK(fixture.Get("/a").status == 200);
  CHECK(fixture.upstream.connections() == 2);
}

TEST_CASE("stopping cuts what is open and waits for what was asked") {
  BrokerFixture fixture([](TestUpstream* upstream, RawSocket* socket) {
    upstream->ReadHead(socket);
    socket->Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    socket->ReadToEnd();
  });
  RawSocket streaming = fixture.Connect();
  streaming.Write(fixture.Head("GET", "/a"));
  streaming.ReadUntil("1\r\na\r\n");
  RawSocket idle = fixture.Connect();
  fixture.point_of_use.Hold(true);
  RawSocket asking = fixture.Connect();
  asking.Write(fixture.Head("GET", "/b"));
  fixture.point_of_use.AwaitRequests(2);
  std::thread stopping([&] { fixture.broker->Stop(); });
  CHECK(streaming.AtEnd());
  CHECK(idle.AtEnd());
  fixture.point_of_use.Hold(false);
  stopping.join();
  CHECK(asking.AtEnd());
  fixture.broker->Stop();
}

TEST_CASE("addresses that cannot be listened on are told apart") {
  FakePointOfUse point_of_use;
  CountingMetrics metrics;
  const auto start = [&](const std::string& listen) {
    BrokerOptions options;
    options.listen = listen;
    return HttpBroker::Start(options, &point_of_use, &metrics);
  };
  auto first = start("127.0.0.1:0");
  REQUIRE(first.ok());
  CHECK(ReasonOf(start((*first)->address()).status()) == Reason::kAddressInUse);
  for (const char* bad : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000",
                          "localhost:1", "::1:80", "[127.0.0.1]:80", "192.0.2.1:0"}) {
    INFO(bad);
    CHECK(ReasonOf(start(bad).status()) == Reason::kConfigInvalid);
  }
}

}  // namespace
}  // namespace leasehold
