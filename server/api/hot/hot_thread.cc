#include "server/api/hot/hot_thread.h"

#include <pthread.h>

#include <chrono>
#include <utility>

namespace leasehold {

void HotThread::Waker::Wake() {
  if (!pending_.exchange(true)) {
    alarm_.Set(queue_, std::chrono::system_clock::time_point(), this);
  }
}

void HotThread::Waker::Proceed(bool, std::vector<std::unique_ptr<Operation>>&) {
  // Before the queue is looked at: whoever submits from now on sets the alarm again.
  pending_.store(false);
}

HotThread::HotThread(std::unique_ptr<grpc::ServerCompletionQueue> queue, Committer& committer)
    : queue_(std::move(queue)), committer_(committer), waker_(queue_.get()) {
  committer_.SetWaker([this] { waker_.Wake(); });
}

HotThread::~HotThread() {
  Stop();
  if (!started_) {
    // A queue must be empty before it goes, also where the server never came to serve.
    queue_->Shutdown();
    while (Drain(absl::InfiniteFuture(), next_)) {
    }
  }
}

void HotThread::Start() {
  started_ = true;
  disk_.emplace([this] { waker_.Wake(); });
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "lh-committer");
    Run();
  });
}

void HotThread::Stop() {
  if (!thread_.joinable()) {
    return;
  }
  stopping_.store(true);
  waker_.Wake();
  thread_.join();
  disk_.reset();
}

absl::Status HotThread::Append(absl::FunctionRef<absl::Status()> append) {
  disk_->Begin(append);
  // What a full batch has room for; beyond that calls wait in gRPC.
  while (!disk_->Done() && next_.decisions < Committer::kBatchDecisionsMax) {
    Drain(absl::InfiniteFuture(), next_);
  }
  return disk_->Await();
}

bool HotThread::Drain(absl::Time deadline, Received& received) {
  using Status = grpc::CompletionQueue::NextStatus;
  void* tag = nullptr;
  bool ok = false;
  Status status = queue_->AsyncNext(&tag, &ok, absl::ToChronoTime(deadline));
  absl::Time enough = absl::Now() + kDrainTimeMax;
  for (int events = 1; status == Status::GOT_EVENT; ++events) {
    size_t before = received.operations.size();
    static_cast<HotTag*>(tag)->Proceed(ok, received.operations);
    if (received.operations.size() > before) {
      received.decisions += received.operations.back()->Weight();
    }
    // Where the waker's tag came somebody else submitted, and that may be a revocation.
    if (tag == static_cast<HotTag*>(&waker_) || events >= kDrainEventsMax ||
        received.decisions >= Committer::kBatchDecisionsMax || absl::Now() >= enough) {
      return true;
    }
    status = queue_->AsyncNext(&tag, &ok, std::chrono::system_clock::time_point());
  }
  return status != Status::SHUTDOWN;
}

void HotThread::Run() {
  committer_.SetAppender(
      [this](absl::FunctionRef<absl::Status()> append) { return Append(append); });
  absl::Time next_tick = absl::Now() + Committer::kTickInterval;
  while (!stopping_.load()) {
    Received received = std::exchange(next_, {});
    // The waker may have been heard while something was appended, so the queue is looked at.
    bool has_work = !received.operations.empty() || committer_.queue_length() > 0;
    // A time in the past, and not InfinitePast: gRPC takes what is before 1970 for "never", and
    // what was received during the last append would wait until something else came in.
    Drain(has_work ? absl::UnixEpoch() : next_tick, received);
    committer_.Commit(std::move(received.operations));
    if (absl::Now() >= next_tick) {
      committer_.Tick();
      next_tick = absl::Now() + Committer::kTickInterval;
    }
  }
  committer_.SetAppender({});
  committer_.Commit(std::exchange(next_.operations, {}));
  committer_.Close();
  queue_->Shutdown();
  while (Drain(absl::InfiniteFuture(), next_)) {
    // Only calls that were being answered are left; nothing new is let in.
    for (std::unique_ptr<Operation>& late : std::exchange(next_.operations, {})) {
      committer_.Submit(std::move(late));
    }
  }
}

}  // namespace leasehold
