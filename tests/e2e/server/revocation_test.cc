// Revocation through its own socket while agents work at full speed.

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "tests/support/installation.h"

namespace leasehold {
namespace {

// Keeps fifty uses of a lease under way on one connection until it is told to stop.
class UseLoad {
 public:
  UseLoad(ApiClient agent, std::string token) : agent_(std::move(agent)), token_(std::move(token)) {
    for (int i = 0; i < 50; ++i) Begin();
  }
  ~UseLoad() {
    const auto over = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return under_way_ == 0; };
    absl::MutexLock lock(&mu_);
    stop_ = true;
    mu_.Await(absl::Condition(&over));
  }

  // From now on a use that begins must not be allowed.
  void Revoked() {
    absl::MutexLock lock(&mu_);
    revoked_ = true;
  }
  // Until so many more uses are answered.
  void AwaitMore(int count) {
    absl::MutexLock lock(&mu_);
    const int enough_answers = answers_ + count;
    const auto enough = [this, enough_answers]()
                            ABSL_SHARED_LOCKS_REQUIRED(mu_) { return answers_ >= enough_answers; };
    mu_.Await(absl::Condition(&enough));
  }
  int late_allowed() const {
    absl::MutexLock lock(&mu_);
    return late_allowed_;
  }
  int allowed() const {
    absl::MutexLock lock(&mu_);
    return allowed_;
  }
  std::string failure() const {
    absl::MutexLock lock(&mu_);
    return failure_;
  }

 private:
  void Begin() {
    bool late = false;
    {
      absl::MutexLock lock(&mu_);
      if (stop_) return;
      ++under_way_;
      late = revoked_;
    }
    agent_.Start("UseService/AuthorizeUse", UseRequestFor(token_, "billing"),
                 [this, late](const CallStatus& status, const std::string& bytes) {
                   v1::AuthorizeUseResponse use;
                   use.ParseFromString(bytes);
                   Begin();
                   absl::MutexLock lock(&mu_);
                   ++answers_;
                   if (!status.ok()) failure_ = status.message;
                   if (use.allowed()) ++allowed_;
                   if (use.allowed() && late) ++late_allowed_;
                   --under_way_;
                 });
  }

  const ApiClient agent_;
  const std::string token_;
  mutable absl::Mutex mu_;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  bool revoked_ ABSL_GUARDED_BY(mu_) = false;
  int under_way_ ABSL_GUARDED_BY(mu_) = 0;
  int answers_ ABSL_GUARDED_BY(mu_) = 0;
  int allowed_ ABSL_GUARDED_BY(mu_) = 0;
  int late_allowed_ ABSL_GUARDED_BY(mu_) = 0;
  std::string failure_ ABSL_GUARDED_BY(mu_);
};

v1::AcquireLeaseResponse Acquire(const Installation& installation, const std::string& agent) {
  auto lease = installation.Agent(agent).Call<v1::AcquireLeaseResponse>(
      "LeaseService/AcquireLease", AcquireRequestFor("billing/key", "work"));
  RequireOk("AcquireLease", lease);
  return lease.value;
}

TEST_CASE("a revocation under load stops every later use, and others go on") {
  Installation installation;
  installation.Start();
  installation.SetUp({"bot", "other"});
  const v1::AcquireLeaseResponse lease = Acquire(installation, "bot");
  const v1::AcquireLeaseResponse other_lease = Acquire(installation, "other");
  uint64_t revoked_at = 0;
  {
    UseLoad first(installation.Agent("bot"), lease.token());
    UseLoad second(installation.Agent("bot"), lease.token());
    UseLoad other(installation.Agent("other"), other_lease.token());
    first.AwaitMore(200);
    second.AwaitMore(200);
    const auto revocation = installation.Revoker().Call<v1::Revocation>(
        "RevocationService/Revoke", RevokeRequestFor(AgentSelector("bot")));
    RequireOk("Revoke", revocation);
    revoked_at = revocation.value.index();
    first.Revoked();
    second.Revoked();
    const int allowed_before = other.allowed();
    first.AwaitMore(200);
    second.AwaitMore(200);
    other.AwaitMore(200);
    CHECK(first.late_allowed() == 0);
    CHECK(second.late_allowed() == 0);
    CHECK(other.allowed() >= allowed_before + 100);
    for (const UseLoad* load : {&first, &second, &other}) CHECK(load->failure() == "");
  }

  v1::ListEntriesRequest uses;
  uses.set_lease(lease.lease().name());
  uses.add_kinds("use");
  size_t allowed = 0;
  size_t denied = 0;
  for (const v1::LedgerEntry& entry : EntriesOf(installation.Operator(), uses)) {
    if (entry.verdict() == "allowed") {
      ++allowed;
      CHECK(entry.index() < revoked_at);
    } else {
      ++denied;
      CHECK(entry.index() > revoked_at);
      CHECK(entry.reason() == "LEASE_REVOKED");
    }
  }
  CHECK(allowed >= 300);
  CHECK(denied >= 1);

  const auto again = installation.Agent("bot").Call<v1::AcquireLeaseResponse>(
      "LeaseService/AcquireLease", AcquireRequestFor("billing/key", "work"));
  CHECK(again.reason == "HELD");
  Acquire(installation, "other");
}

TEST_CASE("each selector revokes what it names and nothing else") {
  Installation installation;
  installation.Start();
  installation.SetUp({"a", "b"});
  struct Row {
    std::string what;
    v1::Selector selector;
    bool covers_b;
    bool holds_a;
  };
  const auto selector = [](const std::string& workflow, const std::string& secret, bool all) {
    v1::Selector made;
    made.set_workflow(workflow);
    made.set_secret(secret);
    made.set_all(all);
    return made;
  };
  const std::vector<Row> rows = {
      {"agent", AgentSelector("a"), false, true},
      {"workflow", selector("workflows/work", "", false), true, true},
      {"secret", selector("", "secrets/billing/key", false), true, true},
      {"all", selector("", "", true), true, false},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    const v1::AcquireLeaseResponse of_a = Acquire(installation, "a");
    const v1::AcquireLeaseResponse of_b = Acquire(installation, "b");
    RequireOk("Revoke", installation.Revoker().Call<v1::Revocation>(
                            "RevocationService/Revoke", RevokeRequestFor(row.selector)));
    const auto usable = [&](const std::string& agent, const std::string& token) {
      const auto use = installation.Agent(agent).Call<v1::AuthorizeUseResponse>(
          "UseService/AuthorizeUse", UseRequestFor(token, "billing"));
      RequireOk("AuthorizeUse", use);
      return use.value.allowed();
    };
    CHECK_FALSE(usable("a", of_a.token()));
    CHECK(usable("b", of_b.token()) == !row.covers_b);
    const auto again = installation.Agent("a").Call<v1::AcquireLeaseResponse>(
        "LeaseService/AcquireLease", AcquireRequestFor("billing/key", "work"));
    CHECK((again.reason == "HELD") == row.holds_a);
    if (!row.holds_a) continue;
    v1::ResumeRequest resume;
    *resume.mutable_selector() = row.selector;
    resume.set_reason("a test");
    RequireOk("Resume",
              installation.Operator().Call<v1::ResumeResponse>("RevocationService/Resume", resume));
    CHECK_FALSE(usable("a", of_a.token()));
  }
}

}  // namespace
}  // namespace leasehold
