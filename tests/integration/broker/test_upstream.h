#ifndef LEASEHOLD_TESTS_INTEGRATION_BROKER_TEST_UPSTREAM_H_
#define LEASEHOLD_TESTS_INTEGRATION_BROKER_TEST_UPSTREAM_H_

#include <openssl/types.h>

#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "tests/integration/broker/raw_socket.h"

namespace leasehold {

// A real server on a port of its own on 127.0.0.1, with a thread for each connection. What it does
// with one is the test's; it may read and write any bytes.
class TestUpstream {
 public:
  using Handler = std::function<void(TestUpstream*, RawSocket*)>;

  // With `tls`, connections are TLS before the handler sees them.
  explicit TestUpstream(Handler handler, SSL_CTX* tls = nullptr);
  // Ends all connections and waits for their handlers.
  ~TestUpstream();

  // "127.0.0.1:port"
  const std::string& address() const { return address_; }

  // Reads one request's head and remembers it; empty at the end of the connection.
  std::string ReadHead(RawSocket* socket);
  // All heads, in the order in which they came.
  std::vector<std::string> heads() const;
  int connections() const;
  // Handlers that have returned.
  void AwaitHandled(int count);

  // Answers every request with 200 and the request itself, head and counted body, as the body.
  static void Echo(TestUpstream* upstream, RawSocket* socket);
  // Answers every request with these bytes.
  static Handler Answering(std::string response);

 private:
  void Accept();
  void Serve(int fd);

  const Handler handler_;
  SSL_CTX* const tls_;
  int listener_;
  std::string address_;
  mutable absl::Mutex mu_;
  std::vector<std::string> heads_ ABSL_GUARDED_BY(mu_);
  int connections_ ABSL_GUARDED_BY(mu_) = 0;
  int handled_ ABSL_GUARDED_BY(mu_) = 0;
  std::set<int> open_ ABSL_GUARDED_BY(mu_);
  std::vector<std::thread> threads_;  // of the accepting thread, then of the destructor
  std::thread accepting_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_INTEGRATION_BROKER_TEST_UPSTREAM_H_
