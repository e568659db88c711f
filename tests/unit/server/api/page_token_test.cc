#include "server/api/page_token.h"

#include <catch2/catch.hpp>

#include "leasehold/v1/ledger.pb.h"
#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "tests/unit/server/api/api_server.h"

namespace leasehold {
namespace {

Reason ReasonFor(const PageTokens& tokens, std::string_view question, std::string_view token) {
  return ReasonOf(tokens.Parse(question, token).status());
}

TEST_CASE("a page token is good for its question and its log alone") {
  ApiServer server;
  PageTokens tokens(server.authority().vault());
  const std::string token = tokens.Make("question", "place");
  CHECK(tokens.Parse("question", token).value() == "place");
  CHECK(tokens.Parse("question", "").value().empty());
  for (const char* other_question : {"other question", "questiom", ""}) {
    CHECK(ReasonFor(tokens, other_question, token) == Reason::kPageTokenInvalid);
  }
  ApiServer other;
  CHECK(ReasonFor(PageTokens(other.authority().vault()), "question", token) ==
        Reason::kPageTokenInvalid);
  server.Restart();
  CHECK(PageTokens(server.authority().vault()).Parse("question", token).value() == "place");
}

TEST_CASE("a page token with any one character changed, added or missing is refused") {
  ApiServer server;
  PageTokens tokens(server.authority().vault());
  const std::string token = tokens.Make("question", "a place");
  for (size_t i = 0; i < token.size(); ++i) {
    CAPTURE(i);
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK(ReasonFor(tokens, "question", changed) == Reason::kPageTokenInvalid);
    CHECK(ReasonFor(tokens, "question", token.substr(0, i) + token.substr(i + 1)) ==
          Reason::kPageTokenInvalid);
  }
  CHECK(ReasonFor(tokens, "question", token + "A") == Reason::kPageTokenInvalid);
  CHECK(ReasonFor(tokens, "question", std::string(5000, 'A')) == Reason::kPageTokenInvalid);
}

TEST_CASE("question and place cannot be shifted into each other") {
  ApiServer server;
  PageTokens tokens(server.authority().vault());
  std::string bytes;
  REQUIRE(Base64UrlDecode(tokens.Make("a", "bc"), &bytes));
  REQUIRE(bytes.ends_with("bc"));
  bytes.erase(bytes.size() - 2, 1);
  CHECK(ReasonFor(tokens, "ab", Base64UrlEncode(AsBytes(bytes))) == Reason::kPageTokenInvalid);
}

TEST_CASE("a question is everything but the page") {
  v1::ListEntriesRequest a;
  a.set_agent("agents/a");
  a.set_page_size(10);
  v1::ListEntriesRequest b = a;
  b.set_page_size(20);
  b.set_page_token("x");
  CHECK(QuestionOf(a) == QuestionOf(b));
  b.set_descending(true);
  CHECK(QuestionOf(a) != QuestionOf(b));
}

}  // namespace
}  // namespace leasehold
