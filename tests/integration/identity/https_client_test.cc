#include "server/net/https/https_client.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/support/https_server.h"

namespace leasehold {
namespace {

absl::StatusOr<HttpsResponse> Get(const HttpsServer& server, HttpsOptions options,
                                  const std::string& path = "/a?b=c") {
  options.ca_pem = server.pem();
  auto url = HttpsUrl::Parse(server.Url(path));
  REQUIRE(url.ok());
  return HttpsCall({.url = *url, .form = {}}, options);
}

}  // namespace

TEST_CASE("a document is fetched over https, and a form is posted") {
  std::string head;
  const HttpsServer server([&](const std::string& got) {
    head = got;
    return HttpsServer::Ok("{}");
  });
  const auto got = Get(server, {});
  REQUIRE(got.ok());
  CHECK(got->status == 200);
  CHECK(got->body == "{}");
  CHECK_THAT(head, Catch::StartsWith("GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:"));
  auto url = HttpsUrl::Parse(server.Url("/token"));
  REQUIRE(url.ok());
  const auto posted = HttpsCall({.url = *url, .form = "a=b"}, {.ca_pem = server.pem()});
  REQUIRE(posted.ok());
  CHECK_THAT(head, Catch::StartsWith("POST /token HTTP/1.1\r\n") &&
                       Catch::Contains("Content-Length: 3\r\n"));
}

TEST_CASE("redirects are not followed, and any status is an answer") {
  const HttpsServer server([](const std::string&) {
    return "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n";
  });
  const auto got = Get(server, {});
  REQUIRE(got.ok());
  CHECK(got->status == 302);
  CHECK(server.requests() == 1);
}

TEST_CASE("who is not trusted, or is another than the URL says, is not asked") {
  const HttpsServer server([](const std::string&) { return HttpsServer::Ok("{}"); });
  const HttpsServer other([](const std::string&) { return HttpsServer::Ok("{}"); },
                          "DNS:localhost,IP:127.0.0.2");
  auto url = HttpsUrl::Parse(server.Url("/"));
  REQUIRE(url.ok());
  CHECK(ReasonOf(HttpsCall({.url = *url, .form = {}}, {}).status()) == Reason::kIo);
  CHECK(ReasonOf(HttpsCall({.url = *url, .form = {}}, {.ca_pem = other.pem()}).status()) ==
        Reason::kIo);
  CHECK(ReasonOf(Get(other, {}).status()) == Reason::kIo);
  CHECK(server.requests() + other.requests() == 0);
}

TEST_CASE("answers that are too large, cut short, too slow or none are errors") {
  struct Row {
    const char* why;
    std::string answer;
  };
  const Row row = GENERATE(values<Row>({
      {"a large body", HttpsServer::Ok(std::string(2000, ' '))},
      {"a body that never ends", StrCat("HTTP/1.1 200 OK\r\n\r\n", std::string(100'000, ' '))},
      {"large chunks", StrCat("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n",
                              std::string(4096, ' '), "\r\n0\r\n\r\n")},
      {"a large head", StrCat("HTTP/1.1 200 OK\r\nX: ", std::string(20'000, 'x'), "\r\n\r\n")},
      {"less than it said", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}"},
      {"no HTTP", "SSH-2.0-OpenSSH_9.2\r\n"},
      {"nothing", ""},
  }));
  INFO(row.why);
  const HttpsServer server([&](const std::string&) { return row.answer; });
  const auto got = Get(server, {.body_bytes_max = 1000,
                                .timeout = absl::Milliseconds(row.answer.empty() ? 100 : 10'000)});
  CHECK(ReasonOf(got.status()) == Reason::kIo);
}

TEST_CASE("a call that is cancelled ends") {
  const HttpsServer server([](const std::string&) { return ""; });
  const auto got = Get(server, {.timeout = absl::InfiniteDuration(),
                                .cancelled = [&] { return server.requests() == 1; }});
  CHECK(ReasonOf(got.status()) == Reason::kIo);
}

TEST_CASE("a URL that is not https, or ambiguous, is refused") {
  struct Row {
    const char* text;
    const char* host;  // null = refused
    const char* port = "443";
    const char* target = "/";
  };
  for (const Row& row : std::initializer_list<Row>{
           {"https://issuer.test", "issuer.test"},
           {"https://issuer.test:8443/a/b?c=d", "issuer.test", "8443", "/a/b?c=d"},
           {"https://issuer.test?c=d", "issuer.test", "443", "/?c=d"},
           {"https://[::1]:8443/", "::1", "8443"},
           {"https://[::1]/", "::1"},
           {"http://issuer.test/", nullptr},
           {"HTTPS://issuer.test/", nullptr},
           {"https://", nullptr},
           {"https:///a", nullptr},
           {"https://user@issuer.test/", nullptr},
           {"https://user:pass@issuer.test/", nullptr},
           {"https://issuer.test:x/", nullptr},
           {"https://issuer.test:/", nullptr},
           {"https://issuer.test:123456/", nullptr},
           {"https://issuer.test/#a", nullptr},
           {"https://issuer.test/ a", nullptr},
           {"https://issuer.test/\r\nX: y", nullptr},
           {"https://issuer.test\\@evil.test/", nullptr},
       }) {
    CAPTURE(row.text);
    const auto url = HttpsUrl::Parse(row.text);
    REQUIRE(url.ok() == (row.host != nullptr));
    if (!url.ok()) continue;
    CHECK(url->host == row.host);
    CHECK(url->port == row.port);
    CHECK(url->target == row.target);
  }
}

}  // namespace leasehold
