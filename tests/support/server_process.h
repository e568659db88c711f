#ifndef LEASEHOLD_TESTS_SUPPORT_SERVER_PROCESS_H_
#define LEASEHOLD_TESTS_SUPPORT_SERVER_PROCESS_H_

#include <string>
#include <vector>

#include "tests/support/child_process.h"

namespace leasehold {

struct ServerOptions {
  std::string data_dir;
  std::string log_file;                // stderr, appended to
  std::string program;                 // empty: leaseholdd
  std::vector<std::string> wrapper;    // a command that becomes the program, such as setpriv
  std::vector<std::string> arguments;  // beside --data-dir and those below
  // Ports that the server chooses.
  std::string listen = "127.0.0.1:0";
  std::string broker_listen = "127.0.0.1:0";
  std::string metrics_listen = "127.0.0.1:0";
  std::vector<std::string> environment;
};

// A real leaseholdd.
class ServerProcess {
 public:
  // Starts it, and does not wait.
  explicit ServerProcess(const ServerOptions& options);
  ~ServerProcess();

  // Waits until it serves; false where it ended before.
  bool AwaitServing();
  // From endpoints.json, once it serves: "grpc", "broker", "metrics", "admin_socket", ...
  std::string Endpoint(const std::string& name) const;

  // kill -9. Exit status as of ChildProcess.
  int Kill();
  // SIGTERM, and waits for the end. Prints what the server wrote where it did not end well.
  int Stop();
  int AwaitEnd() { return process_.AwaitEnd(); }
  bool HasEnded() { return process_.HasEnded(); }
  pid_t pid() const { return process_.pid(); }
  // What this run, not one before it, wrote to stderr.
  std::string Log() const;

 private:
  bool IsServing();

  const std::string endpoints_file_;
  const std::string log_file_;
  const size_t log_start_;
  const int inotify_;
  std::string endpoints_;
  ChildProcess process_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_SUPPORT_SERVER_PROCESS_H_
