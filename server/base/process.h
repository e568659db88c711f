#ifndef LEASEHOLD_SERVER_BASE_PROCESS_H_
#define LEASEHOLD_SERVER_BASE_PROCESS_H_

#include "absl/status/status.h"

namespace leasehold {

// Keeps this process's memory out of core dumps and away from other processes of the same user:
// RLIMIT_CORE 0 (soft and hard, so that nothing raises it again) and PR_SET_DUMPABLE 0 (no ptrace,
// no reading of /proc/self/mem, no dump through a pipe, which the limit alone does not stop). What
// root does is beyond it.
//
// Called by main before a secret is read and before there are other threads; children inherit the
// limit, and lose the flag when they execute another program. INTERNAL where the kernel refuses;
// the caller then does not go on.
absl::Status HardenProcess();

// Sets absl::Mutex up for a server: without the search for deadlocks, which in Debian's build takes
// a lock of its own at every lock and ends the process where it dislikes an order. Called by main
// before there are other threads. Debug builds keep it.
void PrepareForLoad();

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BASE_PROCESS_H_
