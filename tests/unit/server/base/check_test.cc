#include "server/base/check.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <string>

#include "server/base/process.h"

namespace leasehold {
namespace {

struct Ending {
  int status = 0;
  std::string errors;
};

// Runs `body` in a process of its own, because what is tested ends the process.
template <typename Body>
Ending RunApart(Body body) {
  std::array<int, 2> pipe_ends;
  REQUIRE(pipe(pipe_ends.data()) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // Catch2's own handler would report the signal as a failure of the test.
    std::signal(SIGABRT, SIG_DFL);
    if (!HardenProcess().ok()) _exit(1);  // No core file of a process that is meant to die.
    dup2(pipe_ends[1], STDERR_FILENO);
    close(pipe_ends[0]);
    body();
    _exit(0);
  }
  close(pipe_ends[1]);
  Ending ending;
  std::array<char, 512> buffer;
  for (ssize_t n; (n = read(pipe_ends[0], buffer.data(), buffer.size())) > 0;) {
    ending.errors.append(buffer.data(), static_cast<size_t>(n));
  }
  close(pipe_ends[0]);
  REQUIRE(waitpid(child, &ending.status, 0) == child);
  return ending;
}

TEST_CASE("a failed check says where and what, and stops the process", "[base][check]") {
  const Ending ending = RunApart([] { LEASEHOLD_CHECK(1 + 1 == 3, "sums are wrong"); });
  REQUIRE(WIFSIGNALED(ending.status));
  CHECK(WTERMSIG(ending.status) == SIGABRT);
  CHECK_THAT(ending.errors, Catch::Contains("check_test.cc:"));
  CHECK_THAT(ending.errors, Catch::Contains("check failed: 1 + 1 == 3: sums are wrong\n"));
}

TEST_CASE("a failed check needs no message", "[base][check]") {
  const Ending ending = RunApart([] { LEASEHOLD_CHECK(false); });
  REQUIRE(WIFSIGNALED(ending.status));
  CHECK_THAT(ending.errors, Catch::EndsWith("check failed: false\n"));
}

TEST_CASE("a check that holds does nothing and evaluates its condition once", "[base][check]") {
  int evaluations = 0;
  LEASEHOLD_CHECK(++evaluations > 0);
  CHECK(evaluations == 1);
}

}  // namespace
}  // namespace leasehold
