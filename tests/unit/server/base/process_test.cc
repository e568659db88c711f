#include "server/base/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "absl/synchronization/mutex.h"

namespace leasehold {
namespace {

TEST_CASE("a hardened process leaves no core file and cannot be traced", "[base][process]") {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // In a process of its own: what is switched off here stays off. The exit status says which
    // expectation failed.
    if (!HardenProcess().ok()) _exit(1);
    rlimit core{};
    if (getrlimit(RLIMIT_CORE, &core) != 0) _exit(2);
    if (core.rlim_cur != 0 || core.rlim_max != 0) _exit(3);
    if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) _exit(4);
    if (!HardenProcess().ok()) _exit(5);  // Twice is as good as once.
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

#ifdef NDEBUG
TEST_CASE("a process under load takes two locks in either order", "[base][process]") {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // Without it, Debian's Abseil ends the process.
    PrepareForLoad();
    absl::Mutex one;
    absl::Mutex other;
    {
      const absl::MutexLock first(&one);
      const absl::MutexLock second(&other);
    }
    const absl::MutexLock first(&other);
    const absl::MutexLock second(&one);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
}
#endif

}  // namespace
}  // namespace leasehold
