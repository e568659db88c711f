#include "server/broker/http/presented_handle.h"

#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/token_text.h"

namespace leasehold {
namespace {

std::string NewToken(TokenKind kind) {
  std::array<uint8_t, 24> body{};
  RandomBytes(body);
  return FrameToken(kind, body);
}

absl::StatusOr<std::string> Find(std::string_view lines, std::string_view query = "") {
  const std::string bytes =
      "GET /t/x/a" + std::string(query) + " HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n";
  RequestHead head;
  REQUIRE(ParseRequestHead(bytes, &head).ok());
  return FindHandle(head, bytes);
}

std::string Basic(std::string_view pair) {
  return "Authorization: Basic " + Base64Encode(AsBytes(pair)) + "\r\n";
}

TEST_CASE("a handle is found wherever a vendor's key would be") {
  const std::string handle = NewToken(TokenKind::kBrokerHandle);
  CHECK(*Find("Authorization: Bearer " + handle + "\r\n") == handle);
  CHECK(*Find("authorization: BEARER  " + handle + "\r\n") == handle);
  CHECK(*Find("Authorization: token " + handle + "\r\n") == handle);
  CHECK(*Find("X-Api-Key: " + handle + "\r\n") == handle);
  CHECK(*Find("x-api-key:" + handle + "\r\n") == handle);
  CHECK(*Find(Basic("user:" + handle)) == handle);
  CHECK(*Find(Basic(":" + handle)) == handle);
  CHECK(*Find(Basic(handle + ":")) == handle);
  CHECK(*Find(Basic(handle + ":x")) == handle);
}

TEST_CASE("two credentials are refused") {
  const std::string one = NewToken(TokenKind::kBrokerHandle);
  const std::string two = NewToken(TokenKind::kBrokerHandle);
  const std::string bearer = "Authorization: Bearer " + one + "\r\n";
  for (const std::string& lines :
       {bearer + bearer, bearer + "X-Api-Key: " + two + "\r\n", bearer + "x_api_key: other\r\n",
        bearer + "Cookie: a=" + two + "\r\n", bearer + "X-Other: " + one + "\r\n",
        bearer + "Proxy-Authorization: Bearer " + two + "\r\n", Basic(one + ":" + two),
        bearer + "X-Other: " + NewToken(TokenKind::kAgentToken) + "\r\n"}) {
    CHECK(ReasonOf(Find(lines).status()) == Reason::kInvalidArgument);
  }
  CHECK(ReasonOf(Find(bearer, "?key=" + two).status()) == Reason::kInvalidArgument);
  CHECK(ReasonOf(Find("", "?key=" + two).status()) == Reason::kInvalidArgument);
}

TEST_CASE("what only looks like a token stands where it will") {
  const std::string handle = NewToken(TokenKind::kBrokerHandle);
  CHECK(Find("Authorization: Bearer " + handle + "\r\nX-Other: lhb_abc lhl\r\n", "?a=lhb_x").ok());
}

TEST_CASE("other credentials say what is wrong with them") {
  CHECK(ReasonOf(Find("").status()) == Reason::kUnauthenticated);
  CHECK(ReasonOf(Find("Authorization: Bearer sk-other\r\n").status()) == Reason::kUnauthenticated);
  CHECK(ReasonOf(Find("Authorization: Digest x\r\n").status()) == Reason::kUnauthenticated);
  CHECK(ReasonOf(Find("Authorization: lonely\r\n").status()) == Reason::kUnauthenticated);
  CHECK(ReasonOf(Find("Authorization:\r\n").status()) == Reason::kUnauthenticated);
  CHECK(ReasonOf(Find("Authorization: Basic ***\r\n").status()) == Reason::kUnauthenticated);
  CHECK(ReasonOf(Find(Basic("nocolon")).status()) == Reason::kUnauthenticated);
  CHECK(ReasonOf(Find("X-Api-Key:\r\n").status()) == Reason::kUnauthenticated);
  const TokenKind kind = GENERATE(TokenKind::kLeaseToken, TokenKind::kAgentToken);
  const std::string token = NewToken(kind);
  for (const std::string& lines : {"Authorization: Bearer " + token + "\r\n",
                                   Basic("user:" + token), "X-Api-Key: " + token + "\r\n"}) {
    const absl::Status status = Find(lines).status();
    CHECK(ReasonOf(status) == Reason::kTokenMalformed);
    CHECK(std::string(status.message()).find(token) == std::string::npos);
  }
}

TEST_CASE("a head full of beginnings of tokens hides none, and is no token itself") {
  const std::string handle = NewToken(TokenKind::kBrokerHandle);
  const std::string bearer = "Authorization: Bearer " + handle + "\r\n";
  std::string beginnings;
  while (beginnings.size() < 15'000) beginnings += "lha_";
  // The most that a head may have, many times: it takes long only where each beginning is followed
  // to the end of them all.
  for (int i = 0; i < 500; ++i) {
    REQUIRE(Find(bearer + "X-Other: " + beginnings + "\r\n").ok());
  }
  for (const std::string& place : {"X-Other: " + beginnings + handle, "X-Other: a=" + handle + ";",
                                   "X-Other: \"" + handle + "\"", handle + ": x"}) {
    CAPTURE(place.substr(0, 20));
    CHECK(ReasonOf(Find(bearer + place + "\r\n").status()) == Reason::kInvalidArgument);
  }
}

}  // namespace
}  // namespace leasehold
