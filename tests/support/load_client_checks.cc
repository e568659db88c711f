// What a client asks a server that was started again.

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "tests/support/load_client.h"

namespace leasehold {

void LoadClient::CheckRecords(const std::vector<v1::LedgerEntry>& ledger) {
  const auto at = [&ledger](uint64_t index) {
    static const v1::LedgerEntry kNone;
    return index < ledger.size() ? &ledger[index] : &kNone;
  };
  for (const KnownLease& lease : leases_) {
    const v1::LedgerEntry& entry = *at(lease.issue_index);
    if (entry.kind() != "lease_issued" || entry.lease() != lease.name) {
      Complain("the issue of " + lease.name + " was lost");
    }
  }
  for (const AnsweredUse& use : uses_) {
    const v1::LedgerEntry& entry = *at(use.index);
    if (entry.kind() != "use" || entry.lease() != use.lease ||
        (entry.verdict() == "allowed") != use.allowed) {
      Complain("the use at " + std::to_string(use.index) + " was lost");
    }
  }
  for (const AnsweredControl& control : controls_) {
    if (at(control.index)->kind() != control.kind) {
      Complain("the entry " + control.kind + " at " + std::to_string(control.index) + " was lost");
    }
  }
}

// The client knows of every lease that it has: none was issued twice for one request, or forgotten.
void LoadClient::CheckIssued(const std::vector<v1::LedgerEntry>& ledger) {
  std::set<std::string> issued;
  for (const v1::LedgerEntry& entry : ledger) {
    if (entry.kind() == "lease_issued" && entry.agent() == "agents/" + agent_) {
      issued.insert(entry.lease());
    }
  }
  std::set<std::string> known;
  for (const KnownLease& lease : leases_) known.insert(lease.name);
  if (issued != known) {
    Complain("it knows " + std::to_string(known.size()) + " leases, but was issued " +
             std::to_string(issued.size()));
  }
}

void LoadClient::CheckRenewals() {
  const ApiClient agent = installation_.Agent(agent_);
  for (KnownLease& lease : leases_) {
    if (lease.expire_s == 0) continue;
    v1::GetLeaseRequest request;
    request.set_name(lease.name);
    const auto answer = agent.Call<v1::Lease>("LeaseService/GetLease", request);
    if (!answer.ok() || answer.value.expire_time().seconds() < lease.expire_s) {
      Complain("the renewal of " + lease.name + " was lost");
    }
    lease.expire_s = 0;
  }
}

void LoadClient::CheckOrder(const std::vector<v1::LedgerEntry>& ledger) {
  std::map<std::string, uint64_t> revoked_at;
  for (const KnownLease& lease : leases_) {
    if (lease.revoked_at != 0) revoked_at[lease.name] = lease.revoked_at;
  }
  for (const v1::LedgerEntry& entry : ledger) {
    if (entry.kind() != "use" || entry.verdict() != "allowed") continue;
    const auto revoked = revoked_at.find(entry.lease());
    if (revoked != revoked_at.end() && entry.index() > revoked->second) {
      Complain("a use at " + std::to_string(entry.index()) + " comes after its revocation");
    }
  }
}

void LoadClient::CheckLeases(const ApiClient& agent) {
  constexpr size_t kBatch = 1000;
  for (size_t first = 0; first < leases_.size(); first += kBatch) {
    const size_t end = std::min(leases_.size(), first + kBatch);
    v1::BatchAuthorizeUseRequest request;
    for (size_t i = first; i < end; ++i) {
      *request.add_requests() = UseRequestFor(leases_[i].token, "billing");
    }
    const auto answer =
        agent.Call<v1::BatchAuthorizeUseResponse>("UseService/BatchAuthorizeUse", request);
    RequireOk("BatchAuthorizeUse", answer);
    REQUIRE(answer.value.results_size() == request.requests_size());
    for (size_t i = first; i < end; ++i) {
      Settle(leases_[i], answer.value.results(static_cast<int>(i - first)).response());
    }
  }
}

void LoadClient::CheckHold(const ApiClient& agent) {
  const v1::AcquireLeaseRequest request = AcquireRequestFor("billing/key", agent_ + "/check");
  TakeAnswer(request, agent.Call<v1::AcquireLeaseResponse>("LeaseService/AcquireLease", request));
}

void LoadClient::Check(const std::vector<v1::LedgerEntry>& ledger) {
  const ApiClient agent = installation_.Agent(agent_);
  CheckRecords(ledger);
  CheckIssued(ledger);
  CheckOrder(ledger);
  CheckRenewals();
  CheckLeases(agent);
  CheckHold(agent);
}

}  // namespace leasehold
