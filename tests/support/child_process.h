#ifndef LEASEHOLD_TESTS_SUPPORT_CHILD_PROCESS_H_
#define LEASEHOLD_TESTS_SUPPORT_CHILD_PROCESS_H_

// Programs that tests start. A wait here ends with what it waits for, or aborts the test after a
// time that only a failing one reaches; nothing sleeps.

#include <sys/types.h>

#include <string>
#include <vector>

namespace leasehold {

// What to start and where its output goes.
struct ChildOptions {
  std::vector<std::string> argv;         // argv[0] is looked for in $PATH where it is no path
  std::vector<std::string> environment;  // "NAME=value", beside or in place of the test's own
  std::string out_file;                  // appended to
  std::string err_file;                  // appended to
};

// A running program. It dies with the test, even where that is killed. Used by one thread, which
// outlives it.
class ChildProcess {
 public:
  explicit ChildProcess(const ChildOptions& options);
  // Kills it.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  // A descriptor that becomes readable when the process has ended.
  int pidfd() const { return pidfd_; }
  bool HasEnded();
  void Signal(int signal);
  // Its exit status, or the negative number of the signal that ended it.
  int AwaitEnd();

 private:
  pid_t pid_ = -1;
  int pidfd_ = -1;
  bool ended_ = false;
  int status_ = 0;
};

// What a program did that ran to its end.
struct Ran {
  int status = 0;  // as ChildProcess::AwaitEnd
  std::string out;
  std::string err;
};
Ran RunProgram(const std::vector<std::string>& argv,
               const std::vector<std::string>& environment = {});

// A program of ours, from the folder $LEASEHOLD_BIN_DIR.
std::string ProgramPath(const std::string& name);

// Contents of a file; empty where there is none.
std::string ContentsOf(const std::string& path);

// Waits until a descriptor is readable; aborts after the deadline.
void AwaitReadable(int fd);

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_SUPPORT_CHILD_PROCESS_H_
