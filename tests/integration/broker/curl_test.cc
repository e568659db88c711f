#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <string>
#include <tuple>

#include "tests/integration/broker/broker_fixture.h"

namespace leasehold {
namespace {

// What curl prints; the handle is one of this run's and good for nothing else.
std::string Curl(const std::string& arguments) {
  FILE* pipe =
      popen(("curl --silent --show-error --max-time 20 " + arguments + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  std::array<char, 4096> bytes;
  for (size_t got = 0; (got = fread(bytes.data(), 1, bytes.size(), pipe)) > 0;) {
    output.append(bytes.data(), got);
  }
  pclose(pipe);
  return output;
}

TEST_CASE("curl reaches a target with the handle in each place") {
  BrokerFixture fixture;
  const std::string url = "http://" + fixture.broker->address() + "/t/shop/orders?x=1";
  const char* before = "";
  const char* after = "";
  std::tie(before, after) = GENERATE(table<const char*, const char*>({
      {"-H 'Authorization: Bearer ", "'"},
      {"-u 'user:", "'"},
      {"-u '", ":'"},
      {"-H 'X-Api-Key: ", "'"},
  }));
  const std::string output = Curl(before + fixture.handle + after + " '" + url + "'");
  CHECK(output.find("GET /orders?x=1 HTTP/1.1\r\n") == 0);
  CHECK(output.find("Authorization: Bearer " + fixture.secret) != std::string::npos);
  CHECK(output.find(fixture.handle) == std::string::npos);
}

TEST_CASE("curl uploads with chunks and with a length") {
  BrokerFixture fixture;
  const std::string url = "http://" + fixture.broker->address() + "/t/shop/orders";
  const std::string how = GENERATE("--data-binary @-", "-T -");
  const std::string output = Curl(how + " -H 'Authorization: Bearer " + fixture.handle +
                                  "' -o - '" + url + "' < /proc/self/status");
  CHECK(output.find(" /orders HTTP/1.1\r\n") != std::string::npos);
  CHECK(output.find("VmPeak:") != std::string::npos);
}

TEST_CASE("curl shows a refusal and its status") {
  BrokerFixture fixture;
  fixture.point_of_use.Deny(Reason::kPolicyDenied, "bot may not");
  const std::string output = Curl("-w '%{http_code}' -u 'x:" + fixture.handle + "' 'http://" +
                                  fixture.broker->address() + "/t/shop/orders'");
  CHECK(output.find("\"detail\":\"bot may not\"") != std::string::npos);
  CHECK(output.substr(output.size() - 3) == "403");
}

}  // namespace
}  // namespace leasehold
