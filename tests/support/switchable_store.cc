#include "tests/support/switchable_store.h"

#include "server/base/status.h"

namespace leasehold {

void SwitchableStore::HoldAppends() {
  absl::MutexLock lock(&mu_);
  hold_ = true;
}

void SwitchableStore::ReleaseAppends() {
  absl::MutexLock lock(&mu_);
  hold_ = false;
}

void SwitchableStore::AwaitHeldAppend() { absl::MutexLock lock(&mu_, absl::Condition(&held_)); }

absl::Status SwitchableStore::Append(const Batch& batch) {
  {
    absl::MutexLock lock(&mu_);
    held_ = hold_;
    mu_.Await(absl::Condition(
        +[](bool* hold) { return !*hold; }, &hold_));
    held_ = false;
  }
  if (!append_error_.ok()) {
    return append_error_;
  }
  if (fill_up_ && !batch.may_use_reserve) {
    fill_up_ = false;
    low_ = true;
    return Error(Reason::kLedgerFull, "the disk is full");
  }
  absl::Status appended = store_->Append(batch);
  ++appends_;
  if (batch.snapshot.has_value()) {
    snapshot_ = batch.snapshot;
  }
  return appended;
}

Space SwitchableStore::GetSpace() {
  Space space = store_->GetSpace();
  space.low = space.low || low_;
  return space;
}

}  // namespace leasehold
