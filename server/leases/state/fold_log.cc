// What entries about the log itself do to the state.

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/state/fold_error.h"
#include "server/leases/state/state.h"

namespace leasehold {

using ledger::v1::Entry;

absl::Status State::FoldLog(LogIndex index, const Entry& entry, SideSource& side) {
  switch (entry.kind_case()) {
    case Entry::kLogCreated: {
      const ledger::v1::LogCreated& created = entry.log_created();
      if (size_ != 0 || created.log() == 0 || created.epoch() == 0) {
        return FoldError(index, "creates a log that is there already");
      }
      log_ = LogId(created.log());
      last_time_ = UnixMillis(static_cast<int64_t>(created.start_time_ms()));
      epochs_.push_back({Epoch(created.epoch()), last_time_, index});
      origin_ = created.origin();
      checkpoint_key_ = created.checkpoint_key();
      return absl::OkStatus();
    }
    case Entry::kEpochStarted: {
      const ledger::v1::EpochStarted& started = entry.epoch_started();
      if (size_ == 0 || started.previous_size() != size_ ||
          LeaseNumber(started.through()).value() != leases_.count()) {
        return FoldError(index, "starts an epoch elsewhere than at its place");
      }
      last_time_ = UnixMillis(static_cast<int64_t>(started.start_time_ms()));
      epochs_.push_back({Epoch(started.epoch()), last_time_, index});
      origin_ = started.origin();
      checkpoint_key_ = started.checkpoint_key();
      earlier_epochs_through_ = LeaseNumber(started.through());
      credentials_.EndThrough(CredentialId(credentials_.all().size()));
      // What was approved may have been used after the backup.
      approvals_.EndAll();
      return absl::OkStatus();
    }
    case Entry::kClockMark:
      if (entry.clock_mark().through() > leases_.count()) {
        return FoldError(index, "ends leases that were never issued");
      }
      if (entry.clock_mark().through() != 0) {
        own_revocations_.push_back({.selector = Selector::All(),
                                    .through = LeaseNumber(entry.clock_mark().through()),
                                    .index = index,
                                    .time = last_time_});
        watermarks_.Raise(own_revocations_.back());
        approvals_.EndAll();
      }
      return absl::OkStatus();
    case Entry::kTextDefined:
      if (TextId(entry.text_defined().id()) != texts_.next()) {
        return FoldError(index, "defines a text whose id is not the next");
      }
      if (!side.TextFits(texts_.next(), entry.text_defined().commitment())) {
        return Error(Reason::kStoreDamaged,
                     StrCat("the text that entry ", index.value(),
                            " defines was changed; run `leasehold ledger verify` and restore a "
                            "backup"));
      }
      texts_.Add(entry.text_defined().kind(), side.Text(texts_.next()));
      return absl::OkStatus();
    case Entry::kBackupTaken:
      last_backup_ = last_time_;
      return absl::OkStatus();
    default:
      return FoldError(index, "is not about the log");
  }
}

}  // namespace leasehold
