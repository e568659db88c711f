#ifndef LEASEHOLD_SERVER_API_READ_POOL_H_
#define LEASEHOLD_SERVER_API_READ_POOL_H_

#include <cstddef>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace leasehold {

// Threads that may wait for the disk, so that gRPC's never do. Safe from any thread.
class ReadPool {
 public:
  using Task = absl::AnyInvocable<void() &&>;

  // Pages of the ledger take some milliseconds; two threads keep one slow query from holding up
  // all others, and more would only take turns at the same disk.
  static constexpr int kThreads = 2;
  // Beyond it a caller would wait longer than for a retry.
  static constexpr size_t kWaitingMax = 64;

  // `name` (at most 15 bytes) is the threads' name.
  explicit ReadPool(const std::string& name, int threads = kThreads,
                    size_t waiting_max = kWaitingMax);
  // Runs what was handed in and joins. The server must be shut down before: tasks end calls.
  ~ReadPool();
  ReadPool(const ReadPool&) = delete;
  ReadPool& operator=(const ReadPool&) = delete;

  // Runs `task` soon. OVERLOADED where too much is waiting; `task` is then destroyed unrun.
  absl::Status Submit(Task task);
  // Submit for what must not be refused any more: the rest of a call whose change is committed.
  // Bounded by what the Committer admits.
  void SubmitRest(Task task);

 private:
  void Run();

  const size_t waiting_max_;
  absl::Mutex mu_;
  std::deque<Task> waiting_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_READ_POOL_H_
