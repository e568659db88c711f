#ifndef LEASEHOLD_TESTS_SUPPORT_LOAD_H_
#define LEASEHOLD_TESTS_SUPPORT_LOAD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "tests/support/installation.h"

namespace leasehold {

class LoadClient;

// Clients that acquire, renew, use, reveal, release, revoke and resume at random until the server
// goes away, and that remember every answer. Each has an agent and workflows of its own and one
// call under way, so it knows what each answer has to be; only of the call that the server did not
// answer it cannot know whether it happened. Check() then asks a server that was started again.
//
//   Load load(installation, agents, seed);
//   load.Start();
//   load.AwaitAnswers(500);
//   installation.server().Kill();
//   load.Join();
//   installation.Start();
//   load.Check();
//   load.Start();  // and so on
class Load {
 public:
  // `agents` have leases of `billing/key` as of Installation::SetUp.
  Load(Installation& installation, const std::vector<std::string>& agents, uint64_t seed);
  ~Load();

  // A thread for each client; against the server that is running now.
  void Start();
  // Until the clients together got so many answers since Start, or have all ended.
  void AwaitAnswers(uint64_t count);
  // Until all clients have seen that the server is gone, or, after Stop, until they have done
  // what they were at.
  void Join();
  void Stop();

  // Asks the running server about everything that was acknowledged, and about everything that may
  // not be usable. A sentence for each answer, now or under the load, that no server may give; none
  // is good. Between Join and Start.
  std::vector<std::string> Examine();
  // Fails the test case where Examine finds something.
  void Check();

  // Answers so far.
  uint64_t answers() const;

 private:
  void Work(LoadClient& client);

  Installation& installation_;
  std::vector<std::unique_ptr<LoadClient>> clients_;
  std::vector<std::thread> threads_;
  mutable absl::Mutex mu_;
  uint64_t answers_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t running_ ABSL_GUARDED_BY(mu_) = 0;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_SUPPORT_LOAD_H_
