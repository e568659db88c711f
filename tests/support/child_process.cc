#include "tests/support/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include "server/base/check.h"
#include "tests/support/temp_folder.h"

namespace leasehold {
namespace {

// Far more than anything takes that works, sanitizers and a busy machine included.
constexpr int kDeadlineMs = 120'000;

std::vector<std::string> MergedEnvironment(const std::vector<std::string>& changes) {
  std::map<std::string, std::string> merged;
  const auto add = [&merged](const std::string& variable) {
    merged[variable.substr(0, variable.find('='))] = variable;
  };
  for (char** variable = environ; *variable != nullptr; ++variable) add(*variable);
  for (const std::string& variable : changes) add(variable);
  std::vector<std::string> result;
  for (auto& [name, variable] : merged) result.push_back(std::move(variable));
  return result;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

ChildProcess::ChildProcess(const ChildOptions& options) {
  // setpriv becomes the program, so the process id is the program's own.
  std::vector<std::string> argv = {"setpriv", "--pdeathsig", "KILL", "--"};
  argv.insert(argv.end(), options.argv.begin(), options.argv.end());
  std::vector<std::string> environment = MergedEnvironment(options.environment);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, options.out_file.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, options.err_file.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int failed = posix_spawnp(&pid_, "setpriv", &actions, nullptr, Pointers(argv).data(),
                                  Pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  LEASEHOLD_CHECK(failed == 0, "a program could not be started");
  // By number: the C library's header for these is not meant for C++.
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  LEASEHOLD_CHECK(pidfd_ >= 0, "the kernel has no pidfd_open");
}

ChildProcess::~ChildProcess() {
  if (!HasEnded()) {
    Signal(SIGKILL);
    AwaitEnd();
  }
  close(pidfd_);
}

bool ChildProcess::HasEnded() {
  if (!ended_ && waitpid(pid_, &status_, WNOHANG) == pid_) ended_ = true;
  return ended_;
}

void ChildProcess::Signal(int signal) {
  // By the descriptor, which never names another process.
  if (!ended_) syscall(SYS_pidfd_send_signal, pidfd_, signal, nullptr, 0);
}

int ChildProcess::AwaitEnd() {
  if (!ended_) {
    AwaitReadable(pidfd_);
    LEASEHOLD_CHECK(waitpid(pid_, &status_, 0) == pid_);
    ended_ = true;
  }
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_);
}

Ran RunProgram(const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
  const TempFolder folder;
  ChildProcess child({.argv = argv,
                      .environment = environment,
                      .out_file = folder.File("out"),
                      .err_file = folder.File("err")});
  Ran ran;
  ran.status = child.AwaitEnd();
  ran.out = ContentsOf(folder.File("out"));
  ran.err = ContentsOf(folder.File("err"));
  return ran;
}

std::string ProgramPath(const std::string& name) {
  const char* const folder = std::getenv("LEASEHOLD_BIN_DIR");
  LEASEHOLD_CHECK(folder != nullptr, "LEASEHOLD_BIN_DIR does not say where the programs are");
  return std::string(folder) + "/" + name;
}

std::string ContentsOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void AwaitReadable(int fd) {
  pollfd waited{fd, POLLIN, 0};
  int ready = 0;
  do {
    ready = poll(&waited, 1, kDeadlineMs);
  } while (ready < 0 && errno == EINTR);
  LEASEHOLD_CHECK(ready > 0, "what a test waits for did not happen");
}

}  // namespace leasehold
