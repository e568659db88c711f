#include "tests/support/load_client.h"

#include <algorithm>

namespace leasehold {
namespace {

// gRPC's codes for a server that went away, is going, or was not reached.
constexpr int kCancelled = 1;
constexpr int kUnavailable = 14;

}  // namespace

void LoadClient::Connect() {
  as_agent_.emplace(installation_.Agent(agent_));
  as_revoker_.emplace(installation_.Revoker());
  as_operator_.emplace(installation_.Operator());
}

bool LoadClient::IsGone(const CallStatus& status) {
  return status.code == kUnavailable || status.code == kCancelled;
}

KnownLease* LoadClient::AnyLease() {
  if (leases_.empty()) return nullptr;
  const size_t back = std::min<size_t>(leases_.size(), random_() % 4 == 0 ? leases_.size() : 8);
  return &leases_[leases_.size() - 1 - random_() % back];
}

bool LoadClient::Step() {
  const uint64_t dice = random_() % 100;
  if (held_ != Known::kNo && dice < 50) return Resume();
  if (dice < 35) return Acquire();
  if (dice < 70) return Use();
  if (dice < 76) return Reveal();
  if (dice < 80) return Renew();
  if (dice < 88) return Release();
  if (dice < 95) return RevokeLease();
  return RevokeMany();
}

bool LoadClient::Acquire() {
  v1::AcquireLeaseRequest request = AcquireRequestFor("billing/key", AnyWorkflow());
  request.set_delivery(random_() % 4 == 0 ? v1::DELIVERY_REVEALED : v1::DELIVERY_BROKERED);
  request.set_request_id(std::to_string(++requests_));
  const auto answer =
      as_agent_->Call<v1::AcquireLeaseResponse>("LeaseService/AcquireLease", request);
  if (IsGone(answer)) {
    unanswered_ = request;
    return false;
  }
  TakeAnswer(request, answer);
  return true;
}

void LoadClient::TakeAnswer(const v1::AcquireLeaseRequest& request,
                            const Answer<v1::AcquireLeaseResponse>& answer) {
  const bool held = answer.reason == "HELD";
  if (!answer.ok() && !held) {
    Complain("a lease was refused: " + answer.message);
    return;
  }
  if (held_ != Known::kPerhaps && held != (held_ == Known::kYes)) {
    Complain(held ? "a lease was refused without a hold" : "a hold was not kept");
  }
  held_ = held ? Known::kYes : Known::kNo;
  if (held) return;
  leases_.push_back({.name = answer.value.lease().name(),
                     .token = answer.value.token(),
                     .workflow = request.workflow().substr(std::string("workflows/").size()),
                     .revealed = request.delivery() == v1::DELIVERY_REVEALED,
                     .issue_index = answer.value.lease().issue_index()});
}

void LoadClient::Repeat() {
  if (!unanswered_.has_value()) return;
  // It may have happened under a hold that it preceded; then the same answer comes again.
  const Known held = std::exchange(held_, Known::kPerhaps);
  const auto answer = installation_.Agent(agent_).Call<v1::AcquireLeaseResponse>(
      "LeaseService/AcquireLease", *unanswered_);
  TakeAnswer(*unanswered_, answer);
  held_ = held;
  unanswered_.reset();
}

void LoadClient::Settle(KnownLease& lease, const v1::AuthorizeUseResponse& use) {
  const bool ended = lease.revoked == Known::kYes || lease.released == Known::kYes;
  const bool live = lease.revoked == Known::kNo && lease.released == Known::kNo;
  if (use.allowed() ? ended : live) {
    Complain("lease " + lease.name + (use.allowed() ? " was usable" : " was refused with ") +
             use.reason());
  }
  if (use.entry() != 0) uses_.push_back({use.entry(), lease.name, use.allowed()});
  if (use.allowed()) {
    // What was not acknowledged did not happen.
    if (lease.revoked == Known::kPerhaps) lease.revoked = Known::kNo;
    if (lease.released == Known::kPerhaps) lease.released = Known::kNo;
  } else if (use.reason() == "LEASE_REVOKED") {
    lease.revoked = Known::kYes;
  } else if (use.reason() == "LEASE_RELEASED") {
    lease.released = Known::kYes;
  } else {
    Complain("lease " + lease.name + " was refused with " + use.reason());
  }
}

bool LoadClient::Use() {
  KnownLease* const lease = AnyLease();
  if (lease == nullptr) return Acquire();
  const auto answer = as_agent_->Call<v1::AuthorizeUseResponse>(
      "UseService/AuthorizeUse", UseRequestFor(lease->token, "billing"));
  if (IsGone(answer)) return false;
  if (!answer.ok()) {
    Complain("a use was not judged: " + answer.message);
    return true;
  }
  Settle(*lease, answer.value);
  return true;
}

// A value may only be given out when its entry is durable.
bool LoadClient::Reveal() {
  KnownLease* const lease = AnyLease();
  if (lease == nullptr || !lease->revealed) return Acquire();
  v1::RevealSecretRequest request;
  request.set_token(lease->token);
  const auto answer = as_agent_->Call<v1::RevealSecretResponse>("UseService/RevealSecret", request);
  if (IsGone(answer)) return false;
  v1::AuthorizeUseResponse use;
  use.set_allowed(answer.ok());
  use.set_reason(answer.reason);
  use.set_entry(answer.value.entry());
  Settle(*lease, use);
  return true;
}

bool LoadClient::Renew() {
  KnownLease* const lease = AnyLease();
  if (lease == nullptr || held_ != Known::kNo) return Acquire();
  v1::RenewLeaseRequest request;
  request.set_token(lease->token);
  const auto answer = as_agent_->Call<v1::Lease>("LeaseService/RenewLease", request);
  if (IsGone(answer)) return false;
  v1::AuthorizeUseResponse use;
  use.set_allowed(answer.ok());
  use.set_reason(answer.reason);
  Settle(*lease, use);
  if (answer.ok()) lease->expire_s = answer.value.expire_time().seconds();
  return true;
}

bool LoadClient::Release() {
  KnownLease* const lease = AnyLease();
  if (lease == nullptr) return Acquire();
  if (lease->released == Known::kNo) lease->released = Known::kPerhaps;
  v1::ReleaseLeaseRequest request;
  request.set_token(lease->token);
  const auto answer = as_agent_->Call<v1::Lease>("LeaseService/ReleaseLease", request);
  if (IsGone(answer)) return false;
  if (!answer.ok()) Complain("a lease could not be released: " + answer.message);
  lease->released = Known::kYes;
  return true;
}

void LoadClient::Covered(KnownLease& lease, uint64_t index) {
  lease.revoked = Known::kYes;
  if (lease.revoked_at == 0) lease.revoked_at = index;
}

bool LoadClient::RevokeLease() {
  KnownLease* const lease = AnyLease();
  if (lease == nullptr) return Acquire();
  if (lease->revoked == Known::kNo) lease->revoked = Known::kPerhaps;
  const auto answer = as_revoker_->Call<v1::Revocation>(
      "RevocationService/Revoke", RevokeRequestFor(LeaseSelector(lease->name)));
  if (IsGone(answer)) return false;
  if (!answer.ok()) {
    Complain("a lease could not be revoked: " + answer.message);
    return true;
  }
  Covered(*lease, answer.value.index());
  controls_.push_back({answer.value.index(), "revoked"});
  return true;
}

// The agent with or without a hold, or one of its workflows.
bool LoadClient::RevokeMany() {
  v1::Selector selector = AgentSelector(agent_);
  std::string workflow;
  if (random_() % 2 == 0 && !leases_.empty()) {
    workflow = leases_.back().workflow;
    selector.Clear();
    selector.set_workflow("workflows/" + workflow);
  }
  v1::RevokeRequest request = RevokeRequestFor(selector);
  const bool hold = workflow.empty() && random_() % 2 == 0;
  request.set_leases_only(!hold);
  const auto covers = [&workflow](const KnownLease& lease) {
    return workflow.empty() || lease.workflow == workflow;
  };
  for (KnownLease& lease : leases_) {
    if (covers(lease) && lease.revoked == Known::kNo) lease.revoked = Known::kPerhaps;
  }
  if (hold && held_ == Known::kNo) held_ = Known::kPerhaps;
  const auto answer = as_revoker_->Call<v1::Revocation>("RevocationService/Revoke", request);
  if (IsGone(answer)) return false;
  if (!answer.ok()) {
    Complain("leases could not be revoked: " + answer.message);
    return true;
  }
  for (KnownLease& lease : leases_) {
    if (covers(lease)) Covered(lease, answer.value.index());
  }
  if (hold) held_ = Known::kYes;
  controls_.push_back({answer.value.index(), "revoked"});
  return true;
}

bool LoadClient::Resume() {
  v1::ResumeRequest request;
  *request.mutable_selector() = AgentSelector(agent_);
  request.set_reason("a test");
  const bool held = held_ == Known::kYes;
  held_ = Known::kPerhaps;
  const auto answer = as_operator_->Call<v1::ResumeResponse>("RevocationService/Resume", request);
  if (IsGone(answer)) return false;
  held_ = Known::kNo;
  if (answer.ok()) {
    controls_.push_back({answer.value.index(), "hold_cleared"});
  } else if (held || answer.reason != "NOT_FOUND") {
    Complain("a hold could not be cleared: " + answer.message);
  }
  return true;
}

}  // namespace leasehold
