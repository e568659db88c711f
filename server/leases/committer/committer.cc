#include "server/leases/committer/committer.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "server/base/check.h"
#include "server/base/last_words.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// While idle, so that a crash loses at most this much of the clock's mark.
constexpr absl::Duration kIdleMarkInterval = absl::Seconds(10);

// Stops the process, as promise 4 wants it: nothing may be served after a failed append.
[[noreturn]] void StopProcess(const absl::Status& why) {
  SayLastWords(StrCat("leaseholdd: fatal: the ledger could not be written, stopping: ",
                      std::string(why.message()), "\n"));
  std::_Exit(1);
}

// Whether a batch may be written into the reserve, as one of which nothing waits for room.
bool AllAdmittedWhenFull(const std::vector<std::unique_ptr<Operation>>& operations) {
  return std::all_of(operations.begin(), operations.end(),
                     [](const auto& operation) { return operation->AdmittedWhenFull(); });
}

}  // namespace

Committer::Committer(Store& store, const Clock& clock, const TimeMark& mark, Options options)
    : store_(store), options_(std::move(options)), clock_(clock, mark) {}

void Committer::SetWaker(std::function<void()> wake) {
  absl::MutexLock lock(&mu_);
  wake_ = std::move(wake);
}

size_t Committer::queue_length() const {
  absl::MutexLock lock(&mu_);
  return queue_.size() + urgent_.size();
}

void Committer::Submit(std::unique_ptr<Operation> operation) {
  Reason refused = Reason::kNone;
  std::function<void()> wake;
  {
    absl::MutexLock lock(&mu_);
    bool urgent = operation->Urgent();
    if (closed_) {
      refused = Reason::kShuttingDown;
    } else if (!urgent && queue_.size() >= kQueueOperationsMax) {
      refused = Reason::kOverloaded;
    } else {
      if (queue_.empty() && urgent_.empty()) {
        wake = wake_;
      }
      if (urgent) {
        urgent_.push_back(std::move(operation));
      } else {
        queue_.push_back(std::move(operation));
      }
    }
  }
  if (refused == Reason::kShuttingDown) {
    operation->Finish(Error(refused, "the server is shutting down; try again"));
  } else if (refused == Reason::kOverloaded) {
    operation->Finish(Error(refused, "too many operations are waiting; try again",
                            {.retry_after = absl::Seconds(1)}));
  } else if (wake) {
    wake();
  }
}

Committer::Operations Committer::TakeBatch(Operations direct) {
  Operations batch;
  absl::MutexLock lock(&mu_);
  batch = std::move(urgent_);
  urgent_.clear();
  // Direct ones were received one by one by the owner, who bounds them.
  std::move(direct.begin(), direct.end(), std::back_inserter(batch));
  size_t weight = 0;
  for (const auto& operation : batch) {
    weight += operation->Weight();
  }
  while (!queue_.empty() && weight < kBatchDecisionsMax) {
    weight += queue_.front()->Weight();
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  std::stable_partition(batch.begin(), batch.end(),
                        [](const auto& operation) { return operation->Urgent(); });
  return batch;
}

bool Committer::Commit(Operations direct) {
  Operations batch = TakeBatch(std::move(direct));
  if (batch.empty()) {
    return false;
  }
  Run(std::move(batch));
  WakeForMore();
  return true;
}

void Committer::WakeForMore() {
  std::function<void()> wake;
  {
    absl::MutexLock lock(&mu_);
    if (!queue_.empty() || !urgent_.empty()) {
      wake = wake_;
    }
  }
  if (wake) {
    wake();
  }
}

void Committer::Run(Operations operations) {
  bool low = store_.GetSpace().low;
  Transaction tx(state_, log_, summaries_, clock_.Now());
  if (housekeeping_ && !low) {
    housekeeping_(tx, Occasion::kRunning);
  }
  std::vector<bool> judged(operations.size());
  for (size_t i = 0; i < operations.size(); ++i) {
    if (!low || operations[i]->AdmittedWhenFull()) {
      operations[i]->Judge(tx);
      judged[i] = true;
    }
  }
  bool urgent = !operations.empty() && operations.front()->Urgent();
  MakeDurable(tx, {.reserve = low || AllAdmittedWhenFull(operations), .snapshot = !low && !urgent});
  absl::Status full = Error(Reason::kLedgerFull,
                            "the disk of the ledger is full: only revocations and releases are "
                            "accepted until an operator makes room");
  for (size_t i = 0; i < operations.size(); ++i) {
    operations[i]->Finish(judged[i] ? absl::OkStatus() : full);
  }
}

void Committer::MakeDurable(Transaction& tx, Durability how) {
  if (tx.empty()) {
    return;
  }
  if (how.snapshot) {
    MaybeSnapshot(tx, /*force=*/false);
  }
  absl::Time start = absl::Now();
  Batch& batch = tx.batch_;
  batch.tiles = log_.TakeFullTiles();
  batch.summaries = summaries_.TakeFull(log_.size());
  batch.head = log_.Head();
  batch.mark = clock_.Mark();
  batch.may_use_reserve = how.reserve;
  absl::Status appended = Append(batch);
  if (appended.code() != absl::StatusCode::kOk && ReasonOf(appended) == Reason::kLedgerFull &&
      !how.reserve) {
    // The disk filled up after it was looked at. What was judged is folded already, so it is
    // written into the reserve rather than taken back; the next batch finds the disk low.
    batch.may_use_reserve = true;
    appended = Append(batch);
  }
  if (!appended.ok()) {
    StopProcess(appended);
  }
  last_mark_ = UnixMillis::From(batch.mark.now);
  Publish(tx);
  if (options_.on_commit) {
    options_.on_commit({.duration = absl::Now() - start, .entries = tx.entries_.size()});
  }
}

absl::Status Committer::Append(const Batch& batch) {
  auto append = [this, &batch] { return store_.Append(batch); };
  return appender_ ? appender_(append) : append();
}

void Committer::Publish(Transaction& tx) {
  published_.Write([&](State& state, TreeHead& head, BlockSummary& open_block) {
    for (const ledger::v1::Entry& entry : tx.entries_) {
      absl::Status folded = state.Apply(LogIndex(state.size()), entry, tx);
      LEASEHOLD_CHECK(folded.ok(), folded.ToString());
    }
    head = tx.batch_.head;
    open_block = summaries_.open_block();
  });
  if (options_.on_entry) {
    uint64_t index = tx.batch_.first_index;
    for (const ledger::v1::Entry& entry : tx.entries_) {
      options_.on_entry(LogIndex(index++), entry);
    }
  }
  if (tx.has_stop() && on_stop_) {
    on_stop_();
  }
}

void Committer::MaybeSnapshot(Transaction& tx, bool force) {
  uint64_t tail = state_.size() - snapshot_through_;
  if (tail == 0 || (!force && tail < options_.snapshot_entries)) {
    return;
  }
  SnapshotChange change = snapshot_.Take(state_);
  ledger::v1::Entry entry;
  entry.mutable_snapshot()->set_state_digest(std::string(AsText(change.digest)));
  snapshot_through_ = tx.Append(std::move(entry)).Next().value();
  tx.batch_.snapshot = std::move(change);
}

absl::Status Committer::Ready() {
  if (store_.GetSpace().low) {
    return Error(Reason::kLedgerFull,
                 "the disk of the ledger is full: only revocations and releases are accepted");
  }
  if (clock_.Now() - UnixMillis(last_tick_ms_.load()) > kStalledAfter) {
    return Error(Reason::kOverloaded, "the ledger's disk does not answer");
  }
  return absl::OkStatus();
}

void Committer::Tick() {
  UnixMillis now = clock_.Now();
  last_tick_ms_.store(now.value());
  if (on_stop_) {
    on_stop_();
  }
  if (!store_.GetSpace().low && housekeeping_) {
    Transaction tx(state_, log_, summaries_, now);
    housekeeping_(tx, Occasion::kRunning);
    MakeDurable(tx, {.reserve = false, .snapshot = true});
  }
  if (now - last_mark_ >= kIdleMarkInterval) {
    if (absl::Status saved = store_.SaveMark(clock_.Mark()); !saved.ok()) {
      StopProcess(saved);
    }
    last_mark_ = now;
  }
}

void Committer::Close() {
  {
    absl::MutexLock lock(&mu_);
    closed_ = true;
  }
  while (Commit()) {
  }
  if (store_.GetSpace().low) {
    return;  // the next start replays a longer tail
  }
  Transaction tx(state_, log_, summaries_, clock_.Now());
  if (housekeeping_) {
    housekeeping_(tx, Occasion::kClosing);
  }
  MaybeSnapshot(tx, /*force=*/true);
  MakeDurable(tx, {.reserve = false, .snapshot = false});
}

}  // namespace leasehold
