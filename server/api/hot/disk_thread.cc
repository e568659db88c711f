#include "server/api/hot/disk_thread.h"

#include <pthread.h>

#include <utility>

#include "server/base/check.h"

namespace leasehold {

DiskThread::DiskThread(std::function<void()> done) : done_(std::move(done)) {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "lh-disk");
    Run();
  });
}

DiskThread::~DiskThread() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  thread_.join();
}

void DiskThread::Begin(const Work& work) {
  absl::MutexLock lock(&mu_);
  LEASEHOLD_CHECK(work_ == nullptr && !result_.has_value(), "one piece of work at a time");
  work_ = &work;
}

bool DiskThread::Done() const {
  absl::MutexLock lock(&mu_);
  return result_.has_value();
}

absl::Status DiskThread::Await() {
  auto done = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return result_.has_value(); };
  absl::MutexLock lock(&mu_, absl::Condition(&done));
  absl::Status result = *std::move(result_);
  result_.reset();
  return result;
}

void DiskThread::Run() {
  auto ready = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return stopping_ || work_ != nullptr; };
  while (true) {
    mu_.LockWhen(absl::Condition(&ready));
    const Work* work = std::exchange(work_, nullptr);
    mu_.Unlock();
    if (work == nullptr) {
      return;
    }
    absl::Status result = (*work)();
    {
      absl::MutexLock lock(&mu_);
      result_ = std::move(result);
    }
    done_();
  }
}

}  // namespace leasehold
