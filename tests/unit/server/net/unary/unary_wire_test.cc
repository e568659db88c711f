#include "server/net/unary/unary_wire.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "server/base/status.h"

namespace leasehold {
namespace {

using namespace std::string_literals;

TEST_CASE("a body holds its message and nothing else") {
  for (const std::string& message : {""s, "a"s, "\0\1\2"s, std::string(70'000, 'x')}) {
    const std::string body = BodyOf(message);
    CHECK(body.size() == message.size() + kMessagePrefixBytes);
    const auto found = MessageIn(body);
    REQUIRE(found.ok());
    CHECK(*found == message);
  }
  CHECK(BodyOf("abc") == "\0\0\0\0\3abc"s);
}

TEST_CASE("a body that is not one plain message is refused") {
  struct Row {
    std::string body;
    const char* why;
  };
  const std::vector<Row> rows = {
      {"", "no message at all"},
      {"\0\0\0\0"s, "the prefix is cut"},
      {"\1\0\0\0\3abc"s, "compressed"},
      {"\2\0\0\0\3abc"s, "a flag that does not exist"},
      {"\0\0\0\0\4abc"s, "cut short"},
      {"\0\0\0\0\2abc"s, "more than it says"},
      {"\0\0\0\0\1a\0\0\0\0\1b"s, "two messages"},
      {"\0\xFF\xFF\xFF\xFF"s
       "abc",
       "a length of 4 GiB"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    CHECK(ReasonOf(MessageIn(row.body).status()) == Reason::kInvalidArgument);
  }
}

TEST_CASE("texts are percent-encoded where gRPC wants it") {
  CHECK(PercentEncode("") == "");
  CHECK(PercentEncode("agents/a may not [X rule=1]~") == "agents/a may not [X rule=1]~");
  CHECK(PercentEncode("100 %") == "100 %25");
  CHECK(PercentEncode("a\nb\x7F") == "a%0Ab%7F");
  CHECK(PercentEncode("\xC3\xA4") == "%C3%A4");
}

TEST_CASE("bytes become base64 without padding") {
  // The examples of RFC 4648, section 10.
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xFF\xFE\xFB", "//77"}};
  for (const auto& [bytes, text] : rows) CHECK(Base64Unpadded(bytes) == text);
}

}  // namespace
}  // namespace leasehold
