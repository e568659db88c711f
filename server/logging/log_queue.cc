#include "server/logging/log_queue.h"

#include <utility>

namespace leasehold {

void LogQueue::Push(std::string_view line) {
  absl::MutexLock lock(&mu_);
  if (came_.accepted - taken_.accepted >= kLinesMax || text_.size() + line.size() >= kBytesMax) {
    ++came_.dropped;
    return;
  }
  text_.append(line).push_back('\n');
  ++came_.accepted;
}

LogQueue::Batch LogQueue::Take() {
  absl::MutexLock lock(&mu_);
  mu_.Await(absl::Condition(this, &LogQueue::HasMoreLocked));
  Batch batch{.text = std::exchange(text_, std::string()),
              .dropped = came_.dropped - taken_.dropped};
  taken_ = came_;
  return batch;
}

void LogQueue::Done() {
  absl::MutexLock lock(&mu_);
  done_ = taken_;
}

bool LogQueue::AwaitDone(absl::Duration timeout) {
  absl::MutexLock lock(&mu_);
  const Totals wanted = came_;
  const auto done = [this, wanted]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return done_.accepted >= wanted.accepted && done_.dropped >= wanted.dropped;
  };
  return mu_.AwaitWithTimeout(absl::Condition(&done), timeout);
}

bool LogQueue::HasMoreLocked() const {
  return came_.accepted != taken_.accepted || came_.dropped != taken_.dropped;
}

}  // namespace leasehold
