// The log of the real server: what strangers cannot do to it, and its last line.

#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "tests/support/installation.h"

namespace leasehold {
namespace {

constexpr int kCalls = 3000;
// One line a second, and a busy machine may take a minute for the calls.
constexpr size_t kLinesMax = 100;

size_t Count(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; at += part.size()) {
    ++count;
  }
  return count;
}

TEST_CASE("a flood of calls without a good token writes a few lines, and hides no other") {
  Installation installation;
  installation.Start();
  installation.SetUp({"bot"});
  const ApiClient stranger(installation.server().Endpoint("grpc"), "lha_" + RandomText());
  const v1::AcquireLeaseRequest acquire = AcquireRequestFor("billing/key", "work");
  for (int i = 0; i < kCalls; ++i) {
    const auto answer =
        stranger.Call<v1::AcquireLeaseResponse>("LeaseService/AcquireLease", acquire);
    REQUIRE(answer.code == 16);  // UNAUTHENTICATED
  }
  const auto forbidden = installation.Agent("bot").Call<v1::AcquireLeaseResponse>(
      "LeaseService/AcquireLease", AcquireRequestFor("nobody/key", "work"));
  CHECK(forbidden.reason == "NOT_FOUND_OR_FORBIDDEN");
  REQUIRE(installation.server().Stop() == 0);
  const std::string log = installation.WholeLog();
  const size_t lines = Count(log, R"("principal":"unknown")");
  CHECK(lines >= 1);
  CHECK(lines < kLinesMax);
  CHECK(Count(log, R"("reason":"NOT_FOUND_OR_FORBIDDEN","principal":"agents/bot")") == 1);
}

TEST_CASE("the last line of a server that was stopped says so") {
  Installation installation;
  installation.Start();
  REQUIRE(installation.server().Stop() == 0);
  const std::string log = installation.WholeLog();
  CHECK(Count(log, R"("msg":"serving")") == 1);
  const size_t last = log.rfind("\n", log.size() - 2);
  CHECK(log.find(R"("msg":"stopped")", last) != std::string::npos);
}

}  // namespace
}  // namespace leasehold
