#include "server/base/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>

#include "absl/synchronization/mutex.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
absl::Status HardenProcess() {
  const rlimit none = {0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) {
    return Error(Reason::kInternal,
                 StrCat("cannot switch core dumps off (RLIMIT_CORE): ", std::strerror(errno)));
  }
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return Error(
        Reason::kInternal,
        StrCat("cannot close this process to others (PR_SET_DUMPABLE): ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

void PrepareForLoad() {
#ifdef NDEBUG
  // Debian builds Abseil as for debugging: each lock is entered into a graph, under a lock of that
  // graph, and an order of locks that looks wrong ends the process.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
}

}  // namespace leasehold
