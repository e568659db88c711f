#include "server/base/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

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

}  // namespace
}  // namespace leasehold
