#ifndef LEASEHOLD_SERVER_SERVER_H_
#define LEASEHOLD_SERVER_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/config/config.h"

namespace leasehold {

// leaseholdd, put together: store, committer, gRPC, broker, metrics. Wiring and order of start and
// stop, and nothing else. Used by one thread.
class Server {
 public:
  // Opens the store and serves. Errors as of the parts, with one sentence each; nothing is left
  // running then. `clock` outlives it.
  static absl::StatusOr<std::unique_ptr<Server>> Start(Config config, const Clock& clock);

  // Refuses new work, finishes what is under way, writes a last snapshot, closes the store.
  ~Server();

  // Where it serves: the sentence for people. endpoints.json in the data folder has it for
  // programs.
  std::string Where() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_SERVER_H_
