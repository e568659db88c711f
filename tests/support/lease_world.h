#ifndef LEASEHOLD_TESTS_SUPPORT_LEASE_WORLD_H_
#define LEASEHOLD_TESTS_SUPPORT_LEASE_WORLD_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/check.h"
#include "server/base/clock.h"
#include "server/base/name.h"
#include "server/install/install.h"
#include "server/leases/lease_authority.h"
#include "server/leases/operations/credentials.h"
#include "server/leases/operations/entities.h"
#include "server/leases/operations/revoke.h"
#include "server/leases/operations/secrets.h"
#include "tests/support/switchable_store.h"
#include "tests/support/temp_folder.h"

namespace leasehold {

// What an operation will be answered.
template <typename Result>
class Answer {
 public:
  // Takes the answer, when there is one; from the thread that reads it.
  LeaseAuthority::Done<Result> Taker() const {
    return [slot = slot_](absl::StatusOr<Result> result) { slot->emplace(std::move(result)); };
  }
  bool there() const { return slot_->has_value(); }
  absl::StatusOr<Result>& get() const {
    LEASEHOLD_CHECK(there(), "the operation was not answered");
    return **slot_;
  }

 private:
  std::shared_ptr<std::optional<absl::StatusOr<Result>>> slot_ =
      std::make_shared<std::optional<absl::StatusOr<Result>>>();
};

// Selectors as callers write them.
SelectorNames EverySelector();
SelectorNames AgentSelector(std::string_view name);
SelectorNames SecretSelector(std::string_view name);
SelectorNames WorkflowSelector(std::string_view name);
SelectorNames GroupSelector(std::string_view name);
SelectorNames UserSelector(std::string_view name);
SelectorNames LeaseSelector(const AcquireResult& lease);

Name MustName(std::string_view name);

// Everything below the API on a real store in a folder of its own, with a clock that the test
// moves. The test's thread is the Committer's: what a helper hands in is judged by the next Commit,
// so a test decides what makes up a batch.
//
//   LeaseWorld world;
//   world.CreateSecret("db/login");
//   world.CreateAgent("bot");
//   ...
//   auto lease = world.Await(world.Acquire(world.AcquireOf(bot, "db/login")));
class LeaseWorld {
 public:
  struct Options {
    uint64_t snapshot_entries = Committer::kSnapshotEntries;
    // For each entry once it is durable.
    std::function<void(LogIndex, const ledger::v1::Entry&)> on_entry = {};
    UseObserver* observer = nullptr;
  };

  LeaseWorld() : LeaseWorld(Options()) {}
  explicit LeaseWorld(Options options);
  ~LeaseWorld();
  LeaseWorld(const LeaseWorld&) = delete;
  LeaseWorld& operator=(const LeaseWorld&) = delete;

  ManualClock& clock() { return clock_; }
  SwitchableStore& store() { return *running_->store; }
  Committer& committer() { return *running_->committer; }
  LeaseAuthority& authority() { return *running_->authority; }
  SealableVault& vault() const { return *running_->vault; }
  // Its keys, until they are rotated.
  const Vault& keys() const { return **running_->vault->Open(); }
  const std::string& data_dir() const { return data_dir_; }
  std::string database() const { return DatabasePath(data_dir_); }
  // Readers' state, which changes with the next Commit. For tests without other threads.
  const State& state() const;
  uint64_t entries() const { return state().size(); }

  // A clean end, and an end without a last snapshot; nothing but Start may follow.
  void Stop();
  void Kill() { running_.reset(); }
  absl::Status Start();
  // Stop and Start, which must succeed.
  void Restart();

  // Batches until there is nothing to do.
  void Commit() {
    while (committer().Commit()) continue;
  }
  // Commits, and gives the answer.
  template <typename Result>
  absl::StatusOr<Result> Await(const Answer<Result>& answer) {
    Commit();
    return std::move(answer.get());
  }
  // Hands in what `decide(Transaction&)` decides.
  template <typename Result, typename Decide>
  Answer<Result> Submit(Urgency urgency, Decide decide) {
    Answer<Result> answer;
    authority().Submit<Result>(urgency, std::move(decide), answer.Taker());
    return answer;
  }

  // Set-up; each commits, and stops the process where it is refused. Each commit is synced, so
  // what many tests begin with is better made InOneBatch.
  void InOneBatch(const std::function<void()>& steps);
  EntityUid CreateAgent(std::string_view name, UnixMillis expire_time = {});
  EntityUid CreateGroup(std::string_view name, const std::vector<std::string>& agents,
                        const std::vector<std::string>& users = {});
  // Replaces the members.
  void UpdateGroup(std::string_view name, const std::vector<std::string>& agents,
                   const std::vector<std::string>& users = {});
  // With one version of a random value.
  EntityUid CreateSecret(std::string_view name);
  VersionNumber AddVersion(std::string_view secret, UnixMillis expire_time = {});
  // May inject the secrets that match one of `secrets`; reads are GET and HEAD.
  EntityUid CreateTarget(std::string_view name, const std::vector<std::string>& secrets);
  void Delete(EntityKind kind, std::string_view name);
  void SetVersion(std::string_view secret, uint64_t version, VersionState state);
  // A leasehold.v1.PolicySet in text format.
  PolicyRevision Apply(const std::string& set);
  // The agent as it comes in with a new token of its own.
  Principal IssueToken(std::string_view agent, absl::Duration ttl = absl::Hours(24));
  void RevokeToken(const Principal& principal);

  static Principal Operator();
  static Principal Adapter();

  // Requests that a test may change before it hands them in. The workflow is `default`.
  AcquireRequest AcquireOf(const Principal& agent, std::string_view secret) const;
  UseRequest UseOf(const Principal& agent, const AcquireResult& lease,
                   std::string_view target) const;
  RenewRequest RenewOf(const Principal& agent, const AcquireResult& lease) const;

  DelegateRequest DelegateOf(const Principal& agent, const AcquireResult& lease,
                             std::string_view to) const;

  Answer<AcquireResult> Acquire(AcquireRequest request);
  Answer<AcquireResult> Delegate(DelegateRequest request);
  Answer<AcquireResult> Renew(RenewRequest request);
  Answer<AcquireResult> Release(const AcquireResult& lease, EntityUid agent = {});
  Answer<UseReply> Use(UseRequest request);
  Answer<LeaseAuthority::Revealed> Reveal(const Principal& agent, const AcquireResult& lease);
  Answer<uint64_t> Revoke(const SelectorNames& selector, bool leases_only = false,
                          UnixMillis issued_before = {});
  Answer<LogIndex> Resume(const SelectorNames& selector);

  // lhl_... and lhb_...
  std::string TokenOf(const AcquireResult& lease) const;
  std::string HandleOf(const AcquireResult& lease) const;
  const Lease& Find(const AcquireResult& lease) const;

 private:
  // What lives from Start to Stop.
  struct Running {
    std::unique_ptr<SwitchableStore> store;
    std::unique_ptr<SealableVault> vault;
    std::unique_ptr<Committer> committer;
    std::unique_ptr<LeaseAuthority> authority;
  };
  // Decides at once: in the batch that is open, or in one of its own.
  template <typename Result, typename Decide>
  Result Set(Decide decide) {
    absl::StatusOr<Result> result =
        open_ != nullptr ? absl::StatusOr<Result>(decide(*open_))
                         : Await(Submit<Result>(Urgency::kNormal, std::move(decide)));
    LEASEHOLD_CHECK(result.ok(), result.status().ToString());
    return *std::move(result);
  }
  // With what the open batch has decided.
  const State& Latest() const { return open_ != nullptr ? open_->state() : state(); }
  EntityUid Create(EntityWrite write);

  const Options options_;
  TempFolder folder_;
  const std::string data_dir_;
  ManualClock clock_;
  std::unique_ptr<Running> running_;
  Transaction* open_ = nullptr;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_SUPPORT_LEASE_WORLD_H_
