#ifndef LEASEHOLD_TESTS_SUPPORT_LOAD_CLIENT_H_
#define LEASEHOLD_TESTS_SUPPORT_LOAD_CLIENT_H_

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/installation.h"

namespace leasehold {

// What a client knows of something that it asked for.
enum class Known { kNo, kYes, kPerhaps };

struct KnownLease {
  std::string name;
  std::string token;
  std::string workflow;
  bool revealed = false;  // its delivery
  uint64_t issue_index = 0;
  int64_t expire_s = 0;  // as told last, of a renewal only
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

// One client of a Load: an agent that makes one call after the other and knows what each answer has
// to be. Used by one thread at a time.
class LoadClient {
 public:
  LoadClient(Installation& installation, std::string agent, uint64_t seed)
      : installation_(installation), agent_(std::move(agent)), random_(seed) {}

  // To the server that is running now.
  void Connect();
  // One call; false where the server has gone.
  bool Step();
  // Sends again what was not answered, as a client does that cannot know.
  void Repeat();
  // Compares what it knows with the running server and its `ledger`, every entry of it.
  void Check(const std::vector<v1::LedgerEntry>& ledger);
  // What no server may answer, a sentence each, since the client was made.
  const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  bool Acquire();
  void TakeAnswer(const v1::AcquireLeaseRequest& request,
                  const Answer<v1::AcquireLeaseResponse>& answer);
  bool Use();
  bool Reveal();
  bool Renew();
  bool Release();
  bool RevokeLease();
  bool RevokeMany();
  bool Resume();
  void Covered(KnownLease& lease, uint64_t index);
  void CheckRecords(const std::vector<v1::LedgerEntry>& ledger);
  void CheckIssued(const std::vector<v1::LedgerEntry>& ledger);
  void CheckOrder(const std::vector<v1::LedgerEntry>& ledger);
  void CheckLeases(const ApiClient& agent);
  void CheckRenewals();
  void Settle(KnownLease& lease, const v1::AuthorizeUseResponse& use);
  void CheckHold(const ApiClient& agent);

  // Whether the call has no answer.
  static bool IsGone(const CallStatus& status);
  void Complain(std::string sentence) {
    complaints_.push_back(agent_ + ": " + std::move(sentence));
  }
  // Mostly a young one: of these the most are live. nullptr where there is none.
  KnownLease* AnyLease();
  std::string AnyWorkflow() { return agent_ + "/" + (random_() % 2 == 0 ? "a" : "b"); }

  Installation& installation_;
  const std::string agent_;
  std::mt19937_64 random_;
  std::optional<ApiClient> as_agent_;
  std::optional<ApiClient> as_revoker_;
  std::optional<ApiClient> as_operator_;
  std::vector<KnownLease> leases_;
  std::optional<v1::AcquireLeaseRequest> unanswered_;
  uint64_t requests_ = 0;
  std::vector<AnsweredUse> uses_;
  std::vector<AnsweredControl> controls_;
  Known held_ = Known::kNo;
  std::vector<std::string> complaints_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_SUPPORT_LOAD_CLIENT_H_
