// An agent that is refused all the time does not fill the ledger, and yet every refusal is counted.

#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "absl/synchronization/mutex.h"
#include "tests/support/installation.h"

namespace leasehold {
namespace {

constexpr int kRefusals = 20'000;
// More than fit into one batch, fewer than one agent may have under way.
constexpr int kUnderWay = 500;
// Ten entries for each of the few kinds of refusals here, twice where a minute ends meanwhile, and
// the names they mention. One refusal an entry would be 20,000.
constexpr size_t kEntriesMax = 100;

// Calls `start(i, done)` for every i below `count`, no more than kUnderWay at once.
void RunAll(int count, const std::function<void(int, std::function<void()>)>& start) {
  absl::Mutex mu;
  int under_way = 0;
  for (int i = 0; i < count; ++i) {
    {
      const auto room = [&under_way] { return under_way < kUnderWay; };
      absl::MutexLock lock(&mu);
      mu.Await(absl::Condition(&room));
      ++under_way;
    }
    start(i, [&mu, &under_way] {
      absl::MutexLock lock(&mu);
      --under_way;
    });
  }
  const auto over = [&under_way] { return under_way == 0; };
  absl::MutexLock lock(&mu);
  mu.Await(absl::Condition(&over));
}

// Denials in the usage map that `query` selects.
uint64_t Denied(const Installation& installation, const v1::QueryUsageRequest& query) {
  const auto usage =
      installation.Operator().Call<v1::QueryUsageResponse>("LedgerService/QueryUsage", query);
  RequireOk("QueryUsage", usage);
  uint64_t denied = 0;
  for (const v1::UsageRow& row : usage.value.rows()) denied += row.denied();
  return denied;
}

TEST_CASE("20,000 refused leases cost a few dozen entries and are all counted") {
  Installation installation;
  installation.Start();
  installation.SetUp({"bot"});
  installation.PutSecret("payroll/key", RandomText());
  const ApiClient agent = installation.Agent("bot");
  const size_t before = EntriesOf(installation.Operator()).size();
  absl::Mutex mu;
  uint64_t refused = 0;
  RunAll(kRefusals, [&](int i, std::function<void()> done) {
    // Forbidden ones, and ever new names that nobody has.
    const std::string secret = i % 2 == 0 ? "payroll/key" : "guess-" + std::to_string(i) + "/key";
    const std::string workflow = "guess-" + std::to_string(i % 100);
    agent.Start("LeaseService/AcquireLease", AcquireRequestFor(secret, workflow),
                [&mu, &refused, done](const CallStatus& status, const std::string&) {
                  {
                    absl::MutexLock lock(&mu);
                    if (status.reason == "NOT_FOUND_OR_FORBIDDEN") ++refused;
                  }
                  done();
                });
  });
  CHECK(refused == kRefusals);
  CHECK(EntriesOf(installation.Operator()).size() < before + kEntriesMax);
  // Stopping writes what was only counted.
  REQUIRE(installation.server().Stop() == 0);
  installation.Start();
  CHECK(EntriesOf(installation.Operator()).size() < before + kEntriesMax);
  v1::QueryUsageRequest query;
  query.set_agent("agents/bot");
  CHECK(Denied(installation, query) == refused);
}

TEST_CASE("20,000 refused uses cost a few dozen entries and are all counted") {
  Installation installation;
  installation.Start();
  installation.SetUp({"bot"});
  const ApiClient agent = installation.Agent("bot");
  const auto lease = agent.Call<v1::AcquireLeaseResponse>("LeaseService/AcquireLease",
                                                          AcquireRequestFor("billing/key", "work"));
  RequireOk("AcquireLease", lease);
  const size_t before = EntriesOf(installation.Operator()).size();
  absl::Mutex mu;
  uint64_t refused = 0;
  RunAll(kRefusals, [&](int i, std::function<void()> done) {
    v1::AuthorizeUseRequest write =
        UseRequestFor(lease.value.token(), "billing", "/items/" + std::to_string(i));
    write.set_method("POST");
    agent.Start(
        "UseService/AuthorizeUse", write,
        [&mu, &refused, done](const CallStatus& status, const std::string& bytes) {
          v1::AuthorizeUseResponse use;
          if (status.ok() && use.ParseFromString(bytes) && use.reason() == "POLICY_DENIED") {
            absl::MutexLock lock(&mu);
            ++refused;
          }
          done();
        });
  });
  CHECK(refused == kRefusals);
  REQUIRE(installation.server().Stop() == 0);
  installation.Start();
  CHECK(EntriesOf(installation.Operator()).size() < before + kEntriesMax);
  v1::QueryUsageRequest query;
  query.set_agent("agents/bot");
  query.set_destination("targets/billing");
  CHECK(Denied(installation, query) == refused);
}

}  // namespace
}  // namespace leasehold
