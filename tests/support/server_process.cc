#include "tests/support/server_process.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "server/base/check.h"

namespace leasehold {
namespace {

ChildOptions Child(const ServerOptions& options) {
  ChildOptions child;
  child.argv = options.wrapper;
  child.argv.push_back(options.program.empty() ? ProgramPath("leaseholdd") : options.program);
  for (const auto& [flag, value] :
       {std::pair("--data-dir", options.data_dir), std::pair("--listen", options.listen),
        std::pair("--broker-listen", options.broker_listen),
        std::pair("--metrics-listen", options.metrics_listen)}) {
    child.argv.insert(child.argv.end(), {flag, value});
  }
  child.argv.insert(child.argv.end(), options.arguments.begin(), options.arguments.end());
  child.environment = options.environment;
  child.out_file = options.log_file + ".out";
  child.err_file = options.log_file;
  return child;
}

int WatchFolder(const std::string& folder) {
  const int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  LEASEHOLD_CHECK(fd >= 0);
  // Where there is no folder the server ends, which is seen without a watch.
  inotify_add_watch(fd, folder.c_str(), IN_MOVED_TO);
  return fd;
}

}  // namespace

// The watch comes before the process: what it does is seen even where it is quick.
ServerProcess::ServerProcess(const ServerOptions& options)
    : endpoints_file_(options.data_dir + "/endpoints.json"),
      log_file_(options.log_file),
      log_start_(ContentsOf(options.log_file).size()),
      inotify_(WatchFolder(options.data_dir)),
      process_(Child(options)) {}

ServerProcess::~ServerProcess() { close(inotify_); }

bool ServerProcess::IsServing() {
  // A killed server leaves its file behind: only one with our process id counts.
  endpoints_ = ContentsOf(endpoints_file_);
  return endpoints_.find("\"pid\":" + std::to_string(process_.pid()) + "}") != std::string::npos;
}

bool ServerProcess::AwaitServing() {
  while (!IsServing()) {
    pollfd waited[] = {{inotify_, POLLIN, 0}, {process_.pidfd(), POLLIN, 0}};
    constexpr int kDeadlineMs = 120'000;
    LEASEHOLD_CHECK(poll(waited, 2, kDeadlineMs) > 0, "the server neither serves nor ends");
    if (process_.HasEnded()) return false;
    char events[4096];
    while (read(inotify_, events, sizeof(events)) > 0) continue;
  }
  return true;
}

std::string ServerProcess::Endpoint(const std::string& name) const {
  const std::string key = "\"" + name + "\":\"";
  const size_t begin = endpoints_.find(key);
  LEASEHOLD_CHECK(begin != std::string::npos, "endpoints.json does not name the endpoint");
  const size_t value = begin + key.size();
  return endpoints_.substr(value, endpoints_.find('"', value) - value);
}

int ServerProcess::Kill() {
  process_.Signal(SIGKILL);
  return process_.AwaitEnd();
}

int ServerProcess::Stop() {
  process_.Signal(SIGTERM);
  const int status = process_.AwaitEnd();
  if (status != 0) std::fprintf(stderr, "leaseholdd ended with %d:\n%s\n", status, Log().c_str());
  return status;
}

std::string ServerProcess::Log() const { return ContentsOf(log_file_).substr(log_start_); }

}  // namespace leasehold
