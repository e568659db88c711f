// The real server on a disk that is really full; skipped where it cannot be mounted.

#include <catch2/catch.hpp>
#include <string>

#include "tests/support/installation.h"
#include "tests/support/pause.h"
#include "tests/support/small_disk.h"

namespace leasehold {
namespace {

constexpr int kUnavailable = 14;
// Room for the 64 MiB that revocations have in reserve, the mark below which uses are refused, and
// a little more.
constexpr uint64_t kDiskBytes = uint64_t{104} << 20;

Answer<v1::AcquireLeaseResponse> Acquire(const ApiClient& agent) {
  return agent.Call<v1::AcquireLeaseResponse>("LeaseService/AcquireLease",
                                              AcquireRequestFor("billing/key", "work"));
}

Answer<v1::AuthorizeUseResponse> Use(const ApiClient& agent,
                                     const Answer<v1::AcquireLeaseResponse>& lease) {
  return agent.Call<v1::AuthorizeUseResponse>("UseService/AuthorizeUse",
                                              UseRequestFor(lease.value.token(), "billing"));
}

Answer<v1::Revocation> Revoke(const Installation& installation, const v1::Selector& selector) {
  return installation.Revoker().Call<v1::Revocation>("RevocationService/Revoke",
                                                     RevokeRequestFor(selector));
}

// The server looks at the disk now and then: asks until it has noticed, a bounded number of times.
template <typename Ask>
bool Eventually(const Ask& ask) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    if (ask()) return true;
    Pause(10);
  }
  return false;
}

void CheckFull(const Installation& installation, const Answer<v1::AcquireLeaseResponse>& lease) {
  const ApiClient agent = installation.Agent("other");
  for (const CallStatus& status :
       std::initializer_list<CallStatus>{Acquire(agent), Use(agent, lease)}) {
    INFO(status.message);
    CHECK(status.code == kUnavailable);
    CHECK(status.reason == "LEDGER_FULL");
  }
}

TEST_CASE("on a full disk uses are refused, revocations and releases go on, room mends it") {
  SmallDisk disk(kDiskBytes);
  Installation installation(disk.folder().path());
  installation.Start();
  installation.SetUp({"bot", "other"});
  const auto revoked = Acquire(installation.Agent("bot"));
  RequireOk("AcquireLease", revoked);
  const auto released = Acquire(installation.Agent("other"));
  RequireOk("AcquireLease", released);
  const auto released_by_operator = Acquire(installation.Agent("other"));
  RequireOk("AcquireLease", released_by_operator);
  const auto kept = Acquire(installation.Agent("other"));
  RequireOk("AcquireLease", kept);

  disk.Fill();
  CHECK(Eventually([&] { return !Acquire(installation.Agent("other")).ok(); }));
  CheckFull(installation, kept);
  RequireOk("Revoke", Revoke(installation, AgentSelector("bot")));
  v1::ReleaseLeaseRequest release;
  release.set_token(released.value.token());
  RequireOk("ReleaseLease",
            installation.Agent("other").Call<v1::Lease>("LeaseService/ReleaseLease", release));
  // The operator's way to release is another one.
  v1::ReleaseLeaseRequest by_name;
  by_name.set_name(released_by_operator.value.lease().name());
  RequireOk("ReleaseLease",
            installation.Operator().Call<v1::Lease>("LeaseService/ReleaseLease", by_name));
  disk.Fill();
  for (int i = 0; i < 200; ++i) {
    v1::RevokeRequest more = RevokeRequestFor(AgentSelector("bot"));
    RequireOk("Revoke",
              installation.Revoker().Call<v1::Revocation>("RevocationService/Revoke", more));
  }
  CheckFull(installation, kept);

  SECTION("a restart after kill -9 on the full disk") {
    installation.server().Kill();
    disk.Fill();
    installation.Start();
    disk.Fill();
    CheckFull(installation, kept);
    RequireOk("Revoke", Revoke(installation, AgentSelector("bot")));
  }
  SECTION("a clean restart on the full disk") {
    CHECK(installation.server().Stop() == 0);
    disk.Fill();
    installation.Start();
    disk.Fill();
    CheckFull(installation, kept);
    RequireOk("Revoke", Revoke(installation, AgentSelector("bot")));
  }
  SECTION("the same server") {}

  disk.MakeRoom();
  CHECK(Eventually([&] { return Acquire(installation.Agent("other")).ok(); }));
  CHECK(Use(installation.Agent("other"), kept).value.allowed());
  CHECK(Use(installation.Agent("other"), released).value.reason() == "LEASE_RELEASED");
  CHECK(Use(installation.Agent("bot"), revoked).value.reason() == "LEASE_REVOKED");
  CHECK(Acquire(installation.Agent("bot")).reason == "HELD");
  CHECK(installation.server().Stop() == 0);
  installation.CheckLedgerVerifies();
}

}  // namespace
}  // namespace leasehold
