#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "server/base/status.h"
#include "tests/integration/broker/broker_fixture.h"

namespace leasehold {
namespace {

TEST_CASE("an event stream arrives while it is written") {
  absl::Notification first_seen;
  BrokerFixture fixture([&](TestUpstream* upstream, RawSocket* socket) {
    upstream->ReadHead(socket);
    socket->Write(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        "Transfer-Encoding: chunked\r\n\r\n8\r\ndata: 1\n\r\n");
    first_seen.WaitForNotification();
    socket->Write("8\r\ndata: 2\n\r\n0\r\n\r\n");
    socket->ReadToEnd();
  });
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("GET", "/events"));
  const std::string begun = client.ReadUntil("data: 1\n\r\n");
  first_seen.Notify();
  CHECK(begun.find("text/event-stream") != std::string::npos);
  CHECK(client.ReadUntil("0\r\n\r\n") == "8\r\ndata: 2\n\r\n0\r\n\r\n");
}

TEST_CASE("an upload arrives while it is sent, and the answer may begin before its end") {
  BrokerFixture fixture([](TestUpstream* upstream, RawSocket* socket) {
    upstream->ReadHead(socket);
    socket->Write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
    socket->Write(socket->ReadBytes(3));
    socket->Write(socket->ReadBytes(3));
    socket->ReadToEnd();
  });
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("POST", "/a", "Content-Length: 6\r\n") + "abc");
  CHECK(client.ReadUntil("\r\n\r\nabc").find("HTTP/1.1 200 OK") == 0);
  client.Write("def");
  CHECK(client.ReadBytes(3) == "def");
}

TEST_CASE("large bodies arrive whole in both directions") {
  const bool chunked = GENERATE(false, true);
  BrokerFixture fixture;
  std::string body;
  std::string framed;
  while (body.size() < 8 * 1024 * 1024) {
    const std::string piece = NewText() + std::string(70'000, 'x');
    char size[32];
    std::snprintf(size, sizeof(size), "%zx\r\n", piece.size());
    framed += size + piece + "\r\n";
    body += piece;
  }
  framed += "0\r\n\r\n";
  const std::string& sent = chunked ? framed : body;
  const std::string lines = chunked ? "Transfer-Encoding: chunked\r\n"
                                    : "Content-Length: " + std::to_string(body.size()) + "\r\n";
  RawSocket client = fixture.Connect();
  std::thread writer([&] { client.Write(fixture.Head("POST", "/a", lines) + sent); });
  const RawResponse response = ReadResponse(&client);
  writer.join();
  CHECK(response.status == 200);
  REQUIRE(response.body.size() > sent.size());
  CHECK(response.body.substr(response.body.size() - sent.size()) == sent);
}

TEST_CASE("an answer that lasts until the target closes has an end that can be told") {
  BrokerFixture fixture([](TestUpstream* upstream, RawSocket* socket) {
    upstream->ReadHead(socket);
    socket->Write("HTTP/1.0 200 OK\r\n\r\nhello");
  });
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("GET", "/a"));
  const RawResponse response = ReadResponse(&client);
  CHECK(response.status == 200);
  CHECK(response.body.find("5\r\nhello\r\n") != std::string::npos);
  CHECK(response.body.substr(response.body.size() - 5) == "0\r\n\r\n");
  client.Write(fixture.Head("GET", "/a"));
  CHECK(ReadResponse(&client).status == 200);
  CHECK(fixture.upstream.connections() == 2);
}

TEST_CASE("a client that asks first is told to go on only when the use is allowed") {
  BrokerFixture fixture;
  RawSocket client = fixture.Connect();
  const std::string head =
      fixture.Head("POST", "/a", "Content-Length: 5\r\nExpect: 100-continue\r\n");
  client.Write(head);
  CHECK(client.ReadUntil("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.Write("hello");
  const RawResponse response = ReadResponse(&client);
  CHECK(response.status == 200);
  CHECK(response.body.find("Expect") == std::string::npos);

  fixture.point_of_use.Deny(Reason::kPolicyDenied, "no");
  client.Write(head);
  CHECK(ReadResponse(&client).status == 403);
  CHECK(client.AtEnd());
}

TEST_CASE("an answer that comes before the end of a large upload is passed on") {
  BrokerFixture fixture([](TestUpstream* upstream, RawSocket* socket) {
    upstream->ReadHead(socket);
    socket->Write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nmuch");
    socket->FinishWriting();
    socket->ReadToEnd();
  });
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("POST", "/a", "Content-Length: 100000000\r\n") + "begin");
  const RawResponse response = ReadResponse(&client);
  CHECK(response.status == 413);
  CHECK(response.body == "much");
  CHECK(client.AtEnd());
}

TEST_CASE("an answer that breaks off never looks complete") {
  const std::string response =
      GENERATE("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
  BrokerFixture fixture([&](TestUpstream* upstream, RawSocket* socket) {
    upstream->ReadHead(socket);
    socket->Write(response);
  });
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("GET", "/a"));
  const std::string all = client.ReadToEnd();
  CHECK(all.find("\r\n0\r\n\r\n") == std::string::npos);
  CHECK(all.find("HTTP/1.1 200 OK\r\n") == 0);
  CHECK(all.find("half") != std::string::npos);
}

TEST_CASE("a revoked lease cuts an open stream on both sides") {
  bool target_cut = false;
  BrokerFixture fixture([&](TestUpstream* upstream, RawSocket* socket) {
    upstream->ReadHead(socket);
    socket->Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    target_cut = socket->AtEnd();
  });
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("GET", "/events"));
  client.ReadUntil("1\r\na\r\n");
  // Whether the revocation comes before or after the stream is watched must not matter.
  if (GENERATE(false, true)) fixture.point_of_use.AwaitWatches(1);
  fixture.point_of_use.Revoke(Error(Reason::kLeaseRevoked, "revoked"));
  CHECK(client.AtEnd());
  fixture.upstream.AwaitHandled(1);
  CHECK(target_cut);
}

TEST_CASE("a lease that is revoked before the answer begins is told so") {
  BrokerFixture fixture([](TestUpstream* upstream, RawSocket* socket) {
    upstream->ReadHead(socket);
    socket->ReadToEnd();
  });
  const bool upload = GENERATE(false, true);
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("POST", "/a", upload ? "Content-Length: 5\r\n" : ""));
  fixture.point_of_use.AwaitWatches(1);
  fixture.point_of_use.Revoke(Error(Reason::kLeaseRevoked, "the lease was revoked"));
  const RawResponse response = ReadResponse(&client);
  CHECK(response.status == 403);
  CHECK(response.body.find("LEASE_REVOKED") != std::string::npos);
  CHECK(response.body.find("\"scope\":\"lease\"") != std::string::npos);
  CHECK(response.Field("X-Leasehold-Entry") == "100");
}

TEST_CASE("a lease that is revoked before the first byte is written reaches no target") {
  std::string received = "not read";
  BrokerFixture fixture([&](TestUpstream*, RawSocket* socket) { received = socket->ReadToEnd(); });
  fixture.point_of_use.SetStillUsable(Error(Reason::kLeaseRevoked, "the lease was revoked"));
  const RawResponse response = fixture.Get("/a");
  CHECK(response.status == 403);
  CHECK(response.body.find("LEASE_REVOKED") != std::string::npos);
  CHECK(response.Field("X-Leasehold-Entry") == "100");
  CHECK(fixture.point_of_use.hand_overs() == 0);
  fixture.upstream.AwaitHandled(1);
  CHECK(received.empty());
}

TEST_CASE("a client that goes away ends the request to the target") {
  BrokerFixture fixture([](TestUpstream* upstream, RawSocket* socket) {
    upstream->ReadHead(socket);
    socket->ReadToEnd();
  });
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("GET", "/a"));
  fixture.point_of_use.AwaitRequests(1);
  client.Close();
  fixture.upstream.AwaitHandled(1);
}

}  // namespace
}  // namespace leasehold
