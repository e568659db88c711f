#include <catch2/catch.hpp>
#include <string>

#include "tests/integration/broker/broker_fixture.h"

namespace leasehold {
namespace {

TEST_CASE("an allowed request reaches the target with the credential and without the handle") {
  BrokerFixture fixture;
  const RawResponse response = fixture.Get("/orders/7?page=2", "Accept: */*\r\n");
  CHECK(response.status == 200);
  CHECK(response.Field("X-Leasehold-Entry") == "100");
  CHECK(response.body == "GET /orders/7?page=2 HTTP/1.1\r\nHost: " + fixture.upstream.address() +
                             "\r\nAuthorization: Bearer " + fixture.secret +
                             "\r\nAccept: */*\r\n\r\n");
  CHECK(response.body.find(fixture.handle) == std::string::npos);
}

TEST_CASE("the point of use is asked about what is forwarded") {
  BrokerFixture fixture;
  fixture.Get("/orders/7%20a?page=2",
              "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n");
  const auto requests = fixture.point_of_use.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].adapter == Adapter::kBroker);
  CHECK(requests[0].token == fixture.handle);
  CHECK(requests[0].target == "shop");
  CHECK(requests[0].method == "GET");
  CHECK(requests[0].path == "/orders/7%20a");
  CHECK(requests[0].wants_credential);
  CHECK(HexEncode(AsBytes(requests[0].trace_id)) == "0af7651916cd43dd8448eb211c80319c");
  CHECK(requests[0].presenter.role == Role::kAdapter);
  CHECK(requests[0].presenter.address == "127.0.0.1");
}

TEST_CASE("connections are used again on both sides") {
  BrokerFixture fixture;
  RawSocket client = fixture.Connect();
  for (int i = 0; i < 20; ++i) {
    client.Write(fixture.Head("POST", "/a", "Content-Length: 5\r\n") + "hello");
    const RawResponse response = ReadResponse(&client);
    REQUIRE(response.status == 200);
    REQUIRE(response.Field("X-Leasehold-Entry") == std::to_string(100 + i));
    REQUIRE(response.body.substr(response.body.size() - 5) == "hello");
  }
  CHECK(fixture.upstream.connections() == 1);
  fixture.broker->Stop();
  CHECK(fixture.metrics.finished == 20);
  CHECK(fixture.metrics.added == 20);
  CHECK(fixture.metrics.negative == 0);
}

TEST_CASE("requests that are sent together are answered in their order") {
  BrokerFixture fixture;
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("POST", "/1", "Content-Length: 3\r\n") + "one" +
               fixture.Head("POST", "/2", "Transfer-Encoding: chunked\r\n") +
               "3\r\ntwo\r\n0\r\n\r\n" + fixture.Head("GET", "/3"));
  CHECK(ReadResponse(&client).body.find("POST /1 ") == 0);
  CHECK(ReadResponse(&client).body.find("POST /2 ") == 0);
  CHECK(ReadResponse(&client).body.find("GET /3 ") == 0);
}

TEST_CASE("a client that says close gets its answer and the end") {
  BrokerFixture fixture;
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("GET", "/a", "Connection: close\r\n"));
  const RawResponse response = ReadResponse(&client);
  CHECK(response.status == 200);
  CHECK(response.Field("Connection") == "close");
  CHECK(client.AtEnd());
}

TEST_CASE("answers without a body leave the connection in step") {
  BrokerFixture fixture([](TestUpstream* upstream, RawSocket* socket) {
    for (std::string head; !(head = upstream->ReadHead(socket)).empty();) {
      if (head.find("GET /204") == 0) {
        socket->Write("HTTP/1.1 204 No Content\r\n\r\n");
      } else if (head.find("GET /304") == 0) {
        socket->Write("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n");
      } else {
        socket->Write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
        if (head.find("HEAD ") != 0) socket->Write("something");
      }
    }
  });
  RawSocket client = fixture.Connect();
  client.Write(fixture.Head("HEAD", "/a"));
  const RawResponse head = ReadResponse(&client, true);
  CHECK(head.status == 200);
  CHECK(head.Field("Content-Length") == "9");
  client.Write(fixture.Head("GET", "/204"));
  CHECK(ReadResponse(&client, true).status == 204);
  client.Write(fixture.Head("GET", "/304"));
  CHECK(ReadResponse(&client, true).status == 304);
  client.Write(fixture.Head("GET", "/a"));
  CHECK(ReadResponse(&client).body == "something");
  CHECK(fixture.upstream.connections() == 1);
}

TEST_CASE("interim answers are not passed on") {
  BrokerFixture fixture(TestUpstream::Answering(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  const RawResponse response = fixture.Get("/a");
  CHECK(response.status == 200);
  CHECK(response.body == "ok");
}

TEST_CASE("a redirect is passed on and not followed") {
  BrokerFixture fixture(TestUpstream::Answering(
      "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"));
  const RawResponse response = fixture.Get("/a");
  CHECK(response.status == 302);
  CHECK(response.Field("Location") == "http://169.254.169.254/");
  CHECK(fixture.upstream.connections() == 1);
}

TEST_CASE("basic authentication is injected") {
  BrokerFixture fixture;
  v1::Target target = BasicShop("http://" + fixture.upstream.address() + "/base");
  target.add_allow_cidrs("127.0.0.1/32");
  fixture.SetTarget(target);
  fixture.point_of_use.SetFields({{"user", "bot"}, {"password", fixture.secret}});
  const RawResponse response = fixture.Get("/a");
  CHECK(response.body.find("GET /base/a HTTP/1.1\r\n") == 0);
  CHECK(response.body.find("\r\nAuthorization: Basic " +
                           Base64Encode(AsBytes("bot:" + fixture.secret)) + "\r\n") !=
        std::string::npos);
}

TEST_CASE("a secret that cannot be injected is an error and is sent nowhere") {
  BrokerFixture fixture;
  fixture.point_of_use.SetFields({{"value", fixture.secret + "\r\nX-Admin: 1"}});
  const RawResponse response = fixture.Get("/a");
  CHECK(response.status == 502);
  CHECK(response.body.find("FAILED_PRECONDITION") != std::string::npos);
  CHECK(response.body.find(fixture.secret) == std::string::npos);
  CHECK(response.Field("X-Leasehold-Entry") == "100");
  CHECK(fixture.upstream.connections() == 0);
}

}  // namespace
}  // namespace leasehold
