#include "tests/support/load.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>
#include <random>
#include <thread>
#include <utility>

namespace leasehold {
namespace {

// gRPC's code for a server that went away, is going, or was not reached.
constexpr int kCancelled = 1;
constexpr int kUnavailable = 14;

// What a client knows of something that it asked for.
enum class Known { kNo, kYes, kPerhaps };

struct KnownLease {
  std::string name;
  std::string token;
  std::string workflow;
  uint64_t issue_index = 0;
  Known revoked = Known::kNo;
  Known released = Known::kNo;
  uint64_t revoked_at = 0;  // index of the first acknowledged revocation that covers it
};

struct AnsweredUse {
  uint64_t index = 0;
  std::string lease;
  bool allowed = false;
};

struct AnsweredControl {
  uint64_t index = 0;
  std::string kind;  // of its entry
};

}  // namespace

class Load::Client {
 public:
  Client(Load& load, std::string agent, uint64_t seed)
      : load_(load), agent_(std::move(agent)), random_(seed) {}

  void Start() {
    // The connections are made by the thread that knows that the server runs.
    as_agent_.emplace(load_.installation_.Agent(agent_));
    as_revoker_.emplace(load_.installation_.Revoker());
    as_operator_.emplace(load_.installation_.Operator());
    thread_ = std::thread([this] {
      while (Step()) load_.Answered();
      absl::MutexLock lock(&load_.mu_);
      --load_.running_;
    });
  }
  void Join() {
    if (thread_.joinable()) thread_.join();
  }
  const std::vector<std::string>& complaints() const { return complaints_; }

  void Check(const std::vector<v1::LedgerEntry>& ledger);

 private:
  // One call; false where the server has gone.
  bool Step();
  bool Acquire();
  bool Use();
  bool Release();
  bool RevokeLease();
  bool RevokeMany();
  bool Resume();
  void Covered(KnownLease& lease, uint64_t index);
  void CheckRecords(const std::vector<v1::LedgerEntry>& ledger);
  void CheckOrder(const std::vector<v1::LedgerEntry>& ledger);
  void CheckLeases(const ApiClient& agent);
  void Settle(KnownLease& lease, const v1::AuthorizeUseResponse& use);
  void CheckHold(const ApiClient& agent);

  // Whether the call has no answer.
  bool IsGone(const CallStatus& status) const {
    return status.code == kUnavailable || status.code == kCancelled;
  }
  void Complain(std::string sentence) {
    complaints_.push_back(agent_ + ": " + std::move(sentence));
  }
  KnownLease* AnyLease() {
    if (leases_.empty()) return nullptr;
    // Mostly a young one: of these the most are live.
    const size_t back = std::min<size_t>(leases_.size(), random_() % 4 == 0 ? leases_.size() : 8);
    return &leases_[leases_.size() - 1 - random_() % back];
  }
  std::string AnyWorkflow() { return agent_ + "/" + (random_() % 2 == 0 ? "a" : "b"); }

  Load& load_;
  const std::string agent_;
  std::mt19937_64 random_;
  std::optional<ApiClient> as_agent_;
  std::optional<ApiClient> as_revoker_;
  std::optional<ApiClient> as_operator_;
  std::thread thread_;
  // Touched by the thread while it runs, else by the test's.
  std::vector<KnownLease> leases_;
  std::vector<AnsweredUse> uses_;
  std::vector<AnsweredControl> controls_;
  Known held_ = Known::kNo;
  std::vector<std::string> complaints_;
};

bool Load::Client::Step() {
  {
    absl::MutexLock lock(&load_.mu_);
    if (load_.stop_) return false;
  }
  const uint64_t dice = random_() % 100;
  if (held_ != Known::kNo && dice < 50) return Resume();
  if (dice < 35) return Acquire();
  if (dice < 80) return Use();
  if (dice < 88) return Release();
  if (dice < 95) return RevokeLease();
  return RevokeMany();
}

bool Load::Client::Acquire() {
  const std::string workflow = AnyWorkflow();
  const auto answer = as_agent_->Call<v1::AcquireLeaseResponse>(
      "LeaseService/AcquireLease", AcquireRequestFor("billing/key", workflow));
  if (IsGone(answer)) return false;
  const bool held = answer.reason == "HELD";
  if (!answer.ok() && !held) {
    Complain("a lease was refused: " + answer.message);
    return true;
  }
  if (held_ != Known::kPerhaps && held != (held_ == Known::kYes)) {
    Complain(held ? "a lease was refused after the hold was cleared" : "a hold was not kept");
  }
  held_ = held ? Known::kYes : Known::kNo;
  if (!held) {
    leases_.push_back({.name = answer.value.lease().name(),
                       .token = answer.value.token(),
                       .workflow = workflow,
                       .issue_index = answer.value.lease().issue_index()});
  }
  return true;
}

void Load::Client::Settle(KnownLease& lease, const v1::AuthorizeUseResponse& use) {
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

bool Load::Client::Use() {
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

bool Load::Client::Release() {
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

void Load::Client::Covered(KnownLease& lease, uint64_t index) {
  lease.revoked = Known::kYes;
  if (lease.revoked_at == 0) lease.revoked_at = index;
}

bool Load::Client::RevokeLease() {
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
bool Load::Client::RevokeMany() {
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

bool Load::Client::Resume() {
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

void Load::Client::CheckRecords(const std::vector<v1::LedgerEntry>& ledger) {
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

void Load::Client::CheckOrder(const std::vector<v1::LedgerEntry>& ledger) {
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

void Load::Client::CheckLeases(const ApiClient& agent) {
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

void Load::Client::CheckHold(const ApiClient& agent) {
  const auto answer = agent.Call<v1::AcquireLeaseResponse>(
      "LeaseService/AcquireLease", AcquireRequestFor("billing/key", agent_ + "/check"));
  const bool held = answer.reason == "HELD";
  if (!held) RequireOk("AcquireLease", answer);
  if (held_ != Known::kPerhaps && held != (held_ == Known::kYes)) {
    Complain(held ? "a hold came back" : "a hold was lost");
  }
  held_ = held ? Known::kYes : Known::kNo;
}

void Load::Client::Check(const std::vector<v1::LedgerEntry>& ledger) {
  const ApiClient agent = load_.installation_.Agent(agent_);
  CheckRecords(ledger);
  CheckOrder(ledger);
  CheckLeases(agent);
  CheckHold(agent);
}

Load::Load(Installation& installation, const std::vector<std::string>& agents, uint64_t seed)
    : installation_(installation) {
  for (const std::string& agent : agents) {
    clients_.push_back(std::make_unique<Client>(*this, agent, seed + clients_.size()));
  }
}

Load::~Load() {
  Stop();
  Join();
}

void Load::Start() {
  {
    absl::MutexLock lock(&mu_);
    answers_ = 0;
    running_ = clients_.size();
    stop_ = false;
  }
  for (auto& client : clients_) client->Start();
}

void Load::Answered() {
  absl::MutexLock lock(&mu_);
  ++answers_;
}

uint64_t Load::answers() const {
  absl::MutexLock lock(&mu_);
  return answers_;
}

void Load::AwaitAnswers(uint64_t count) {
  const auto enough = [this, count]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return answers_ >= count || running_ == 0;
  };
  absl::MutexLock lock(&mu_);
  mu_.Await(absl::Condition(&enough));
}

void Load::Stop() {
  absl::MutexLock lock(&mu_);
  stop_ = true;
}

void Load::Join() {
  for (auto& client : clients_) client->Join();
}

std::vector<std::string> Load::Examine() {
  const std::vector<v1::LedgerEntry> ledger = EntriesOf(installation_.Operator());
  for (size_t i = 0; i < ledger.size(); ++i) REQUIRE(ledger[i].index() == i);
  std::vector<std::string> complaints;
  for (auto& client : clients_) {
    client->Check(ledger);
    complaints.insert(complaints.end(), client->complaints().begin(), client->complaints().end());
  }
  return complaints;
}

void Load::Check() {
  const std::vector<std::string> complaints = Examine();
  CAPTURE(complaints);
  CHECK(complaints.empty());
}

}  // namespace leasehold
