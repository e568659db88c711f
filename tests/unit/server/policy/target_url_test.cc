#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "server/policy/target_parts.h"

namespace leasehold {
namespace {

TEST_CASE("a base URL names scheme, host, port and prefix", "[policy][target]") {
  struct Row {
    const char* text;
    bool tls;
    const char* host;
    uint16_t port;
    const char* prefix;
  };
  const Row row = GENERATE(values<Row>({
      {"https://api.github.com", true, "api.github.com", 443, ""},
      {"http://localhost", false, "localhost", 80, ""},
      {"https://api.github.com/", true, "api.github.com", 443, ""},
      {"http://127.0.0.1:8080/api/v3/", false, "127.0.0.1", 8080, "/api/v3"},
      {"https://[::1]:8443/x", true, "::1", 8443, "/x"},
      {"https://[2001:db8::1]", true, "2001:db8::1", 443, ""},
      {"https://a_b.example:65535", true, "a_b.example", 65535, ""},
      {"https://a/caf%C3%A9", true, "a", 443, "/caf%C3%A9"},
  }));
  INFO(row.text);
  const auto url = ParseTargetUrl(row.text);
  REQUIRE(url.ok());
  CHECK(url->tls == row.tls);
  CHECK(url->host == row.host);
  CHECK(url->port == row.port);
  CHECK(url->prefix == row.prefix);
}

TEST_CASE("a base URL that is ambiguous or carries more than a place is refused",
          "[policy][target]") {
  struct Row {
    std::string text;
    const char* offence;
  };
  const Row row = GENERATE(values<Row>({
      {"", "does not start with"},
      {"api.github.com", "does not start with"},
      {"ftp://a", "does not start with"},
      {"HTTPS://a", "does not start with"},
      {"https://", "no host"},
      {"https:///x", "no host"},
      {"https://:443", "no host"},
      {"https://user:password@a", "before '@'"},
      {"https://a?b", "query"},
      {"https://a/b#c", "query"},
      {"https://A.example", "lower case"},
      {"https://a..b", "DNS name"},
      {"https://a.", "DNS name"},
      {"https://-a", "DNS name"},
      {"https://a b", "DNS name"},
      {"https://a\\b", "DNS name"},
      {"https://caf\xc3\xa9.example", "DNS name"},
      {"https://" + std::string(64, 'a'), "DNS name"},
      {"https://127.1", "dotted decimal"},
      {"https://2130706433", "dotted decimal"},
      {"https://0x7f000001", "dotted decimal"},
      {"https://127.0.0.0x1", "dotted decimal"},
      {"https://256.0.0.1", "dotted decimal"},
      {"https://010.0.0.1", "dotted decimal"},
      {"https://[::1", "without ']'"},
      {"https://[127.0.0.1]", "brackets"},
      {"https://[::1%25lo]", "brackets"},
      {"https://[FD00::1]", "brackets"},
      {"https://[::ffff:127.0.0.1]", "dotted decimal"},
      {"https://[::1]x", "something other than a port"},
      {"https://a:", "something other than a port"},
      {"https://a:0", "1 to 65535"},
      {"https://a:65536", "1 to 65535"},
      {"https://a:080", "1 to 65535"},
      {"https://a:+80", "1 to 65535"},
      {"https://a:80:80", "1 to 65535"},
      {"https://::1", "no host"},
      {"https://a//", "'//'"},
      {"https://a//b", "'//'"},
      {"https://a/b/../c", "'..'"},
      {"https://a/b%2fc", "capitals"},
      {"https://a/" + std::string(512, 'b'), "more than 512"},
  }));
  INFO(row.text);
  const auto url = ParseTargetUrl(row.text);
  REQUIRE(ReasonOf(url.status()) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(url.status().message()),
             Catch::StartsWith("base_url ") && Catch::Contains(row.offence));
}

}  // namespace
}  // namespace leasehold
