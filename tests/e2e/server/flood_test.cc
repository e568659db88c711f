// Callers who are refused at full speed hold nobody up: not a revocation, nor a use that is due.

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "tests/support/installation.h"

namespace leasehold {
namespace {

// Keeps so many refused calls under way on a connection of its own until it is told to stop: each
// that is answered begins the next.
class RefusedCalls {
 public:
  RefusedCalls(const std::string& address, int under_way)
      // A token of the right form that nobody has, so that each is looked up and refused.
      : client_(address, "lha_" + RandomText()) {
    for (int i = 0; i < under_way; ++i) Begin();
  }
  ~RefusedCalls() {
    const auto over = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return under_way_ == 0; };
    absl::MutexLock lock(&mu_);
    stop_ = true;
    mu_.Await(absl::Condition(&over));
  }

  uint64_t refused() const {
    absl::MutexLock lock(&mu_);
    return refused_;
  }
  // Until so many were refused.
  void AwaitRefused(uint64_t count) const {
    const auto enough = [this, count]()
                            ABSL_SHARED_LOCKS_REQUIRED(mu_) { return refused_ >= count; };
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(&enough));
  }

 private:
  void Begin() {
    {
      absl::MutexLock lock(&mu_);
      if (stop_) return;
      ++under_way_;
    }
    client_.Start("UseService/AuthorizeUse", UseRequestFor("lhl_nothing", "billing"),
                  [this](const CallStatus& status, const std::string&) {
                    Begin();
                    absl::MutexLock lock(&mu_);
                    --under_way_;
                    refused_ += status.ok() ? 0 : 1;
                  });
  }

  const ApiClient client_;
  mutable absl::Mutex mu_;
  int under_way_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t refused_ ABSL_GUARDED_BY(mu_) = 0;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
};

TEST_CASE("under a flood of refused calls a revocation is acknowledged and uses are answered") {
  constexpr int kConnections = 8;
  constexpr int kUnderWay = 900;  // a connection may have 1,000 calls
  Installation installation;
  installation.Start();
  installation.SetUp({"bot", "other"});
  const ApiClient bot = installation.Agent("bot");
  const ApiClient other = installation.Agent("other");
  const auto take = [](const ApiClient& agent) {
    const auto lease = agent.Call<v1::AcquireLeaseResponse>(
        "LeaseService/AcquireLease", AcquireRequestFor("billing/key", "work"));
    RequireOk("AcquireLease", lease);
    return lease.value;
  };
  const v1::AcquireLeaseResponse lease = take(bot);
  const v1::AcquireLeaseResponse kept = take(other);
  const auto use = [](const ApiClient& agent, const std::string& token) {
    return agent.Call<v1::AuthorizeUseResponse>("UseService/AuthorizeUse",
                                                UseRequestFor(token, "billing"));
  };
  std::vector<std::unique_ptr<RefusedCalls>> flood;
  for (int i = 0; i < kConnections; ++i) {
    flood.push_back(
        std::make_unique<RefusedCalls>(installation.server().Endpoint("grpc"), kUnderWay));
  }
  for (const auto& calls : flood) calls->AwaitRefused(kUnderWay);

  const ApiClient revoker = installation.Revoker();
  for (int round = 0; round < 2; ++round) {
    RequireOk("Revoke", revoker.Call<v1::Revocation>("RevocationService/Revoke",
                                                     RevokeRequestFor(AgentSelector("bot"))));
    const auto after = use(bot, lease.token());
    RequireOk("AuthorizeUse", after);
    CHECK(after.value.reason() == "LEASE_REVOKED");
    const auto allowed = use(other, kept.token());
    RequireOk("AuthorizeUse", allowed);
    CHECK(allowed.value.allowed());
  }
  // It went on meanwhile.
  for (const auto& calls : flood) calls->AwaitRefused(calls->refused() + 1);
}

}  // namespace
}  // namespace leasehold
