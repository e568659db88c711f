#ifndef LEASEHOLD_TESTS_BENCH_PEERS_H_
#define LEASEHOLD_TESTS_BENCH_PEERS_H_

#include <string>
#include <string_view>

#include "tests/support/child_process.h"

namespace leasehold {

// What our server is compared with. Each peer is a process of its own, started from the bench
// program itself, so that its CPU time can be told from the client's. It listens on loopback, at a
// port that it chooses, until it is killed.
//
//   echo      AuthorizeUse with gRPC's callback API, answered at once: no credential, no judgement,
//             no disk, but the same messages.
//   echo_cq   The same with the completion-queue API and one thread that polls.
//   upstream  A small HTTP/1.1 server with keep-alive: what the broker forwards to.
//
// Runs the peer `name` in this process and never comes back; 2 where there is no such peer, 1 where
// it cannot listen.
int RunPeer(std::string_view name);

// How each of them says where it listens: one line on stdout.
void AnnouncePort(int port);

// One function a peer; see RunPeer.
int RunEcho();
int RunEchoCq();
int RunHttpUpstream();

// A running peer. It dies with this, and with the program.
class Peer {
 public:
  // Waits until it listens. `folder` is where it writes what it has to say.
  Peer(const std::string& name, const std::string& folder);

  const std::string& address() const { return address_; }
  pid_t pid() const { return process_.pid(); }

 private:
  const std::string pipe_path_;
  const int pipe_;
  ChildProcess process_;
  std::string address_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_BENCH_PEERS_H_
