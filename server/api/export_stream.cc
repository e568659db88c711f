#include "server/api/export_stream.h"

#include <grpcpp/server_context.h>

#include <utility>

#include "server/api/status_mapping.h"
#include "server/base/status.h"

namespace leasehold {

ExportStream::ExportStream(grpc::CallbackServerContext* context,
                           std::function<void(const absl::Status&)> done)
    : context_(context), done_(std::move(done)) {}

absl::Status ExportStream::Write(v1::ExportRecord record) {
  Step step = Step::kNothing;
  {
    absl::MutexLock lock(&mu_);
    auto room = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
      return broken_ || waiting_.size() < kWaitingMax;
    };
    bool stalled = !mu_.AwaitWithTimeout(absl::Condition(&room), kStalledMax);
    if (stalled) {
      broken_ = true;
    }
    if (broken_) {
      context_->TryCancel();  // ends a write that is under way
      return Error(Reason::kOverloaded,
                   stalled ? "the caller took nothing of the export for a minute; begin again"
                           : "the caller of the export is gone");
    }
    waiting_.push_back(std::move(record));
    step = NextLocked();
  }
  Do(step);
  return absl::OkStatus();
}

void ExportStream::End(const absl::Status& status) {
  Step step = Step::kNothing;
  {
    absl::MutexLock lock(&mu_);
    ended_ = true;
    status_ = status;
    step = NextLocked();
  }
  Do(step);
}

ExportStream::Step ExportStream::NextLocked() {
  if (writing_ || finished_) {
    return Step::kNothing;
  }
  if (broken_) {
    waiting_.clear();
  }
  if (!waiting_.empty()) {
    record_ = std::move(waiting_.front());
    waiting_.pop_front();
    writing_ = true;
    return Step::kWrite;
  }
  if (ended_) {
    finished_ = true;
    return Step::kFinish;
  }
  return Step::kNothing;
}

void ExportStream::Do(Step step) {
  switch (step) {
    case Step::kNothing:
      return;
    case Step::kWrite:
      StartWrite(&record_);
      return;
    case Step::kFinish:
      Finish(ToGrpcStatus(status_));
      return;
  }
}

void ExportStream::OnWriteDone(bool ok) {
  Step step = Step::kNothing;
  {
    absl::MutexLock lock(&mu_);
    writing_ = false;
    broken_ = broken_ || !ok;
    step = NextLocked();
  }
  Do(step);
}

void ExportStream::OnCancel() {
  absl::MutexLock lock(&mu_);
  broken_ = true;
}

void ExportStream::OnDone() {
  done_(status_);
  delete this;
}

}  // namespace leasehold
