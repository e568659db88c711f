// Tokens over the wire: what is not exactly what the server issued, to whom it issued it, for what
// it issued it, is refused, and nobody can tell from an answer what exists.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "leasehold/v1/identity.pb.h"
#include "server/base/crypto_bytes.h"
#include "server/base/token_text.h"
#include "tests/support/installation.h"

namespace leasehold {
namespace {

constexpr int kUnauthenticated = 16;
constexpr int kPermissionDenied = 7;

v1::AcquireLeaseResponse Acquire(const ApiClient& agent) {
  auto lease = agent.Call<v1::AcquireLeaseResponse>("LeaseService/AcquireLease",
                                                    AcquireRequestFor("billing/key", "work"));
  RequireOk("AcquireLease", lease);
  return lease.value;
}

Answer<v1::AuthorizeUseResponse> Use(const ApiClient& agent, const std::string& token) {
  return agent.Call<v1::AuthorizeUseResponse>("UseService/AuthorizeUse",
                                              UseRequestFor(token, "billing"));
}

// How the server judges each of `tokens`; "" where it allowed the use.
std::vector<std::string> Refusals(const ApiClient& agent, const std::vector<std::string>& tokens) {
  std::vector<std::string> reasons;
  constexpr size_t kBatch = 500;
  for (size_t first = 0; first < tokens.size(); first += kBatch) {
    v1::BatchAuthorizeUseRequest request;
    for (size_t i = first; i < std::min(tokens.size(), first + kBatch); ++i) {
      *request.add_requests() = UseRequestFor(tokens[i], "billing");
    }
    const auto answer =
        agent.Call<v1::BatchAuthorizeUseResponse>("UseService/BatchAuthorizeUse", request);
    RequireOk("BatchAuthorizeUse", answer);
    for (const v1::AuthorizeUseResult& result : answer.value.results()) {
      const bool judged = result.has_response();
      // A token that proves nothing is no use that could be recorded.
      CHECK((!judged && result.error().code() == kUnauthenticated));
      reasons.push_back(judged ? result.response().reason() : result.error().reason());
    }
  }
  return reasons;
}

// Every text that differs from `token` in one bit and is still one that a request can carry.
std::vector<std::string> FlippedTexts(const std::string& token) {
  std::vector<std::string> flipped;
  for (size_t position = 0; position < token.size(); ++position) {
    for (int bit = 0; bit < 7; ++bit) {
      std::string text = token;
      text[position] = static_cast<char>(text[position] ^ (1 << bit));
      if (text[position] > ' ' && text[position] < 0x7f) flipped.push_back(text);
    }
  }
  return flipped;
}

// The same of what the token carries, under a checksum that fits again: anybody can compute one.
std::vector<std::string> FlippedBodies(TokenKind kind, const std::string& token) {
  const auto body = UnframeToken(kind, token);
  REQUIRE(body.ok());
  std::vector<std::string> flipped;
  for (size_t bit = 0; bit < body->size() * 8; ++bit) {
    std::string changed = *body;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    flipped.push_back(FrameToken(kind, AsBytes(changed)));
  }
  return flipped;
}

TEST_CASE("a lease token or handle with one flipped bit is worth nothing and leaves no trace") {
  Installation installation;
  installation.Start();
  installation.SetUp({"bot"});
  const ApiClient agent = installation.Agent("bot");
  const v1::AcquireLeaseResponse lease = Acquire(agent);
  RequireOk("the token itself", Use(agent, lease.token()));
  const size_t size = EntriesOf(installation.Operator()).size();

  std::vector<std::string> attacks = FlippedTexts(lease.token());
  for (const auto& more :
       {FlippedBodies(TokenKind::kLeaseToken, lease.token()), FlippedTexts(lease.handle()),
        FlippedBodies(TokenKind::kBrokerHandle, lease.handle())}) {
    attacks.insert(attacks.end(), more.begin(), more.end());
  }
  CHECK(attacks.size() > 1000);
  Refusals(agent, attacks);
  // A body under the label of the other kind.
  Refusals(agent, {FrameToken(TokenKind::kLeaseToken,
                              AsBytes(*UnframeToken(TokenKind::kBrokerHandle, lease.handle())))});
  CHECK(EntriesOf(installation.Operator()).size() == size);
  CHECK(Use(agent, lease.token()).value.allowed());
}

TEST_CASE("an agent token with one flipped bit is nobody's") {
  Installation installation;
  installation.Start();
  installation.AddAgent("bot");
  const std::string& token = installation.TokenOf("bot");
  const ApiClient nobody(installation.server().Endpoint("grpc"));
  const v1::GetCallerRequest who;
  CHECK(nobody.WithToken(token).Call<v1::Caller>("IdentityService/GetCaller", who).ok());
  CHECK(nobody.Call<v1::Caller>("IdentityService/GetCaller", who).code == kUnauthenticated);
  for (const auto& attacks : {FlippedTexts(token), FlippedBodies(TokenKind::kAgentToken, token)}) {
    for (const std::string& attack : attacks) {
      const auto answer =
          nobody.WithToken(attack).Call<v1::Caller>("IdentityService/GetCaller", who);
      CHECK(answer.code == kUnauthenticated);
      CHECK(answer.message.find(attack) == std::string::npos);
    }
  }
}

TEST_CASE("tokens of another store and of a later format are named as such") {
  Installation installation;
  installation.Start();
  installation.SetUp({"bot"});
  const ApiClient agent = installation.Agent("bot");
  Installation stranger;
  stranger.Start();
  stranger.SetUp({"bot"});
  const v1::AcquireLeaseResponse foreign = Acquire(stranger.Agent("bot"));
  CHECK(Refusals(agent, {foreign.token(), foreign.handle()}) ==
        std::vector<std::string>(2, "TOKEN_FOREIGN"));
  CHECK(Use(agent.WithToken(stranger.TokenOf("bot")), foreign.token()).code == kUnauthenticated);

  std::string later = *UnframeToken(TokenKind::kLeaseToken, Acquire(agent).token());
  later[0] = 2;
  CHECK(Refusals(agent, {FrameToken(TokenKind::kLeaseToken, AsBytes(later))}) ==
        std::vector<std::string>{"TOKEN_FORMAT"});
}

TEST_CASE("after a restore the tokens of before are refused, and what was stopped stays stopped") {
  Installation installation;
  installation.Start();
  installation.SetUp({"bot"});
  const v1::AcquireLeaseResponse old = Acquire(installation.Agent("bot"));
  const std::string backup = installation.DataFile("backup.db");
  REQUIRE(installation.Cli({"server", "backup", backup}).status == 0);
  REQUIRE(installation.Cli({"revoke", "--agent", "bot", "--reason", "theft"}).status == 0);
  REQUIRE(installation.server().Stop() == 0);
  const Ran restored = installation.Cli({"server", "restore", "--from", backup, "--yes"});
  INFO(restored.err);
  REQUIRE(restored.status == 0);
  installation.Start();
  const auto with_old = Use(installation.Agent("bot"), old.token());
  CHECK(with_old.code == kUnauthenticated);
  CHECK(with_old.reason == "RESTORED_EPOCH");
  v1::IssueTokenRequest issue;
  issue.set_agent("agents/bot");
  const auto token =
      installation.Operator().Call<v1::IssueTokenResponse>("IdentityService/IssueToken", issue);
  RequireOk("IssueToken", token);
  const ApiClient agent = installation.Agent("bot").WithToken(token.value.token());
  CHECK(Use(agent, old.token()).reason == "RESTORED_EPOCH");
  CHECK(agent
            .Call<v1::AcquireLeaseResponse>("LeaseService/AcquireLease",
                                            AcquireRequestFor("billing/key", "work"))
            .reason == "HELD");
  REQUIRE(installation.Cli({"resume", "--agent", "bot", "--reason", "found"}).status == 0);
  CHECK(Use(agent, Acquire(agent).token()).value.allowed());
}

TEST_CASE("a handle is for brokers alone") {
  Installation installation;
  installation.Start();
  installation.SetUp({"bot"});
  const ApiClient agent = installation.Agent("bot");
  const std::string handle = Acquire(agent).handle();
  v1::RenewLeaseRequest renew;
  renew.set_token(handle);
  v1::RevealSecretRequest reveal;
  reveal.set_token(handle);
  for (const CallStatus& status : std::vector<CallStatus>{
           agent.Call<v1::Lease>("LeaseService/RenewLease", renew),
           agent.Call<v1::RevealSecretResponse>("UseService/RevealSecret", reveal),
           Use(agent, handle)}) {
    INFO(status.message);
    CHECK(status.code == kPermissionDenied);
    CHECK(status.reason == "HANDLE_NOT_ALLOWED");
  }
}

TEST_CASE("a lease token is worth nothing with another identity") {
  Installation installation;
  installation.Start();
  installation.SetUp({"bot", "thief"});
  const v1::AcquireLeaseResponse lease = Acquire(installation.Agent("bot"));
  const ApiClient thief = installation.Agent("thief");
  const auto use = Use(thief, lease.token());
  RequireOk("AuthorizeUse", use);
  CHECK_FALSE(use.value.allowed());
  CHECK(use.value.reason() == "LEASE_NOT_BOUND");
  v1::ReleaseLeaseRequest release;
  release.set_token(lease.token());
  CHECK_FALSE(thief.Call<v1::Lease>("LeaseService/ReleaseLease", release).ok());
  CHECK(Use(installation.Agent("bot"), lease.token()).value.allowed());
}

TEST_CASE("an unknown and a forbidden secret give byte for byte the same answer") {
  Installation installation;
  installation.Start();
  installation.SetUp({"bot"});
  installation.PutSecret("payroll/key", RandomText());
  const ApiClient agent = installation.Agent("bot");
  v1::AcquireLeaseRequest strange = AcquireRequestFor("nothing/key", "work");
  v1::AcquireLeaseRequest forbidden = AcquireRequestFor("payroll/key", "work");
  for (const v1::Delivery delivery : {v1::DELIVERY_BROKERED, v1::DELIVERY_REVEALED}) {
    for (const std::string version : {"", "/versions/1", "/versions/7"}) {
      strange.set_delivery(delivery);
      strange.set_secret("secrets/nothing/key" + version);
      forbidden.set_delivery(delivery);
      forbidden.set_secret("secrets/payroll/key" + version);
      const auto unknown =
          agent.Call<v1::AcquireLeaseResponse>("LeaseService/AcquireLease", strange);
      const auto known =
          agent.Call<v1::AcquireLeaseResponse>("LeaseService/AcquireLease", forbidden);
      CHECK(unknown.reason == "NOT_FOUND_OR_FORBIDDEN");
      CHECK(unknown.code == known.code);
      CHECK(unknown.message == known.message);
      CHECK(unknown.details == known.details);
    }
  }
}

}  // namespace
}  // namespace leasehold
