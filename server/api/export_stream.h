#ifndef LEASEHOLD_SERVER_API_EXPORT_STREAM_H_
#define LEASEHOLD_SERVER_API_EXPORT_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <deque>
#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "leasehold/v1/ledger.pb.h"

namespace leasehold {

// The stream of one ExportEntries: between the thread that reads the store and gRPC, which writes
// as fast as the caller takes. Destroys itself when gRPC is done and the producer has ended.
class ExportStream final : public grpc::ServerWriteReactor<v1::ExportRecord> {
 public:
  // Records that wait: enough that gRPC and the producer seldom wait for each other.
  static constexpr size_t kWaitingMax = 256;
  // A caller that takes nothing for so long is cut off: the store's view, which keeps the log of
  // changes from being emptied, is open meanwhile.
  static constexpr absl::Duration kStalledMax = absl::Seconds(60);

  // `done` is called once with the outcome, before the object goes.
  ExportStream(grpc::CallbackServerContext* context, std::function<void(const absl::Status&)> done);

  // For the producer, one thread. Waits while kWaitingMax records are waiting; an error where the
  // caller is gone, after which nothing more is to be written.
  absl::Status Write(v1::ExportRecord record);
  // The last call of the producer: ends the stream after what was written. The object may be gone
  // when this returns.
  void End(const absl::Status& status);

 private:
  ~ExportStream() override = default;  // by itself

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // What is to be done next, decided under the lock and done without it: Finish may destroy the
  // object at once.
  enum class Step { kNothing, kWrite, kFinish };
  Step NextLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Do(Step step);

  grpc::CallbackServerContext* const context_;
  const std::function<void(const absl::Status&)> done_;

  absl::Mutex mu_;
  std::deque<v1::ExportRecord> waiting_ ABSL_GUARDED_BY(mu_);
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  // Whoever got Step::kWrite or kFinish owns these until OnWriteDone.
  v1::ExportRecord record_;
  absl::Status status_;

  bool broken_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_EXPORT_STREAM_H_
