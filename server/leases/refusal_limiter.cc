#include "server/leases/refusal_limiter.h"

namespace leasehold {

bool RefusalLimiter::Admit(const RefusalKey& key, LeaseNumber lease, UnixMillis now) {
  RefusalKey kept = key;
  if (windows_.size() >= kKeysMax && !windows_.contains(key)) {
    kept = {.kind = key.kind, .reason = key.reason, .agent = key.agent};
  }
  auto [it, inserted] = windows_.try_emplace(kept);
  Window& window = it->second;
  if (inserted) {
    window.start = now;
    window.counted.key = kept;
    if (next_due_.empty()) {
      next_due_ = now + kWindow;
    }
  }
  if (window.entries < kEntriesPerWindow) {
    ++window.entries;
    return true;
  }
  RefusalSummary& counted = window.counted;
  if (counted.count == 0) {
    counted.lease = lease;
    counted.first = now;
  } else if (counted.lease != lease) {
    counted.lease = LeaseNumber();
  }
  ++counted.count;
  counted.last = now;
  return false;
}

std::vector<RefusalSummary> RefusalLimiter::TakeDue(UnixMillis now) {
  std::vector<RefusalSummary> due;
  if (next_due_.empty() || now < next_due_) {
    return due;
  }
  next_due_ = UnixMillis();
  for (auto it = windows_.begin(); it != windows_.end();) {
    UnixMillis end = it->second.start + kWindow;
    if (now >= end) {
      if (it->second.counted.count > 0) {
        due.push_back(it->second.counted);
      }
      windows_.erase(it++);
      continue;
    }
    if (next_due_.empty() || end < next_due_) {
      next_due_ = end;
    }
    ++it;
  }
  return due;
}

std::vector<RefusalSummary> RefusalLimiter::TakeAll() {
  std::vector<RefusalSummary> all;
  for (const auto& [key, window] : windows_) {
    if (window.counted.count > 0) {
      all.push_back(window.counted);
    }
  }
  windows_.clear();
  next_due_ = UnixMillis();
  return all;
}

}  // namespace leasehold
