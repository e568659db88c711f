#include "server/broker/http/forwarded_heads.h"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "tests/unit/server/broker/targets_for_tests.h"
#include "tests/unit/server/vault/secrets_for_tests.h"

namespace leasehold {
namespace {

std::string ToTarget(const v1::Target& target, const std::string& bytes) {
  RequestHead head;
  const absl::Status parsed = ParseRequestHead(bytes, &head);
  INFO(parsed);
  REQUIRE(parsed.ok());
  WipedBuffer out;
  REQUIRE(WriteTargetRequest(head, *CompileTarget(target), MakeFields({{"value", "s3cret"}}), &out)
              .ok());
  return std::string(out.view());
}

std::string ToClient(const std::string& bytes, const ClientResponse& options,
                     bool to_head = false) {
  ResponseHead head;
  REQUIRE(ParseResponseHead(bytes, to_head, &head).ok());
  std::string out = "left over";
  WriteClientResponse(head, options, &out);
  return out;
}

v1::Target Shop() {
  return HeaderShop("https://shop.example.com/api/v3", "Authorization", "Bearer {value}");
}

TEST_CASE("a request reaches the target as judged and with the credential") {
  CHECK(ToTarget(Shop(),
                 "POST /t/shop/orders/7?dry=1 HTTP/1.1\r\nHost: 127.0.0.1:8642\r\n"
                 "Authorization: Bearer handle\r\nAccept: */*\r\nX-B: 1\r\nX-B: 2\r\n"
                 "Content-Length: 007\r\n\r\n") ==
        "POST /api/v3/orders/7?dry=1 HTTP/1.1\r\nHost: shop.example.com\r\n"
        "Authorization: Bearer s3cret\r\nAccept: */*\r\nX-B: 1\r\nX-B: 2\r\n"
        "Content-Length: 7\r\n\r\n");
}

TEST_CASE("what belongs to the agent's connection or to the broker is not forwarded") {
  CHECK(ToTarget(Shop(),
                 "POST /t/shop/ HTTP/1.1\r\nHost: a\r\nX-Api-Key: handle\r\n"
                 "Connection: keep-alive, X-Hop, Content-Length, Host\r\nKeep-Alive: 5\r\n"
                 "X-Hop: 1\r\nx_hop: 2\r\nProxy-Connection: close\r\nProxy-Authorization: x\r\n"
                 "TE: trailers\r\nTrailer: X-T\r\nUpgrade: h2c\r\nExpect: 100-continue\r\n"
                 "X-Leasehold-Entry: 9\r\nTransfer-Encoding: chunked\r\n\r\n") ==
        "POST /api/v3/ HTTP/1.1\r\nHost: shop.example.com\r\nAuthorization: Bearer s3cret\r\n"
        "Transfer-Encoding: chunked\r\n\r\n");
}

TEST_CASE("what the agent sends under the injected name is not forwarded") {
  const v1::Target target = HeaderShop("http://shop.example.com:8080", "X-Shop-Key", "{value}");
  CHECK(ToTarget(target,
                 "GET /t/shop/ HTTP/1.1\r\nHost: a\r\nx-shop-key: mine\r\nX_SHOP_KEY: mine\r\n"
                 "Connection: X-Shop-Key\r\nAuthorization: Bearer handle\r\n\r\n") ==
        "GET / HTTP/1.1\r\nHost: shop.example.com:8080\r\nX-Shop-Key: s3cret\r\n\r\n");
}

TEST_CASE("the target's host is written as RFC 9110 wants it") {
  CHECK(HostOf({.tls = false, .host = "a", .port = 80, .prefix = ""}) == "a");
  CHECK(HostOf({.tls = true, .host = "a", .port = 443, .prefix = ""}) == "a");
  CHECK(HostOf({.tls = true, .host = "a", .port = 80, .prefix = ""}) == "a:80");
  CHECK(HostOf({.tls = false, .host = "::1", .port = 8080, .prefix = ""}) == "[::1]:8080");
}

TEST_CASE("an answer reaches the agent with its entry") {
  CHECK(ToClient("HTTP/1.1 302 Found\r\nLocation: https://other/\r\nSet-Cookie: a\r\n"
                 "Set-Cookie: b\r\nContent-Length: 0\r\nX-Leasehold-Entry: 1\r\n"
                 "Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n\r\n",
                 {.entry = LogIndex(42)}) ==
        "HTTP/1.1 302 Found\r\nLocation: https://other/\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n"
        "Content-Length: 0\r\nX-Leasehold-Entry: 42\r\n\r\n");
}

TEST_CASE("an answer's end is announced as the broker will send it") {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK(ToClient(chunked, {}) == chunked);
  CHECK(ToClient("HTTP/1.0 200 OK\r\nA: b\r\n\r\n", {.close = true}) ==
        "HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
  CHECK(ToClient("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", {}, true) ==
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  CHECK(ToClient("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", {}) ==
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n");
  CHECK(ToClient("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", {}) ==
        "HTTP/1.1 204 No Content\r\n\r\n");
}

}  // namespace
}  // namespace leasehold
