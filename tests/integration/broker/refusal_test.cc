#include <catch2/catch.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "server/base/status.h"
#include "tests/integration/broker/broker_fixture.h"

namespace leasehold {
namespace {

TEST_CASE("a denial names its entry and reaches no target") {
  BrokerFixture fixture;
  fixture.point_of_use.Deny(Reason::kPolicyDenied, "bot may not GET /a on shop");
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("POST", "/a", "Content-Length: 5\r\n") + "hello");
  const RawResponse response = ReadResponse(&client);
  CHECK(response.status == 403);
  CHECK(response.Field("Content-Type") == "application/problem+json");
  CHECK(response.Field("X-Leasehold-Entry") == "100");
  CHECK(response.body.find("\"detail\":\"bot may not GET /a on shop\"") != std::string::npos);
  CHECK(response.body.find("\"reason\":\"POLICY_DENIED\"") != std::string::npos);
  CHECK(response.body.find("\"entry\":100") != std::string::npos);
  // The connection goes on, in step.
  fixture.point_of_use.Allow();
  client.Write(fixture.Head("GET", "/b"));
  CHECK(ReadResponse(&client).body.find("GET /b ") == 0);
  CHECK(fixture.upstream.heads().size() == 1);
}

TEST_CASE("a use that is limited is told when to come again") {
  BrokerFixture fixture;
  fixture.point_of_use.Deny(Reason::kRateLimited, "60 uses in 1m", absl::Milliseconds(11'001));
  const RawResponse response = fixture.Get("/a");
  CHECK(response.status == 429);
  CHECK(response.Field("Retry-After") == "12");
  CHECK(fixture.upstream.connections() == 0);
}

TEST_CASE("a denied HEAD has no body") {
  BrokerFixture fixture;
  fixture.point_of_use.Deny(Reason::kRateLimited, "slow down");
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("HEAD", "/a", "Connection: close\r\n"));
  CHECK(ReadResponse(&client, true).status == 429);
  CHECK(client.AtEnd());
}

TEST_CASE("a denied upload is not read to its end") {
  BrokerFixture fixture;
  fixture.point_of_use.Deny(Reason::kPolicyDenied, "no");
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("POST", "/a", "Content-Length: 100000000\r\n") +
               std::string(200000, 'x'));
  const RawResponse response = ReadResponse(&client);
  CHECK(response.status == 403);
  CHECK(response.Field("Connection") == "close");
}

TEST_CASE("what could not be decided is never let through") {
  BrokerFixture fixture;
  int status = 0;
  Reason reason = Reason::kNone;
  std::tie(reason, status) = GENERATE(table<Reason, int>({
      {Reason::kTokenForeign, 401},
      {Reason::kRestoredEpoch, 401},
      {Reason::kLedgerFull, 503},
      {Reason::kOverloaded, 503},
      {Reason::kShuttingDown, 503},
  }));
  fixture.point_of_use.Fail(Error(reason, "nothing was decided"));
  const RawResponse response = fixture.Get("/a");
  CHECK(response.status == status);
  CHECK(response.Field("X-Leasehold-Entry").empty());
  CHECK(response.Field("WWW-Authenticate").empty() == (status != 401));
  CHECK(fixture.upstream.connections() == 0);
}

TEST_CASE("other credentials than one handle do not reach the point of use") {
  BrokerFixture fixture;
  const auto ask = [&fixture](const std::string& lines) {
    RawSocket client = fixture.Connect();
    client.Write("GET /t/shop/a HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n");
    return ReadResponse(&client);
  };
  const std::string bearer = "Authorization: Bearer ";
  CHECK(ask("").status == 401);
  CHECK(ask("").Field("WWW-Authenticate") == "Bearer realm=\"leasehold\"");
  CHECK(ask(bearer + "sk-vendor\r\n").status == 401);
  const RawResponse lease = ask(bearer + NewToken(TokenKind::kLeaseToken) + "\r\n");
  CHECK(lease.status == 401);
  CHECK(lease.body.find("a lease token, not a handle") != std::string::npos);
  CHECK(ask(bearer + NewToken(TokenKind::kAgentToken) + "\r\n").status == 401);
  CHECK(ask(bearer + fixture.handle + "\r\nX-Api-Key: " + fixture.handle + "\r\n").status == 400);
  CHECK(ask(bearer + fixture.handle + "\r\nX-A: " + NewToken(TokenKind::kBrokerHandle) + "\r\n")
            .status == 400);
  CHECK(fixture.point_of_use.requests().empty());
}

TEST_CASE("handles count only from listed networks") {
  BrokerOptions options;
  options.client_networks = {*ParseCidr("10.0.0.0/8")};
  BrokerFixture fixture(&TestUpstream::Echo, options);
  const RawResponse response = fixture.Get("/a");
  CHECK(response.status == 403);
  CHECK(response.body.find("NETWORK_FORBIDDEN") != std::string::npos);
  CHECK(fixture.point_of_use.requests().empty());
}

TEST_CASE("a request that could be read in two ways ends the connection and reaches nobody") {
  BrokerFixture fixture;
  const std::string ok = "GET /t/shop/a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ";
  const std::string smuggled = "GET /t/shop/admin HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::vector<std::string> attacks = {
      "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
      "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + smuggled,
      "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + smuggled,
      "X: y\r\n Transfer-Encoding: chunked\r\n\r\n" + smuggled,
      "X: y\n\r\n" + smuggled,
      "X: y\rZ: a\r\n\r\n" + smuggled,
      "Content-Length: 3\r\nContent-Length: 30\r\n\r\nabc" + smuggled,
      "Host: b\r\n\r\n" + smuggled,
      std::string("X: a\0b", 6) + "\r\n\r\n" + smuggled,
      "Upgrade: websocket\r\nConnection: upgrade\r\n\r\n" + smuggled,
  };
  for (const std::string& attack : attacks) {
    INFO(attack);
    RawSocket client = fixture.Connect();
    client.Write(ok + fixture.handle + "\r\n" + attack);
    const RawResponse response = ReadResponse(&client);
    CHECK(response.status == 400);
    CHECK(response.Field("Connection") == "close");
    client.FinishWriting();
    CHECK(client.AtEnd());
  }
  CHECK(fixture.point_of_use.requests().empty());
  CHECK(fixture.upstream.connections() == 0);
}

TEST_CASE("a chunk that could be read in two ways is not forwarded") {
  BrokerFixture fixture;
  const std::string body = GENERATE("3;x\r\nabc\r\n0\r\n\r\n", "3\nabc\r\n0\r\n\r\n",
                                    "0\r\nX: y\r\n\r\n", "zz\r\n", "3\r\nabcd\r\n0\r\n\r\n");
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("POST", "/a", "Transfer-Encoding: chunked\r\n") + body);
  const RawResponse response = ReadResponse(&client);
  CHECK(response.status == 400);
  CHECK(fixture.upstream.heads().empty());
}

TEST_CASE("a chunk that breaks later ends the use with an error") {
  BrokerFixture fixture([](TestUpstream* upstream, RawSocket* socket) {
    upstream->ReadHead(socket);
    socket->ReadToEnd();
  });
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("POST", "/a", "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n");
  fixture.point_of_use.AwaitRequests(1);
  client.Write("zz\r\n");
  const RawResponse response = ReadResponse(&client);
  CHECK(response.status == 400);
  CHECK(fixture.upstream.heads().size() <= 1);
}

TEST_CASE("paths to no target are not found") {
  BrokerFixture fixture;
  RawSocket client = fixture.Connect();
  client.Write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(ReadResponse(&client).status == 404);
}

}  // namespace
}  // namespace leasehold
