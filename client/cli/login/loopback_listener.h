#ifndef LEASEHOLD_CLIENT_CLI_LOGIN_LOOPBACK_LISTENER_H_
#define LEASEHOLD_CLIENT_CLI_LOGIN_LOOPBACK_LISTENER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace leasehold {

// Where the browser comes back to after a login (RFC 8252): a port on loopback that answers one
// request and is gone.
class LoopbackListener {
 public:
  // Port 0 picks a free one.
  static absl::StatusOr<std::unique_ptr<LoopbackListener>> Open(uint16_t port);
  ~LoopbackListener();
  LoopbackListener(const LoopbackListener&) = delete;
  LoopbackListener& operator=(const LoopbackListener&) = delete;

  // "http://127.0.0.1:{port}/callback"
  std::string redirect_uri() const;

  // Waits for the request to the redirect URI whose query has this `state`, tells the person that
  // the window can be closed, and gives the query's fields. What else comes, from pages that guess
  // for example, is refused and waited over. An error at the deadline.
  absl::StatusOr<std::map<std::string, std::string>> Await(std::string_view state,
                                                           absl::Time deadline);

 private:
  LoopbackListener(int fd, uint16_t port) : fd_(fd), port_(port) {}
  const int fd_;
  const uint16_t port_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_LOGIN_LOOPBACK_LISTENER_H_
