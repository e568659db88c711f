#include "server/net/unary/unary_server.h"

#include <unistd.h>

#include <optional>
#include <utility>
#include <vector>

#include "server/base/status.h"
#include "server/net/accept_loop.h"
#include "server/net/socket/unix_listener.h"
#include "server/net/unary/serving_loop.h"

namespace leasehold {

class UnaryServer::Impl {
 public:
  Impl(Options options, UnixListener listener)
      : options_(std::move(options)), listener_(std::move(listener)) {}

  absl::Status Start(Handler handler) {
    loop_ = std::make_unique<ServingLoop>(options_, std::move(handler));
    RETURN_IF_ERROR(loop_->Start());
    std::vector<AcceptLoop::Listener> listeners;
    listeners.push_back({.name = options_.socket,
                         .fd = listener_->fd(),
                         .limits = options_.limits,
                         .take = [this](const AcceptLoop::Peer& peer, OwnedFd& connection) {
                           return Take(peer, connection);
                         }});
    accept_ = std::make_unique<AcceptLoop>(options_.accept_thread, std::move(listeners));
    return accept_->Start();
  }

  void Stop(absl::Duration drain) {
    accept_.reset();
    listener_.reset();
    if (loop_ != nullptr) loop_->Stop(drain);
  }

 private:
  // The file's mode keeps others out already, where nobody has changed it.
  bool Take(const AcceptLoop::Peer& peer, OwnedFd& connection) {
    if (peer.uid != geteuid() && peer.uid != uid_t{0}) return false;
    loop_->Add(std::move(connection), {.cls = options_.cls,
                                       .uid = peer.uid,
                                       .agent = {},
                                       .certificate = {},
                                       .certificate_chain = {}});
    return true;
  }

  const Options options_;
  std::optional<UnixListener> listener_;
  std::unique_ptr<ServingLoop> loop_;
  std::unique_ptr<AcceptLoop> accept_;
};

absl::StatusOr<std::unique_ptr<UnaryServer>> UnaryServer::Listen(Options options) {
  ASSIGN_OR_RETURN(UnixListener listener, UnixListener::Listen(options.socket, 0600));
  return std::unique_ptr<UnaryServer>(
      new UnaryServer(std::make_unique<Impl>(std::move(options), std::move(listener))));
}

UnaryServer::UnaryServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
UnaryServer::~UnaryServer() { Stop(absl::ZeroDuration()); }
absl::Status UnaryServer::Start(Handler handler) { return impl_->Start(std::move(handler)); }
void UnaryServer::Stop(absl::Duration drain) { impl_->Stop(drain); }

}  // namespace leasehold
