// Starting, being watched, and stopping.

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "leasehold/v1/admin.pb.h"
#include "tests/support/installation.h"

namespace leasehold {
namespace {

v1::AcquireLeaseResponse Acquire(const ApiClient& agent, const std::string& workflow) {
  auto lease = agent.Call<v1::AcquireLeaseResponse>("LeaseService/AcquireLease",
                                                    AcquireRequestFor("billing/key", workflow));
  RequireOk("AcquireLease", lease);
  return lease.value;
}

std::string Fetch(const std::string& url) {
  const Ran fetched = RunProgram({"curl", "-sS", "--fail", "http://" + url});
  INFO(url << ": " << fetched.err);
  CHECK(fetched.status == 0);
  return fetched.out;
}

TEST_CASE("SIGTERM ends the server cleanly, with a snapshot, and nothing is replayed") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  Installation installation;
  installation.Start();
  installation.SetUp({"bot"});
  // Connections that stay open must not keep the server.
  const ApiClient agent = installation.Agent("bot");
  const ApiClient admin = installation.Operator();
  const v1::AcquireLeaseResponse lease = Acquire(agent, "work");
  const uint64_t size = EntriesOf(admin).size();

  ::kill(installation.server().pid(), signal);
  CHECK(installation.server().AwaitEnd() == 0);
  for (const char* name : {"endpoints.json", "admin.sock", "revoke.sock", "agent.sock",
                           "adapter.sock", "leasehold.db-wal", "leasehold.db-shm"}) {
    INFO(name);
    CHECK_FALSE(std::filesystem::exists(installation.DataFile(name)));
  }

  installation.Start();
  const std::vector<v1::LedgerEntry> entries = EntriesOf(installation.Operator());
  // The snapshot is the last entry and covers all before it.
  CHECK(entries.size() == size + 1);
  CHECK(entries.back().kind() == "snapshot");
  const auto use = installation.Agent("bot").Call<v1::AuthorizeUseResponse>(
      "UseService/AuthorizeUse", UseRequestFor(lease.token(), "billing"));
  RequireOk("AuthorizeUse", use);
  CHECK(use.value.allowed());
}

TEST_CASE("a server that is told to stop in the middle of work answers what it took in") {
  Installation installation;
  installation.Start();
  installation.SetUp({"bot"});
  const ApiClient agent = installation.Agent("bot");
  // Some are answered before the signal, some after; each has to be answered one way or the other.
  constexpr int kCalls = 400;
  struct Count {
    absl::Mutex mu;
    int issued = 0;
    int refused = 0;
    std::string other;
  } count;
  for (int i = 0; i < kCalls; ++i) {
    agent.Start("LeaseService/AcquireLease", AcquireRequestFor("billing/key", "work"),
                [&count](const CallStatus& status, const std::string&) {
                  absl::MutexLock lock(&count.mu);
                  if (status.ok()) {
                    ++count.issued;
                  } else {
                    ++count.refused;
                    // UNAVAILABLE; CANCELLED where the call was taken in and the server is gone.
                    if (status.code != 14 && status.code != 1) count.other = status.message;
                  }
                });
    if (i == kCalls / 2) ::kill(installation.server().pid(), SIGTERM);
  }
  CHECK(installation.server().AwaitEnd() == 0);
  const auto all = [&count] { return count.issued + count.refused == kCalls; };
  absl::MutexLock lock(&count.mu);
  count.mu.Await(absl::Condition(&all));
  CHECK(count.other == "");
  installation.Start();
  v1::ListEntriesRequest issued;
  issued.add_kinds("lease_issued");
  CHECK(EntriesOf(installation.Operator(), issued).size() >= static_cast<size_t>(count.issued));
}

TEST_CASE("the probes answer, and the metrics of a server at work are what promtool wants") {
  Installation installation;
  installation.Start();
  installation.SetUp({"bot"});
  const ApiClient agent = installation.Agent("bot");
  const v1::AcquireLeaseResponse lease = Acquire(agent, "work");
  RequireOk("AuthorizeUse",
            agent.Call<v1::AuthorizeUseResponse>("UseService/AuthorizeUse",
                                                 UseRequestFor(lease.token(), "billing")));
  RequireOk("Revoke", installation.Revoker().Call<v1::Revocation>(
                          "RevocationService/Revoke", RevokeRequestFor(AgentSelector("bot"))));
  RequireOk("GetStatus", installation.Operator().Call<v1::Status>("AdminService/GetStatus",
                                                                  v1::GetStatusRequest()));
  const std::string address = installation.server().Endpoint("metrics");
  Fetch(address + "/healthz");
  Fetch(address + "/readyz");
  const std::string metrics = Fetch(address + "/metrics");
  for (const char* line :
       {"leasehold_ready 1", "leasehold_leases_issued_total{delivery=\"brokered\"} 1",
        "leasehold_uses_total{adapter=\"grpc\",decision=\"allowed\"",
        "leasehold_revocations_total{selector=\"agent\"} 1", "leasehold_leases_active 0",
        "grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"AcquireLease\""}) {
    INFO(line << " is not in:\n" << metrics);
    CHECK(metrics.find(line) != std::string::npos);
  }
  // Neither agents nor secrets are labels.
  CHECK(metrics.find("billing") == std::string::npos);
  CHECK(metrics.find("bot") == std::string::npos);

  if (RunProgram({"sh", "-c", "command -v promtool"}).status != 0) {
    WARN("skipped: promtool is missing, which Debian's package prometheus has");
    return;
  }
  const TempFolder folder;
  std::ofstream(folder.File("metrics")) << metrics;
  const Ran checked =
      RunProgram({"sh", "-c", "promtool check metrics < " + folder.File("metrics")});
  INFO(checked.out << checked.err);
  CHECK(checked.status == 0);
  CHECK(checked.out + checked.err == "");
}

TEST_CASE("--revoke-all-at-start revokes before anybody is served") {
  Installation installation;
  installation.Start();
  installation.SetUp({"bot"});
  const v1::AcquireLeaseResponse lease = Acquire(installation.Agent("bot"), "work");
  REQUIRE(installation.server().Kill() == -SIGKILL);
  installation.options().arguments = {"--revoke-all-at-start", "a laptop was stolen"};
  installation.Start();
  const auto use = installation.Agent("bot").Call<v1::AuthorizeUseResponse>(
      "UseService/AuthorizeUse", UseRequestFor(lease.token(), "billing"));
  RequireOk("AuthorizeUse", use);
  CHECK_FALSE(use.value.allowed());
  CHECK(use.value.reason() == "LEASE_REVOKED");
}

}  // namespace
}  // namespace leasehold
