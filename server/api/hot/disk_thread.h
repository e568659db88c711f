#ifndef LEASEHOLD_SERVER_API_HOT_DISK_THREAD_H_
#define LEASEHOLD_SERVER_API_HOT_DISK_THREAD_H_

#include <functional>
#include <optional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace leasehold {

// The thread ("lh-disk") that waits for the disk in the hot thread's stead, one piece of work at a
// time. Used by one other thread.
class DiskThread {
 public:
  // `done` is called on the disk thread after each piece of work, when Done() is true.
  explicit DiskThread(std::function<void()> done);
  // Not while work is under way.
  ~DiskThread();
  DiskThread(const DiskThread&) = delete;
  DiskThread& operator=(const DiskThread&) = delete;

  using Work = absl::FunctionRef<absl::Status()>;

  // Begins `work`, which lives until Await has returned. Await comes before the next Begin.
  void Begin(const Work& work);
  // Whether it has come to its end, so that Await does not wait.
  bool Done() const;
  // What it came to.
  absl::Status Await();

 private:
  void Run();

  const std::function<void()> done_;
  mutable absl::Mutex mu_;
  const Work* work_ ABSL_GUARDED_BY(mu_) = nullptr;
  std::optional<absl::Status> result_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_HOT_DISK_THREAD_H_
