#include "storage/sqlite/store_lock.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <optional>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/support/temp_folder.h"

namespace leasehold {
namespace {

TEST_CASE("a lock has one holder, and is free when that one lets go") {
  const TempFolder folder;
  auto first = std::make_optional(*StoreLock::Acquire(folder.File("l")));
  const absl::Status second = StoreLock::Acquire(folder.File("l")).status();
  CHECK(ReasonOf(second) == Reason::kStoreLocked);
  CHECK(std::string(second.message()).find(StrCat("process ", getpid())) != std::string::npos);
  first.reset();
  CHECK(StoreLock::Acquire(folder.File("l")).ok());
}

TEST_CASE("a lock of a process that was killed is free at once") {
  const TempFolder folder;
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto lock = StoreLock::Acquire(folder.File("l"));
    if (!lock.ok() || write(ready[1], "x", 1) != 1) _exit(1);
    while (true) pause();
  }
  char byte = 0;
  REQUIRE(read(ready[0], &byte, 1) == 1);
  const absl::Status mine = StoreLock::Acquire(folder.File("l")).status();
  CHECK(ReasonOf(mine) == Reason::kStoreLocked);
  CHECK(std::string(mine.message()).find(StrCat("process ", child)) != std::string::npos);
  kill(child, SIGKILL);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(StoreLock::Acquire(folder.File("l")).ok());
  close(ready[0]);
  close(ready[1]);
}

TEST_CASE("a lock on a file that was removed keeps nobody out of the new one, nor is it renewed") {
  const TempFolder folder;
  const auto removed = StoreLock::Acquire(folder.File("l"));
  std::filesystem::remove(folder.File("l"));
  const auto current = StoreLock::Acquire(folder.File("l"));
  CHECK(current.ok());
  CHECK(ReasonOf(StoreLock::Acquire(folder.File("l")).status()) == Reason::kStoreLocked);
}

}  // namespace
}  // namespace leasehold
