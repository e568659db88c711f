#ifndef LEASEHOLD_SERVER_LEASES_LEASE_AUTHORITY_H_
#define LEASEHOLD_SERVER_LEASES_LEASE_AUTHORITY_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "server/leases/admission.h"
#include "server/leases/committer/committer.h"
#include "server/leases/cut_streams.h"
#include "server/leases/lease_tokens.h"
#include "server/leases/lease_watchers.h"
#include "server/leases/operations/acquire.h"
#include "server/leases/operations/deciding.h"
#include "server/leases/operations/delegate.h"
#include "server/leases/operations/use.h"
#include "server/leases/point_of_use.h"
#include "server/leases/refusal_limiter.h"
#include "server/leases/use_observer.h"
#include "server/leases/version_reader.h"
#include "server/vault/sealable_vault.h"

namespace leasehold {

// Everything about leases, put together: what the API and the broker call. Methods are safe from
// any thread; answers come on the Committer's, once they are durable, and must be short.
class LeaseAuthority final : public PointOfUse {
 public:
  template <typename Result>
  using Done = absl::AnyInvocable<void(absl::StatusOr<Result>) &&>;

  // All arguments must outlive it; `observer` may be null.
  LeaseAuthority(Committer& committer, SealableVault& vault, Store& store,
                 UseObserver* observer = nullptr);
  ~LeaseAuthority() override = default;

  Committer& committer() { return committer_; }
  const PublishedState& published() const { return committer_.published(); }
  const LeaseTokens& tokens() const { return tokens_; }
  SealableVault& vault() { return vault_; }
  UnixMillis Now() { return committer_.clock().Now(); }

  // Hands in an operation that decides with `decide(Transaction&)`; see MakeOperation.
  template <typename Result, typename Decide>
  void Submit(Urgency urgency, Decide decide, Done<Result> done) {
    committer_.Submit(MakeOperation<Result>(urgency, std::move(decide), std::move(done)));
  }

  // The operations of the hot methods, for whoever owns the Committer's thread and passes them to
  // Commit directly. nullptr where the agent has its share under way: `done` was called then, with
  // kOverloaded; or where the token proves nothing: `done` was called with why.
  std::unique_ptr<Operation> AcquireOperation(AcquireRequest request, Done<AcquireResult> done);
  std::unique_ptr<Operation> RenewOperation(RenewRequest request, Done<AcquireResult> done);
  std::unique_ptr<Operation> UseOperation(UseRequest request, Done<UseReply> done);
  void SubmitDelegate(DelegateRequest request, Done<AcquireResult> done);
  // An operator's release overtakes others; an agent's waits its turn, within its quota.
  void SubmitRelease(const Principal& principal, ReleaseRequest request, Done<AcquireResult> done);
  // Several uses, judged in order in one batch. One answer each, in order.
  std::unique_ptr<Operation> UsesOperation(
      std::vector<UseRequest> requests,
      absl::AnyInvocable<void(std::vector<absl::StatusOr<UseReply>>) &&> done);

  // The largest version that an adapter injects. Common servers refuse heads above 8 to 16 KiB.
  static constexpr size_t kInjectableBytesMax = 16 * 1024;

  // A revealed value.
  struct Revealed {
    SecretFields fields;
    VersionKey version;
    LogIndex entry;
  };
  void Reveal(Principal principal, std::string_view token, Done<Revealed> done);

  // PointOfUse.
  void Authorize(UseRequest request, Done<UseReply> done) override;
  absl::Status IfStillUsable(LeaseNumber lease,
                             absl::FunctionRef<void()> write_first_bytes) override;
  std::unique_ptr<Watch> WatchLease(LeaseNumber lease,
                                    absl::AnyInvocable<void(absl::Status why) &&> cut) override;

  // WatchLease for a stream of `holder`, which also ends when the holder's credential or agent no
  // longer counts.
  std::unique_ptr<Watch> WatchLeaseFor(const Principal& holder, LeaseNumber lease,
                                       absl::AnyInvocable<void(absl::Status why) &&> cut);

  // Which streams revocations have cut.
  const CutStreams& cut_streams() const { return cut_streams_; }

  // To be wired as the Committer's on_entry.
  void OnEntry(const ledger::v1::Entry& entry);

 private:
  // The error for an agent that has too much under way.
  static absl::Status TooMany();
  // SEALED; else the agent's place in the quota: that of the caller, or where an adapter calls,
  // that of the lease whose token or handle it presents; of a batch the first one's. An adapter's
  // call that proves no lease has a place among all such.
  absl::StatusOr<Admission::Ticket> Admit(const Principal& principal, LeaseNumber lease = {},
                                          uint32_t weight = 1);
  // What an agent asks for its leases, decided by `decide`, within its quota; nullptr as above.
  template <typename Request>
  std::unique_ptr<Operation> AgentOperation(absl::StatusOr<AcquireResult> (*decide)(Transaction&,
                                                                                    RefusalLimiter&,
                                                                                    const Request&),
                                            Request request, Done<AcquireResult> done);
  absl::StatusOr<UseReply> Complete(JudgedUse judged, bool wants_credential);
  // Brings what the lease's use will need into memory; its size, or 0 where there is nothing.
  size_t PrefetchFor(const LeaseTokenClaims& claims);
  void SweepWatchers();
  // Whether a stream may go on; else notes that it is cut.
  absl::Status CheckWatched(const State& state, const LeaseWatchers::Watched& watched,
                            UnixMillis now);
  void Observe(Adapter adapter, const absl::StatusOr<UseReply>& reply, absl::Time start);

  Committer& committer_;
  SealableVault& vault_;
  const LeaseTokens tokens_;
  UseObserver* const observer_;
  Admission admission_;
  RefusalLimiter refusals_;  // Committer's thread only
  LeaseWatchers watchers_;
  CutStreams cut_streams_;
  VersionReader versions_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_LEASE_AUTHORITY_H_
