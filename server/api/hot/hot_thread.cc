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
    std::vector<std::unique_ptr<Operation>> none;
    while (Drain(absl::InfiniteFuture(), none)) {
    }
  }
}

void HotThread::Start() {
  started_ = true;
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
}

bool HotThread::Drain(absl::Time deadline, std::vector<std::unique_ptr<Operation>>& batch) {
  using Status = grpc::CompletionQueue::NextStatus;
  void* tag = nullptr;
  bool ok = false;
  Status status = queue_->AsyncNext(&tag, &ok, absl::ToChronoTime(deadline));
  absl::Time enough = absl::Now() + kDrainTimeMax;
  size_t decisions = 0;
  for (int events = 1; status == Status::GOT_EVENT; ++events) {
    size_t before = batch.size();
    static_cast<HotTag*>(tag)->Proceed(ok, batch);
    decisions += batch.size() > before ? batch.back()->Weight() : 0;
    // Where the waker's tag came somebody else submitted, and that may be a revocation.
    if (tag == static_cast<HotTag*>(&waker_) || events >= kDrainEventsMax ||
        decisions >= Committer::kBatchDecisionsMax || absl::Now() >= enough) {
      return true;
    }
    status = queue_->AsyncNext(&tag, &ok, std::chrono::system_clock::time_point());
  }
  return status != Status::SHUTDOWN;
}

void HotThread::Run() {
  std::vector<std::unique_ptr<Operation>> batch;
  absl::Time next_tick = absl::Now() + Committer::kTickInterval;
  while (!stopping_.load()) {
    Drain(next_tick, batch);
    committer_.Commit(std::exchange(batch, {}));
    if (absl::Now() >= next_tick) {
      committer_.Tick();
      next_tick = absl::Now() + Committer::kTickInterval;
    }
  }
  committer_.Commit(std::exchange(batch, {}));
  committer_.Close();
  queue_->Shutdown();
  while (Drain(absl::InfiniteFuture(), batch)) {
    // Only calls that were being answered are left; nothing new is let in.
    for (std::unique_ptr<Operation>& late : batch) {
      committer_.Submit(std::move(late));
    }
    batch.clear();
  }
}

}  // namespace leasehold
