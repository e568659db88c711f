#include "server/broker/http/request_head.h"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/status.h"

namespace leasehold {
namespace {

// A head with one line put in after Host.
std::string With(std::string_view line) {
  return "GET /t/github/user HTTP/1.1\r\nHost: 127.0.0.1:8642\r\n" + std::string(line) + "\r\n\r\n";
}

// A head with another request target.
std::string To(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

Reason ReasonFor(std::string_view bytes) {
  RequestHead head;
  return ReasonOf(ParseRequestHead(bytes, &head));
}

TEST_CASE("an ordinary head is understood") {
  RequestHead head;
  const std::string bytes =
      "POST /t/github/repos/acme/x?page=2&q=%2F HTTP/1.1\r\nHost: localhost:8642\r\n"
      "Content-Type:text/plain\r\nContent-Length: 12\r\nX-Empty:\r\nAccept:\t*/* \t\r\n\r\n";
  REQUIRE(ParseRequestHead(bytes, &head).ok());
  CHECK(head.method == "POST");
  CHECK(head.target == "github");
  CHECK(head.path == "/repos/acme/x");
  CHECK(head.query == "?page=2&q=%2F");
  CHECK(head.body.kind == BodyLength::Kind::kLength);
  CHECK(head.body.bytes == 12);
  CHECK(head.keep_alive);
  REQUIRE(head.fields.size() == 5);
  CHECK(head.fields[1].value == "text/plain");
  CHECK(head.fields[3].value.empty());
  CHECK(head.fields[4].value == "*/*");
  CHECK(head.Find("CONTENT-TYPE") == &head.fields[1]);
  CHECK(head.Find("absent") == nullptr);
}

TEST_CASE("a head that was parsed before leaves nothing behind") {
  RequestHead head;  // its views point into `first`, then into `second`
  const std::string first =
      With("Connection: close, X-A\r\nExpect: 100-continue\r\nContent-Length: 3");
  REQUIRE(ParseRequestHead(first, &head).ok());
  CHECK_FALSE(head.keep_alive);
  CHECK(head.expects_continue);
  CHECK(head.hop_names == std::vector<std::string_view>{"close", "X-A"});
  const std::string second = With("A: b");
  REQUIRE(ParseRequestHead(second, &head).ok());
  CHECK(head.keep_alive);
  CHECK_FALSE(head.expects_continue);
  CHECK(head.hop_names.empty());
  CHECK(head.body.kind == BodyLength::Kind::kNone);
}

TEST_CASE("what can stand in a head is let through") {
  const char* why = "";
  std::string head;
  // clang-format off
  std::tie(head, why) = GENERATE(table<std::string, const char*>({
      {To("/t/x/"), "the target's root"},
      {To("/t/x/a/"), "a last segment that is empty"},
      {To("/t/x/a%20b"), "a blank, encoded"},
      {To("/t/x/%C3%A4"), "UTF-8, encoded"},
      {To("/t/x/a:b@c;d=e,f!$&'()*+"), "characters that need no encoding"},
      {To("/t/x/a...b/..c/.d"), "dots that are no dot segment"},
      {To("/t/x/?a=/../b//c?d"), "the query is not a path"},
      {To("/t/x/?a[]=1|2"), "a query as people write it"},
      {With("Transfer-Encoding: Chunked"), "letter case of a coding"},
      {With("Content-Length: 0"), "no body, said aloud"},
      {With("Connection: keep-alive"), "as old clients say"},
      {With("Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AA"),
       "an offer of h2c, which Java makes with every request, is not taken up"},
      {With("!#$%&'*+-.^_`|~: x"), "every character of a token"},
  }));
  // clang-format on
  INFO(why);
  CHECK(ReasonFor(head) == Reason::kNone);
}

TEST_CASE("what could be read in two ways is refused") {
  const char* why = "";
  std::string head;
  // clang-format off
  std::tie(head, why) = GENERATE(table<std::string, const char*>({
      {With("Content-Length: 4\r\nTransfer-Encoding: chunked"), "CL.TE"},
      {With("Transfer-Encoding: chunked\r\nContent-Length: 4"), "TE.CL"},
      {With("Content-Length: 4\r\nContent-Length: 4"), "two lengths that agree"},
      {With("Content-Length: 4\r\nContent-Length: 5"), "two lengths"},
      {With("Content-Length: 4, 4"), "a list of lengths"},
      {With("Content-Length: +4"), "a sign"},
      {With("Content-Length: -1"), "a negative length"},
      {With("Content-Length: 0x4"), "hexadecimal"},
      {With("Content-Length: 4 "  "4"), "a blank within"},
      {With("Content-Length:"), "no number"},
      {With("Content-Length: 1000000000000000000"), "a length that overflows elsewhere"},
      {With("Content_Length: 4"), "becomes CONTENT_LENGTH behind a gateway"},
      {With("Transfer_Encoding: chunked"), "becomes TRANSFER_ENCODING"},
      {With("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), "twice chunked"},
      {With("Transfer-Encoding: chunked, chunked"), "twice chunked in a list"},
      {With("Transfer-Encoding: gzip, chunked"), "a coding that we do not know"},
      {With("Transfer-Encoding: identity"), "given up by RFC 7230"},
      {With("Transfer-Encoding: xchunked"), "TE.TE"},
      {With("Transfer-Encoding: \"chunked\""), "TE.TE in quotes"},
      {With("Transfer-Encoding: chunked;q=1"), "a parameter"},
      {With("Transfer-Encoding:"), "no coding"},
      {With("Transfer-Encoding : chunked"), "a blank before the colon"},
      {With("Content-Length\t: 4"), "a tab before the colon"},
      {With("Content-Length: 4\r\n Transfer-Encoding: chunked"), "a folded field"},
      {With("A: b\r\n\tc"), "a field folded by a tab"},
      {With(" A: b"), "a first field that is folded"},
      {With("A b"), "a line without a colon"},
      {With(": b"), "a field without a name"},
      {With("A\xc3\xa4: b"), "a name beyond ASCII"},
      {With("A: b\xc3\xa4"), "a value beyond ASCII"},
      {With("A(: b"), "a name that is no token"},
      {With("A: b\rTransfer-Encoding: chunked"), "a bare CR in a value"},
      {With("A: b\nTransfer-Encoding: chunked"), "a bare LF in a value"},
      {With("\rA: b"), "a bare CR before a name"},
      {With(std::string_view("A: b\0c", 6)), "a NUL in a value"},
      {With(std::string_view("A\0: b", 5)), "a NUL in a name"},
      {With("A: b\x7f"), "DEL"},
      {With("A: b\x0b"), "a vertical tab, which some take for a blank"},
      {With("Host: other"), "two hosts"},
      {With("host: other"), "two hosts in other letters"},
      {With("Ho_st: other\r\nHost_: x\r\nHOST: x"), "a third host"},
      {"GET /t/x/ HTTP/1.1\r\nA: b\r\n\r\n", "no host"},
      {"GET /t/x/ HTTP/1.1\r\n\r\n", "no field at all"},
      {"GET /t/x/ HTTP/1.1\r\nHost:\r\n\r\n", "an empty host"},
      {"GET /t/x/ HTTP/1.1\r\nHost: a@b\r\n\r\n", "a host with userinfo"},
      {"GET /t/x/ HTTP/1.1\r\nHost: a/b\r\n\r\n", "a host with a path"},
      {"GET /t/x/ HTTP/1.1\r\nHost: a, b\r\n\r\n", "a list of hosts"},
      {"GET  /t/x/ HTTP/1.1\r\nHost: a\r\n\r\n", "two blanks"},
      {"GET /t/x/  HTTP/1.1\r\nHost: a\r\n\r\n", "two blanks before the version"},
      {"GET /t/x/ y HTTP/1.1\r\nHost: a\r\n\r\n", "a blank in the path"},
      {"GET\t/t/x/ HTTP/1.1\r\nHost: a\r\n\r\n", "a tab for a blank"},
      {" GET /t/x/ HTTP/1.1\r\nHost: a\r\n\r\n", "a blank in front"},
      {"GET /t/x/ HTTP/1.1 \r\nHost: a\r\n\r\n", "a blank behind"},
      {"GET /t/x/\r\nHost: a\r\n\r\n", "HTTP/0.9"},
      {"GET /t/x/ HTTP/1.0\r\nHost: a\r\n\r\n", "HTTP/1.0"},
      {"GET /t/x/ HTTP/2.0\r\nHost: a\r\n\r\n", "HTTP/2"},
      {"GET /t/x/ HTTP/1.10\r\nHost: a\r\n\r\n", "a longer version"},
      {"GET /t/x/ http/1.1\r\nHost: a\r\n\r\n", "the version in small letters"},
      {"get /t/x/ HTTP/1.1\r\nHost: a\r\n\r\n", "the method in small letters"},
      {"G(T /t/x/ HTTP/1.1\r\nHost: a\r\n\r\n", "a method that is no token"},
      {"CONNECT /t/x/ HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT"},
      {"TRACE /t/x/ HTTP/1.1\r\nHost: a\r\n\r\n", "TRACE, which shows the credential"},
      {To("http://a/t/x/"), "absolute form"},
      {To("//a/t/x/"), "an authority"},
      {To("*"), "asterisk form"},
      {To("t/x/"), "no slash in front"},
      {To("/t/x/a/../b"), "a dot segment"},
      {To("/t/x/a/./b"), "a dot segment for here"},
      {To("/t/x/.."), "a dot segment at the end"},
      {To("/t/../admin"), "a dot segment for the target"},
      {To("/t/x//a"), "two slashes"},
      {To("/t//a"), "no target"},
      {To("/t/x/a%2fb"), "an encoded slash"},
      {To("/t/x/a%2Fb"), "an encoded slash in capitals"},
      {To("/t/x%2Fa"), "an encoded slash that ends the target elsewhere"},
      {To("/t/x/a%5cb"), "an encoded backslash"},
      {To("/t/x/a%5Cb"), "an encoded backslash in capitals"},
      {To("/t/x/a\\b"), "a backslash"},
      {To("/t/x/%00"), "an encoded NUL"},
      {To("/t/x/%0D%0A"), "an encoded line break"},
      {To("/t/x/%2e%2e/b"), "encoded dots"},
      {To("/t/x/%2E%2E/b"), "encoded dots in capitals"},
      {To("/t/x/.%2E/b"), "a half encoded dot segment"},
      {To("/t/x/%61"), "a letter that needs no encoding"},
      {To("/t/x/%c3%a4"), "an encoding in small letters"},
      {To("/t/x/%"), "half an encoding"},
      {To("/t/x/%2"), "half an encoding with a digit"},
      {To("/t/x/%zz"), "no hex digits"},
      {To("/t/x/%u0041"), "an encoding of IIS"},
      {To("/t/x/\xc3\xa4"), "beyond ASCII"},
      {To("/t/x/a#b"), "a fragment"},
      {To("/t/x/?a#b"), "a fragment behind the query"},
      {To("/t/x/?a%"), "half an encoding in the query"},
      {To("/t/x/?%zz"), "no hex digits in the query"},
      {To("/t/x/?\xc3\xa4"), "beyond ASCII in the query"},
      {To("/t/x/a\x01"), "a control character"},
      {To("/t/x/a\"b"), "a quote"},
      {With("X-HTTP-Method-Override: DELETE"), "another method after judging"},
      {With("x_http_method_override: DELETE"), "the same with underscores"},
      {With("X-Method-Override: DELETE"), "another method"},
      {With("X-Original-URL: /admin"), "another path after judging"},
      {With("X-Rewrite-Url: /admin"), "another path"},
      {With("Upgrade: websocket\r\nConnection: Upgrade"), "another protocol"},
      {With("Upgrade: h2c, websocket"), "another protocol in a list"},
      {With("Expect: 200-ok"), "an expectation that we do not know"},
      {"", "nothing"},
      {"\r\n\r\n", "nothing but line ends"},
      {"GET /t/x/ HTTP/1.1\r\n", "half a head"},
  }));
  // clang-format on
  INFO(why);
  CHECK(ReasonFor(head) == Reason::kInvalidArgument);
}

TEST_CASE("paths that lead to no target are not found") {
  const std::string target = GENERATE("/", "/t", "/t/", "/t/github", "/t/github?a=b", "/x/github/a",
                                      "/T/github/a", "/tt/github/a");
  INFO(target);
  CHECK(ReasonFor(To(target)) == Reason::kNotFound);
}

TEST_CASE("too many fields are refused") {
  std::string fields = "A: b";
  for (size_t i = 0; i + 2 < kFieldsMax; ++i) fields += "\r\nA: b";
  CHECK(ReasonFor(With(fields)) == Reason::kNone);
  CHECK(ReasonFor(With(fields + "\r\nA: b")) == Reason::kInvalidArgument);
}

TEST_CASE("no refusal quotes the request") {
  for (const std::string& bytes :
       {With("Marker: \x01"), With("Content-Length: Marker"), To("/t/x/Marker\x01"), To("/Marker"),
        With("Marker : b"), With("Upgrade: Marker"), With("Expect: Marker")}) {
    RequestHead head;
    const absl::Status status = ParseRequestHead(bytes, &head);
    REQUIRE_FALSE(status.ok());
    CHECK(std::string(status.message()).find("Marker") == std::string::npos);
  }
}

TEST_CASE("the end of a head is found however it arrives") {
  const std::string head = With("A: b");
  const std::string bytes = head + "GET /next";
  for (size_t step = 1; step <= bytes.size(); ++step) {
    size_t seen = 0;
    HeadEnd end;
    while (end.state == HeadEnd::State::kMore && seen < bytes.size()) {
      const size_t size = std::min(seen + step, bytes.size());
      end = FindHeadEnd(std::string_view(bytes).substr(0, size), seen);
      seen = size;
    }
    REQUIRE(end.state == HeadEnd::State::kComplete);
    REQUIRE(end.size == head.size());
  }
}

TEST_CASE("a line that ends with a bare LF breaks the head at once") {
  CHECK(FindHeadEnd("GET / HTTP/1.1\n", 0).state == HeadEnd::State::kBroken);
  CHECK(FindHeadEnd("GET / HTTP/1.1\r\nA: b\n\r\n", 0).state == HeadEnd::State::kBroken);
  CHECK(FindHeadEnd("\r\nGET / HTTP/1.1\r\n", 0).state == HeadEnd::State::kBroken);
  CHECK(FindHeadEnd("\n", 0).state == HeadEnd::State::kBroken);
  CHECK(FindHeadEnd("GET / HTTP/1.1\r\n", 0).state == HeadEnd::State::kMore);
  CHECK(FindHeadEnd("GET / HTTP/1.1\r\nA: b\r\n\r", 0).state == HeadEnd::State::kMore);
}

}  // namespace
}  // namespace leasehold
