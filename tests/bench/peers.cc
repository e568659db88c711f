#include "tests/bench/peers.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "server/base/check.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// Opened for both directions: the child's open then waits for nobody, and neither does ours.
int MakePipe(const std::string& path) {
  unlink(path.c_str());
  LEASEHOLD_CHECK(mkfifo(path.c_str(), 0600) == 0, "the work folder takes no pipe");
  const int pipe = open(path.c_str(), O_RDWR | O_CLOEXEC);
  LEASEHOLD_CHECK(pipe >= 0);
  return pipe;
}

std::string ReadLine(int fd) {
  AwaitReadable(fd);
  std::array<char, 64> line;
  const ssize_t size = read(fd, line.data(), line.size());
  LEASEHOLD_CHECK(size > 1 && line[size - 1] == '\n', "a peer says nonsense");
  return {line.data(), static_cast<size_t>(size - 1)};
}

}  // namespace

int RunPeer(std::string_view name) {
  if (name == "echo") return RunEcho();
  if (name == "echo_cq") return RunEchoCq();
  if (name == "upstream") return RunHttpUpstream();
  return 2;
}

void AnnouncePort(int port) {
  std::printf("%d\n", port);
  std::fflush(stdout);
}

Peer::Peer(const std::string& name, const std::string& folder)
    : pipe_path_(StrCat(folder, "/", name, ".port")),
      pipe_(MakePipe(pipe_path_)),
      process_({.argv = {ProgramPath("leasehold-bench"), "--peer", name},
                .environment = {},
                .out_file = pipe_path_,
                .err_file = StrCat(folder, "/", name, ".log")}) {
  address_ = StrCat("127.0.0.1:", ReadLine(pipe_));
  close(pipe_);
  unlink(pipe_path_.c_str());
}

}  // namespace leasehold
