// Tokens that are replaced and tokens that work once, as agents and their operators meet them.

#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "leasehold/v1/identity.pb.h"
#include "tests/support/installation.h"

namespace leasehold {
namespace {

std::string NewEnrolment(const ApiClient& admin) {
  v1::CreateEnrolmentTokenRequest request;
  request.set_agent("agents/bot");
  const auto made =
      admin.Call<v1::CreateEnrolmentTokenResponse>("IdentityService/CreateEnrolmentToken", request);
  RequireOk("CreateEnrolmentToken", made);
  return made.value.token();
}

Answer<v1::IssueTokenResponse> Enrol(const ApiClient& client, const std::string& token) {
  v1::EnrolAgentRequest request;
  request.set_token(token);
  return client.Call<v1::IssueTokenResponse>("IdentityService/EnrolAgent", request);
}

}  // namespace

TEST_CASE("of many who bring an enrolment token, one becomes the agent") {
  Installation world;
  world.Start();
  world.SetUp({"bot"});
  const std::string enrolment = NewEnrolment(world.Operator());
  CHECK(enrolment.starts_with("lhe_"));
  std::vector<Answer<v1::IssueTokenResponse>> answers(8);
  std::vector<std::thread> callers;
  for (auto& answer : answers) {
    callers.emplace_back([&answer, &world, &enrolment] {
      answer = Enrol(ApiClient(world.server().Endpoint("grpc")), enrolment);
    });
  }
  for (std::thread& caller : callers) caller.join();
  int enrolled = 0;
  for (const auto& answer : answers) {
    if (!answer.ok()) {
      CHECK(answer.reason == "ENROLMENT_USED");
      continue;
    }
    ++enrolled;
    const ApiClient agent(world.server().Endpoint("grpc"), answer.value.token());
    CHECK(agent.Call<v1::Caller>("IdentityService/GetCaller", v1::GetCallerRequest())
              .value.principal() == "agents/bot");
  }
  CHECK(enrolled == 1);
  // It is no agent token, and agents make none.
  const ApiClient with_enrolment(world.server().Endpoint("grpc"), enrolment);
  CHECK(!with_enrolment.Call<v1::Caller>("IdentityService/GetCaller", v1::GetCallerRequest()).ok());
  CHECK(world.Agent("bot")
            .Call<v1::CreateEnrolmentTokenResponse>("IdentityService/CreateEnrolmentToken",
                                                    v1::CreateEnrolmentTokenRequest())
            .reason == "ROLE_FORBIDDEN");
  world.CheckLedgerVerifies();
}

TEST_CASE("who guesses enrolment tokens is slowed down, and nobody else is") {
  Installation world;
  world.Start();
  world.SetUp({"bot"});
  const ApiClient stranger(world.server().Endpoint("grpc"));
  const std::string guess = "lhe_" + std::string(10, 'A');
  int limited = 0;
  for (int i = 0; i < 60; ++i) {
    const auto answer = Enrol(stranger, guess);
    REQUIRE(!answer.ok());
    if (answer.reason == "RATE_LIMITED") ++limited;
  }
  CHECK(limited > 0);
  // By another way in, which is another address.
  CHECK(Enrol(world.Operator(), NewEnrolment(world.Operator())).ok());
}

TEST_CASE("the command line replaces, enrols and revokes") {
  Installation world;
  world.Start();
  world.SetUp({"bot"});
  const Ran made = world.Cli({"agent", "enroll", "bot", "--ttl", "10m"});
  INFO(made.err);
  REQUIRE(made.status == 0);
  std::ofstream(world.DataFile("enrolment")) << made.out;
  const Ran redeemed =
      world.Cli({"agent", "enroll", "redeem", "--token-file", world.DataFile("enrolment")});
  INFO(redeemed.err);
  REQUIRE(redeemed.status == 0);
  CHECK(redeemed.out.starts_with("lha_"));
  CHECK(world.Cli({"agent", "enroll", "redeem", "--token-file", world.DataFile("enrolment")})
            .status == 4);

  const Ran rotated = world.Cli({"agent", "token", "rotate", "bot/tokens/1", "--overlap", "0s"});
  INFO(rotated.err);
  REQUIRE(rotated.status == 0);
  CHECK(rotated.out.starts_with("lha_"));
  CHECK(world.Agent("bot")
            .Call<v1::Caller>("IdentityService/GetCaller", v1::GetCallerRequest())
            .reason == "CREDENTIAL_EXPIRED");
  const std::string token = rotated.out.substr(0, rotated.out.find('\n'));
  const ApiClient renewed(world.server().Endpoint("grpc"), token);
  // The agent replaces its own.
  const auto own =
      renewed.Call<v1::IssueTokenResponse>("IdentityService/RotateToken", v1::RotateTokenRequest());
  RequireOk("RotateToken", own);
  const auto who = renewed.Call<v1::Caller>("IdentityService/GetCaller", v1::GetCallerRequest());
  RequireOk("GetCaller", who);
  CHECK(who.value.credential().starts_with("credentials/"));
  CHECK(who.value.address() == "127.0.0.1");
  CHECK(world.Cli({"agent", "token", "revoke", own.value.name()}).status == 0);
  world.CheckLedgerVerifies();
}

}  // namespace leasehold
