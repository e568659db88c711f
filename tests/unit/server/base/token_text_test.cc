#include "server/base/token_text.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "server/base/status.h"

namespace leasehold {
namespace {

constexpr TokenKind kKinds[] = {TokenKind::kAgentToken, TokenKind::kEnrolmentToken,
                                TokenKind::kLeaseToken, TokenKind::kBrokerHandle,
                                TokenKind::kOperatorSession};

std::string RandomBody(size_t size) {
  std::string body(size, '\0');
  RandomBytes({reinterpret_cast<uint8_t*>(body.data()), body.size()});
  return body;
}

TEST_CASE("the checksum is CRC-32 in base62", "[base][token_text]") {
  // 0xcbf43926 is the published check value of CRC-32; 3421780262 in
  // base62 is 3*62^5 + 45*62^4 + 35*62^3 + 27*62^2 + 22*62 + 14.
  CHECK(TokenChecksum("123456789") == "3jZRME");
  // The CRC-32 of nothing is 0.
  CHECK(TokenChecksum("") == "000000");
}

TEST_CASE("a framed token has prefix, body and checksum, and is read back", "[base][token_text]") {
  for (const TokenKind kind : kKinds) {
    for (const size_t size : {1, 2, 3, 32, 49, 370}) {
      const std::string body = RandomBody(size);
      const std::string text = FrameToken(kind, AsBytes(body));
      CHECK(text == std::string(TokenPrefix(kind)) + Base64UrlEncode(AsBytes(body)) +
                        text.substr(text.size() - 6));
      CHECK(TokenKindOf(text) == kind);
      const absl::StatusOr<std::string> got = UnframeToken(kind, text);
      REQUIRE(got.ok());
      CHECK(*got == body);
    }
  }
  CHECK(TokenPrefix(TokenKind::kAgentToken) == "lha_");
  CHECK(TokenPrefix(TokenKind::kEnrolmentToken) == "lhe_");
  CHECK(TokenPrefix(TokenKind::kLeaseToken) == "lhl_");
  CHECK(TokenPrefix(TokenKind::kBrokerHandle) == "lhb_");
  CHECK(TokenPrefix(TokenKind::kOperatorSession) == "lho_");
}

TEST_CASE("a token with one flipped bit is malformed", "[base][token_text]") {
  const std::string text = FrameToken(TokenKind::kLeaseToken, AsBytes(RandomBody(33)));
  for (size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string flipped = text;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    INFO("bit " << bit);
    CHECK(ReasonOf(UnframeToken(TokenKind::kLeaseToken, flipped).status()) ==
          Reason::kTokenMalformed);
  }
}

TEST_CASE("a token that was cut or added to is malformed", "[base][token_text]") {
  const std::string text = FrameToken(TokenKind::kBrokerHandle, AsBytes(RandomBody(33)));
  for (size_t size = 0; size < text.size(); ++size) {
    INFO(size);
    CHECK(ReasonOf(UnframeToken(TokenKind::kBrokerHandle, text.substr(0, size)).status()) ==
          Reason::kTokenMalformed);
  }
  for (const char* more : {" ", "\n", "A", "="}) {
    CHECK_FALSE(UnframeToken(TokenKind::kBrokerHandle, text + more).ok());
    CHECK_FALSE(UnframeToken(TokenKind::kBrokerHandle, more + text).ok());
  }
}

TEST_CASE("a right checksum does not make a token of everything", "[base][token_text]") {
  struct Row {
    const char* why;
    std::string framed;
  };
  const Row row = GENERATE(values<Row>({
      {"no body", "lhl_"},
      {"half a byte", "lhl_A"},
      {"bits behind the last byte", "lhl_AB"},
      {"a character outside the alphabet", "lhl_AA+A"},
      {"padding", "lhl_AA=="},
      {"too long", "lhl_" + std::string(504, 'A')},
  }));
  INFO(row.why);
  CHECK(ReasonOf(UnframeToken(TokenKind::kLeaseToken, row.framed + TokenChecksum(row.framed))
                     .status()) == Reason::kTokenMalformed);
}

TEST_CASE("one kind of token does not pass for another, and the error says which it is",
          "[base][token_text]") {
  for (const TokenKind made : kKinds) {
    for (const TokenKind wanted : kKinds) {
      const std::string text = FrameToken(made, AsBytes(RandomBody(16)));
      CHECK(UnframeToken(wanted, text).ok() == (made == wanted));
    }
  }
  const std::string handle = FrameToken(TokenKind::kBrokerHandle, AsBytes(RandomBody(16)));
  CHECK(UnframeToken(TokenKind::kAgentToken, handle).status().message() ==
        "this is a broker handle, but an agent token (lha_...) is needed");
  CHECK_FALSE(TokenKindOf("ghp_abc").has_value());
  CHECK_FALSE(TokenKindOf("").has_value());
}

TEST_CASE("an error about a token never quotes it", "[base][token_text]") {
  const std::string text = FrameToken(TokenKind::kAgentToken, AsBytes(RandomBody(32)));
  const std::string body = text.substr(4, 43);
  const std::vector<std::string> texts = {text,          text.substr(1), text + "x",
                                          "lhl_" + body, body,           text.substr(0, 30)};
  for (const std::string& bad : texts) {
    const absl::Status status = UnframeToken(TokenKind::kLeaseToken, bad).status();
    REQUIRE_FALSE(status.ok());
    CHECK(std::string(status.message()).find(body.substr(0, 8)) == std::string::npos);
  }
}

TEST_CASE("a token is found at the end of a text, and only there", "[base][token_text]") {
  for (const TokenKind kind : kKinds) {
    const std::string token = FrameToken(kind, AsBytes(RandomBody(32)));
    CHECK(EndsInToken(token));
    CHECK(EndsInToken("x" + token));
    CHECK(EndsInToken(token + token));
    CHECK(EndsInToken("lha_lha_lha_" + token));
    CHECK(EndsInToken(std::string(5000, 'x') + token));
    CHECK_FALSE(EndsInToken(token + "x"));
    CHECK_FALSE(EndsInToken(token.substr(1)));
    CHECK_FALSE(EndsInToken(token.substr(0, token.size() - 1)));
    const std::string other = token[20] == 'x' ? "y" : "x";
    CHECK_FALSE(EndsInToken(token.substr(0, 20) + other + token.substr(21)));
  }
  // A token as long as tokens may be.
  const std::string longest = FrameToken(TokenKind::kLeaseToken, AsBytes(RandomBody(376)));
  REQUIRE(longest.size() == kTokenTextBytesMax);
  CHECK(EndsInToken("lha_" + longest));
  for (const std::string_view text : {"", "x", "lha_", "000000", "lha_000000", "lha_zzzzzz"}) {
    CHECK_FALSE(EndsInToken(text));
  }
  // A right checksum of what is no token.
  CHECK_FALSE(EndsInToken("123456789" + TokenChecksum("123456789")));
  CHECK_FALSE(EndsInToken("lha_" + TokenChecksum("lha_")));
}

TEST_CASE("looking for a token at the end finds what trying every place finds",
          "[base][token_text]") {
  std::mt19937_64 random(std::random_device{}());
  const auto naive = [](std::string_view text) {
    for (size_t at = 0; at < text.size(); ++at) {
      const auto kind = TokenKindOf(text.substr(at));
      if (kind.has_value() && UnframeToken(*kind, text.substr(at)).ok()) return true;
    }
    return false;
  };
  int found = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (uint64_t pieces = 1 + random() % 5; pieces > 0; --pieces) {
      switch (random() % 4) {
        case 0:
          text += TokenPrefix(kKinds[random() % 5]);
          break;
        case 1:
          text += Base64UrlEncode(AsBytes(RandomBody(random() % 40)));
          break;
        case 2:
          text += TokenChecksum(text);
          break;
        default:
          text += FrameToken(kKinds[random() % 5], AsBytes(RandomBody(1 + random() % 370)));
      }
    }
    CAPTURE(text);
    REQUIRE(EndsInToken(text) == naive(text));
    if (naive(text)) ++found;
  }
  CHECK(found > 300);
  CHECK(found < 2700);
}

}  // namespace
}  // namespace leasehold
