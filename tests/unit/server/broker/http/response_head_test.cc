#include "server/broker/http/response_head.h"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <tuple>

#include "server/base/status.h"

namespace leasehold {
namespace {

using Kind = BodyLength::Kind;

std::string Ok(std::string_view lines) {
  return "HTTP/1.1 200 OK\r\n" + std::string(lines) + "\r\n\r\n";
}

TEST_CASE("an answer's body ends where RFC 9112 says") {
  struct Row {
    const char* why;
    std::string bytes;
    bool to_head;
    Kind kind;
    bool keep_alive;
  };
  const Row row = GENERATE(values<Row>({
      {"a length", Ok("Content-Length: 5"), false, Kind::kLength, true},
      {"a length of zero", Ok("Content-Length: 0"), false, Kind::kLength, true},
      {"chunked", Ok("Transfer-Encoding: chunked"), false, Kind::kChunked, true},
      {"neither", Ok("A: b"), false, Kind::kUntilClose, false},
      {"an answer to HEAD", Ok("Content-Length: 5"), true, Kind::kNone, true},
      {"an answer to HEAD, chunked", Ok("Transfer-Encoding: chunked"), true, Kind::kNone, true},
      {"204", "HTTP/1.1 204 No Content\r\nA: b\r\n\r\n", false, Kind::kNone, true},
      {"304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, Kind::kNone, true},
      {"103", "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n", false, Kind::kNone, true},
      {"close", Ok("Content-Length: 5\r\nConnection: close"), false, Kind::kLength, false},
      {"close in a list", Ok("Content-Length: 5\r\nConnection: a, Close"), false, Kind::kLength,
       false},
      {"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", false, Kind::kLength, false},
      {"no phrase", "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\n", false, Kind::kLength, true},
      {"no field", "HTTP/1.1 200 \r\n\r\n", false, Kind::kUntilClose, false},
      {"UTF-8", Ok("A: \xc3\xa4\r\nContent-Length: 5"), false, Kind::kLength, true},
  }));
  INFO(row.why);
  ResponseHead head;
  REQUIRE(ParseResponseHead(row.bytes, row.to_head, &head).ok());
  CHECK(head.body.kind == row.kind);
  CHECK(head.keep_alive == row.keep_alive);
}

TEST_CASE("an answer that could be read in two ways is refused") {
  const char* why = "";
  std::string bytes;
  std::tie(bytes, why) = GENERATE(table<std::string, const char*>({
      {Ok("Content-Length: 5\r\nTransfer-Encoding: chunked"), "length and coding"},
      {Ok("Content-Length: 5\r\nContent-Length: 5"), "two lengths"},
      {Ok("Content-Length: 5, 5"), "a list of lengths"},
      {Ok("Content-Length: +5"), "a sign"},
      {Ok("Transfer-Encoding: gzip, chunked"), "another coding"},
      {Ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), "twice"},
      {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "chunked by HTTP/1.0"},
      {Ok("A: b\r\n c"), "a folded field"},
      {Ok("A : b"), "a blank before the colon"},
      {Ok("A: b\rc"), "a bare CR"},
      {Ok(std::string_view("A: \0", 4)), "a NUL"},
      {"HTTP/2 200 OK\r\n\r\n", "another version"},
      {"HTTP/1.1 99 Low\r\n\r\n", "two digits"},
      {"HTTP/1.1 600 High\r\n\r\n", "an unknown class"},
      {"HTTP/1.1 2000 OK\r\n\r\n", "four digits"},
      {"HTTP/1.1  200 OK\r\n\r\n", "two blanks"},
      {"HTTP/1.1 200 O\x01K\r\n\r\n", "a control character in the phrase"},
      {"ICY 200 OK\r\n\r\n", "another protocol"},
      {"", "nothing"},
  }));
  INFO(why);
  ResponseHead head;
  CHECK(ReasonOf(ParseResponseHead(bytes, false, &head)) == Reason::kTargetUnreachable);
}

}  // namespace
}  // namespace leasehold
