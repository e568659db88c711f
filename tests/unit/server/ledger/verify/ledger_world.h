#ifndef LEASEHOLD_TESTS_UNIT_SERVER_LEDGER_VERIFY_LEDGER_WORLD_H_
#define LEASEHOLD_TESTS_UNIT_SERVER_LEDGER_VERIFY_LEDGER_WORLD_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/install/install.h"
#include "server/leases/lease_authority.h"
#include "server/leases/operations/revoke.h"
#include "tests/support/temp_folder.h"

namespace leasehold {

// A data folder with a store that the real Committer and LeaseAuthority write to, on the test's
// thread: agents bot and crawler, secrets db/login and mail/key, targets inventory (which may
// inject db/*) and mailer, and a policy that lets both agents lease both.
class LedgerWorld {
 public:
  // `snapshot_entries`: after how many entries a snapshot is written.
  explicit LedgerWorld(uint64_t snapshot_entries = Committer::kSnapshotEntries);
  ~LedgerWorld();

  const std::string& data_dir() const { return data_dir_; }
  std::string database() const { return DatabasePath(data_dir_); }
  const TempFolder& folder() const { return folder_; }
  ManualClock& clock() { return clock_; }
  LeaseAuthority& authority() { return *authority_; }
  Store& store() { return *opened_->store; }
  // Until keys are rotated.
  const Vault& vault() const { return **opened_->vault->Open(); }
  uint64_t size() const;

  // A server's start and clean end.
  absl::Status Open();
  void Close();
  // An end without a last snapshot.
  void Kill();

  // Each commits a batch of its own, and fails the test case where it is refused.
  LeaseNumber Acquire(const std::string& agent, const std::string& secret,
                      Delivery delivery = Delivery::kBrokered);
  // Why a lease is refused, and kNone where it is not.
  Reason TryAcquire(const std::string& agent, const std::string& secret,
                    const std::string& workflow = "triage");
  // The lease token of a lease.
  std::string TokenOf(LeaseNumber lease);
  bool Use(LeaseNumber lease, const std::string& target, const std::string& method = "GET");
  // So many of them in one go.
  void UseOften(LeaseNumber lease, const std::string& target, int count);
  // The same with a token that may be of another epoch: the reason of the refusal.
  Reason UseToken(const std::string& agent, const std::string& token);
  void Reveal(LeaseNumber lease);
  void Renew(LeaseNumber lease);
  void Release(LeaseNumber lease);
  void Revoke(SelectorNames selector, bool leases_only = false);
  void Resume(SelectorNames selector);
  void AddVersion(const std::string& secret);
  void ChangeVersion(const std::string& secret, uint64_t version, VersionState state);
  void DeleteAgent(const std::string& agent);
  void DeleteSecret(const std::string& secret);
  // Another token, by which the agent is known from then on; its hash.
  Hash GiveToken(const std::string& agent);
  // Another length of leases makes another revision.
  void ApplyPolicies(absl::Duration max_ttl = absl::Hours(1));
  void NoteBackup();

  // A bit of everything that this version writes.
  void Live();

 private:
  template <typename Result, typename Decide>
  Result Do(Decide decide);
  Principal PrincipalOf(const std::string& agent);
  UseRequest RequestOf(LeaseNumber lease, const std::string& target, const std::string& method,
                       LeaseTokenClaims* claims);
  void Furnish();
  void PutTarget(const std::string& name, const std::string& secrets);

  TempFolder folder_;
  std::string data_dir_;
  ManualClock clock_;
  const uint64_t snapshot_entries_;
  std::optional<OpenedStore> opened_;
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<LeaseAuthority> authority_;
};

SelectorNames ByAgent(const std::string& name);
SelectorNames BySecret(const std::string& name);
SelectorNames ByWorkflow(const std::string& name);

// Runs SQL on a database as somebody with the sqlite3 program would, checksums and all: the
// function entry_check(idx, bytes) gives what belongs into the column. Nobody may have it open.
void RunSql(const std::string& path, const std::string& sql);

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_SERVER_LEDGER_VERIFY_LEDGER_WORLD_H_
