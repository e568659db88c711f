// A clock that cannot be trusted, as a server finds it when it starts: the mark in the database
// says what time it was at least.

#include "absl/time/clock.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/support/installation.h"

namespace leasehold {
namespace {

Answer<v1::AcquireLeaseResponse> Acquire(const ApiClient& agent) {
  return agent.Call<v1::AcquireLeaseResponse>("LeaseService/AcquireLease",
                                              AcquireRequestFor("billing/key", "work"));
}

std::string RefusalOf(const ApiClient& agent, const std::string& token) {
  const auto use = agent.Call<v1::AuthorizeUseResponse>("UseService/AuthorizeUse",
                                                        UseRequestFor(token, "billing"));
  RequireOk("AuthorizeUse", use);
  return use.value.reason();
}

// Stops the server, moves the mark from now, and starts it again.
void RestartWithMark(Installation& installation, absl::Duration from_now,
                     const std::string& boot_id) {
  REQUIRE(installation.server().Stop() == 0);
  std::string change = "UPDATE head SET mark_unix_ms = " +
                       std::to_string(absl::ToUnixMillis(absl::Now() + from_now));
  if (!boot_id.empty()) change += ", mark_boot_id = '" + boot_id + "'";
  const Ran ran = RunProgram({"sqlite3", installation.DataFile("leasehold.db"), change});
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  installation.Start();
}

size_t ClockMarks(const Installation& installation) {
  v1::ListEntriesRequest marks;
  marks.add_kinds("clock_mark");
  return EntriesOf(installation.Operator(), marks).size();
}

TEST_CASE(
    "after a reboot with a clock that went back all leases are revoked, and the ledger says so") {
  Installation installation;
  installation.Start();
  installation.SetUp({"bot"});
  const auto lease = Acquire(installation.Agent("bot"));
  RequireOk("AcquireLease", lease);
  // Within the lease's hour: it has not expired, whatever the time is.
  RestartWithMark(installation, absl::Minutes(10), "another-boot");
  CHECK(ClockMarks(installation) == 1);
  CHECK(RefusalOf(installation.Agent("bot"), lease.value.token()) == "LEASE_REVOKED");
  // Time goes on from the mark, so that new leases are not longer than they say.
  const auto fresh = Acquire(installation.Agent("bot"));
  RequireOk("AcquireLease", fresh);
  CHECK(fresh.value.lease().create_time().seconds() >
        absl::ToUnixSeconds(absl::Now() + absl::Minutes(9)));
  CHECK(RefusalOf(installation.Agent("bot"), fresh.value.token()) == "");
  REQUIRE(installation.server().Stop() == 0);
  installation.CheckLedgerVerifies();
}

TEST_CASE("after a reboot with a clock that went on leases live as long as they were to") {
  Installation installation;
  installation.Start();
  installation.SetUp({"bot"});
  const auto lease = Acquire(installation.Agent("bot"));
  RequireOk("AcquireLease", lease);
  RestartWithMark(installation, -absl::Seconds(1), "another-boot");
  CHECK(ClockMarks(installation) == 0);
  CHECK(RefusalOf(installation.Agent("bot"), lease.value.token()) == "");
}

TEST_CASE("without a reboot a wall clock behind the mark does not make a lease longer") {
  Installation installation;
  installation.Start();
  installation.SetUp({"bot"});
  const auto lease = Acquire(installation.Agent("bot"));
  RequireOk("AcquireLease", lease);
  // The mark is two hours on: the lease's hour is over, although the wall clock says otherwise.
  RestartWithMark(installation, absl::Hours(2), "");
  CHECK(RefusalOf(installation.Agent("bot"), lease.value.token()) == "LEASE_EXPIRED");
}

}  // namespace
}  // namespace leasehold
