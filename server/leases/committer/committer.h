#ifndef LEASEHOLD_SERVER_LEASES_COMMITTER_COMMITTER_H_
#define LEASEHOLD_SERVER_LEASES_COMMITTER_COMMITTER_H_

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/base/clock.h"
#include "server/leases/committer/operation.h"
#include "server/leases/committer/transaction.h"
#include "server/leases/ledger_clock.h"
#include "server/leases/published_state.h"
#include "server/leases/state/snapshot.h"
#include "server/ledger/block_summary.h"
#include "server/ledger/merkle_log.h"
#include "storage/store.h"

namespace leasehold {

// What the Committer tells about each commit, for metrics.
struct CommitReport {
  absl::Duration duration;
  size_t entries = 0;
};

// Orders everything. One thread, the owner, calls Commit with what came in; each call judges a
// batch, makes it durable in one transaction, publishes the new state and answers. It orders and
// nothing else: judging is the operations', encoding and hashing the ledger's, SQL the store's.
//
// A failed append ends the process: what is on disk then is unknown, and going on could
// acknowledge what is not there.
class Committer {
 public:
  // Bounds the time that a revocation waits behind a batch, about 10 ms, and the memory of one. A
  // batch ends with the operation that reaches it.
  static constexpr size_t kBatchDecisionsMax = 1024;
  // Bounds memory when the disk is slow. Beyond it operations are refused with kOverloaded.
  static constexpr size_t kQueueOperationsMax = 65'536;
  // A snapshot is due after so many entries: a tail that long is replayed in under a second.
  static constexpr uint64_t kSnapshotEntries = 131'072;

  struct Options {
    uint64_t snapshot_entries = kSnapshotEntries;
    // Called after each commit, on the owner's thread. May be empty.
    std::function<void(const CommitReport&)> on_commit;
    // Called for each entry when it is durable and published. May be empty.
    std::function<void(LogIndex, const ledger::v1::Entry&)> on_entry;
  };

  // Loads the state from `store`: the snapshot, checked against the ledger's `snapshot` entry, then
  // the entries behind it; the tree must come to the stored head. kStoreDamaged and
  // kLedgerViolation say what is wrong and where. Where the clock cannot be trusted all leases are
  // revoked here, before anybody is served. `store` and `clock` must outlive the Committer.
  static absl::StatusOr<std::unique_ptr<Committer>> Open(Store& store, const Clock& clock,
                                                         Options options);

  // Hands `operation` in, from any thread. Urgent ones overtake the others. Where the queue is full
  // Finish is called at once with kOverloaded, after Close with kShuttingDown.
  void Submit(std::unique_ptr<Operation> operation);

  // `wake` is called, from any thread, when something was submitted to an empty queue, and when a
  // batch could not take all that was there: the owner is to call Commit soon. Set once, before the
  // first Submit.
  void SetWaker(std::function<void()> wake);

  // How a batch is appended to the store: `appender` calls what it is given, on any thread, and
  // returns what that returned; the owner may do something else meanwhile. Without one the owner's
  // thread appends. Owner's thread only.
  using Appender = std::function<absl::Status(absl::FunctionRef<absl::Status()> append)>;
  void SetAppender(Appender appender) { appender_ = std::move(appender); }

  // One batch of what was submitted and of `direct`, operations that the owner itself received;
  // both in order, urgent ones first. Owner's thread only. False where there was nothing to do.
  bool Commit(std::vector<std::unique_ptr<Operation>> direct = {});

  // Something that must append now and then without being asked, such as refusals that were
  // counted: called at the start of each batch, in each Tick, and before the last snapshot.
  enum class Occasion { kRunning, kClosing };
  using Housekeeping = std::function<void(Transaction&, Occasion)>;
  void SetHousekeeping(Housekeeping housekeeping) { housekeeping_ = std::move(housekeeping); }
  // Called after a batch that may have ended leases, and in each Tick.
  void SetStopListener(std::function<void()> listener) { on_stop_ = std::move(listener); }

  // To be called by the owner every kTickInterval: housekeeping, expiry of open streams, and the
  // clock's mark when nothing was committed for a while.
  static constexpr absl::Duration kTickInterval = absl::Milliseconds(50);
  void Tick();

  // Refuses what is submitted from now on, commits what is there, and writes a last snapshot.
  // Owner's thread; the last call.
  void Close();

  const PublishedState& published() const { return published_; }
  LedgerClock& clock() { return clock_; }
  Space space() { return store_.GetSpace(); }
  size_t queue_length() const;

  // Whether leases and uses are served: not while the disk is low, nor where the owner's thread has
  // not come round for kStalledAfter (a disk that hangs). Safe from any thread.
  static constexpr absl::Duration kStalledAfter = absl::Seconds(5);
  absl::Status Ready();

 private:
  Committer(Store& store, const Clock& clock, const TimeMark& mark, Options options);

  absl::Status Load(StoreView& view);
  absl::Status CheckSnapshotEntry(StoreView& view, uint64_t through);
  absl::Status RebuildOpenBlock(StoreView& view);
  absl::Status Replay(StoreView& view);
  void RevokeForClock();

  using Operations = std::vector<std::unique_ptr<Operation>>;
  Operations TakeBatch(Operations direct);
  // What a batch left behind would else wait for the next Submit to an empty queue.
  void WakeForMore();
  // Judges `operations` and makes the result durable and visible.
  void Run(Operations operations);
  struct Durability {
    bool reserve = false;   // may be written into what is kept for a full disk
    bool snapshot = false;  // may take the time that a snapshot needs, where one is due
  };
  void MakeDurable(Transaction& tx, Durability how);
  absl::Status Append(const Batch& batch);
  void Publish(Transaction& tx);
  void MaybeSnapshot(Transaction& tx, bool force);

  Store& store_;
  const Options options_;
  LedgerClock clock_;
  Appender appender_;
  Housekeeping housekeeping_;
  std::function<void()> on_stop_;

  // Owner's thread only.
  State state_;
  MerkleLog log_;
  BlockSummaryBuilder summaries_;
  StateSnapshot snapshot_;
  uint64_t snapshot_through_ = 0;
  UnixMillis last_mark_;
  std::atomic<int64_t> last_tick_ms_ = 0;

  PublishedState published_;

  mutable absl::Mutex mu_;
  std::function<void()> wake_ ABSL_GUARDED_BY(mu_);
  Operations urgent_ ABSL_GUARDED_BY(mu_);
  std::deque<std::unique_ptr<Operation>> queue_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_COMMITTER_COMMITTER_H_
