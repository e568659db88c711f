#ifndef LEASEHOLD_SERVER_API_HOT_HOT_THREAD_H_
#define LEASEHOLD_SERVER_API_HOT_HOT_THREAD_H_

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "server/api/hot/disk_thread.h"
#include "server/api/hot/hot_call.h"
#include "server/leases/committer/committer.h"

namespace leasehold {

// The thread that owns the Committer: it polls the completion queue of the hot methods, takes what
// has come in there and what other threads submitted, commits it as one batch, and finishes its own
// replies. What queues while a batch is committed makes up the next one; there is no timer.
//
// It never waits for the disk. While a batch is appended, on a thread that does nothing else, it
// goes on receiving: calls that change something are parsed, admitted and kept for the next batch,
// others are answered. It is the only thread that polls gRPC's sockets, so if it slept, nothing at
// all would come in.
class HotThread {
 public:
  HotThread(std::unique_ptr<grpc::ServerCompletionQueue> queue, Committer& committer);
  ~HotThread();

  grpc::ServerCompletionQueue* queue() { return queue_.get(); }

  // After the server was started and its first calls were asked for.
  void Start();

  // After the server's Shutdown: commits and answers what is left, closes the Committer, and ends.
  void Stop();

 private:
  // Wakes the queue's thread. An alarm must not be set again before it went off.
  class Waker final : public HotTag {
   public:
    explicit Waker(grpc::CompletionQueue* queue) : queue_(queue) {}
    void Wake();
    void Proceed(bool ok, std::vector<std::unique_ptr<Operation>>& batch) override;

   private:
    grpc::CompletionQueue* const queue_;
    grpc::Alarm alarm_;
    std::atomic<bool> pending_ = false;
  };

  void Run();
  // So many events, or so long, are taken at most before what came is committed: calls that are
  // refused add nothing to the batch, and a flood of them must not keep revocations and ticks
  // waiting.
  static constexpr int kDrainEventsMax = 1024;
  static constexpr absl::Duration kDrainTimeMax = absl::Milliseconds(2);

  // Has `append` done by the disk thread and receives meanwhile.
  absl::Status Append(absl::FunctionRef<absl::Status()> append);

  // What came in and is to be committed.
  struct Received {
    std::vector<std::unique_ptr<Operation>> operations;
    size_t decisions = 0;  // that they make
  };
  // Takes what is ready into `received`, waiting for the first until `deadline`. False where the
  // queue was shut down and is empty.
  bool Drain(absl::Time deadline, Received& received);

  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  Committer& committer_;
  Waker waker_;
  std::atomic<bool> stopping_ = false;
  bool started_ = false;
  // The hot thread's own: what came in while the last batch was appended.
  Received next_;
  std::optional<DiskThread> disk_;
  std::thread thread_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_HOT_HOT_THREAD_H_
