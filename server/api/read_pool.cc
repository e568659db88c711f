#include "server/api/read_pool.h"

#include <pthread.h>

#include <utility>

#include "server/base/status.h"

namespace leasehold {

ReadPool::ReadPool(const std::string& name, int threads, size_t waiting_max)
    : waiting_max_(waiting_max) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Run(); });
    pthread_setname_np(threads_.back().native_handle(), name.c_str());
  }
}

ReadPool::~ReadPool() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

absl::Status ReadPool::Submit(Task task) {
  absl::MutexLock lock(&mu_);
  if (waiting_.size() >= waiting_max_) {
    return Error(Reason::kOverloaded, "too many reads are waiting; try again",
                 {.retry_after = absl::Milliseconds(500)});
  }
  waiting_.push_back(std::move(task));
  return absl::OkStatus();
}

void ReadPool::SubmitRest(Task task) {
  absl::MutexLock lock(&mu_);
  waiting_.push_back(std::move(task));
}

void ReadPool::Run() {
  auto ready = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return stopping_ || !waiting_.empty(); };
  while (true) {
    Task task;
    {
      absl::MutexLock lock(&mu_, absl::Condition(&ready));
      if (waiting_.empty()) {
        return;
      }
      task = std::move(waiting_.front());
      waiting_.pop_front();
    }
    std::move(task)();
  }
}

}  // namespace leasehold
