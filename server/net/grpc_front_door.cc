#include "server/net/grpc_front_door.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/net/accept_loop.h"
#include "server/net/os_user.h"
#include "server/net/socket/listen_tcp.h"
#include "server/net/socket/unix_listener.h"

namespace leasehold {
namespace {

using Acceptor = grpc::experimental::ExternalConnectionAcceptor;

// Connections that are all the same to a handler. gRPC knows them apart by the acceptor that they
// were handed to, so there is one for each class and, where the uid counts, for each OS user.
struct Entrance {
  ConnectionInfo info;
  std::unique_ptr<Acceptor> acceptor;
};

// One listener and what its connections can be.
struct Way {
  std::string name;
  std::optional<UnixListener> unix_listener;
  OwnedFd tcp;
  ConnectionLimits limits;
  std::vector<Entrance> entrances;

  int fd() const { return unix_listener.has_value() ? unix_listener->fd() : tcp.get(); }

  // Where a peer comes in: the entrance of its uid, else the one for all others, else nullptr.
  Entrance* EntranceOf(const AcceptLoop::Peer& peer) {
    Entrance* rest = nullptr;
    for (Entrance& entrance : entrances) {
      if (!entrance.info.uid.has_value()) {
        rest = &entrance;
      } else if (entrance.info.uid == peer.uid) {
        return &entrance;
      }
    }
    return rest;
  }
};

absl::StatusOr<Way> UnixWay(std::string name, const std::string& path, mode_t mode,
                            ConnectionLimits limits, std::vector<ConnectionInfo> infos) {
  ASSIGN_OR_RETURN(UnixListener listener, UnixListener::Listen(path, mode));
  Way way{.name = std::move(name),
          .unix_listener = std::move(listener),
          .tcp = {},
          .limits = limits,
          .entrances = {}};
  for (ConnectionInfo& info : infos) way.entrances.push_back({std::move(info), nullptr});
  return way;
}

// One entrance for the server's own user and one for root, which may be the same.
std::vector<ConnectionInfo> OwnUsers(ConnectionClass cls) {
  std::vector<ConnectionInfo> infos = {{.cls = cls, .uid = geteuid(), .agent = {}}};
  if (geteuid() != 0) infos.push_back({.cls = cls, .uid = 0, .agent = {}});
  return infos;
}

absl::StatusOr<std::vector<ConnectionInfo>> AdapterInfos(const std::vector<std::string>& users) {
  std::vector<ConnectionInfo> infos = OwnUsers(ConnectionClass::kAdapter);
  for (const std::string& user : users) {
    ASSIGN_OR_RETURN(const uid_t uid, FindOsUser(user));
    const ConnectionInfo info = {.cls = ConnectionClass::kAdapter, .uid = uid, .agent = {}};
    if (std::find(infos.begin(), infos.end(), info) == infos.end()) infos.push_back(info);
  }
  return infos;
}

absl::StatusOr<std::vector<ConnectionInfo>> AgentInfos(
    const std::map<std::string, std::string>& users) {
  // Whoever is not named comes in as well, without being anybody.
  std::vector<ConnectionInfo> infos = {
      {.cls = ConnectionClass::kAgent, .uid = std::nullopt, .agent = {}}};
  for (const auto& [user, agent] : users) {
    ASSIGN_OR_RETURN(const uid_t uid, FindOsUser(user));
    if (uid == 0 || uid == geteuid()) {
      return Error(Reason::kConfigInvalid,
                   StrCat("agent_socket_users: \"", user,
                          "\" is root or the server's own user and "
                          "cannot be an agent, since it can read all that the server can; run the "
                          "agent as another user or give it a token"));
    }
    for (const ConnectionInfo& other : infos) {
      if (other.uid == uid) {
        return Error(Reason::kConfigInvalid, StrCat("agent_socket_users: \"", user,
                                                    "\" names an OS "
                                                    "user for the second time"));
      }
    }
    infos.push_back({.cls = ConnectionClass::kAgent, .uid = uid, .agent = agent});
  }
  return infos;
}

}  // namespace

class GrpcFrontDoor::Impl {
 public:
  absl::Status Listen(const FrontDoorOptions& options) {
    thread_name_ = options.thread_name;
    tls_ = options.tls;
    if (options.tcp.has_value()) {
      ASSIGN_OR_RETURN(OwnedFd fd, ListenTcp(*options.tcp, "--listen"));
      tcp_address_ = SocketAddress::OfSocket(fd.get()).ToString();
      Way& way = ways_.emplace_back();
      way.name = tcp_address_;
      way.tcp = std::move(fd);
      way.limits = options.tcp_limits;
      way.entrances.push_back({ConnectionInfo{}, nullptr});
    }
    RETURN_IF_ERROR(AddUnix("admin.sock", options.admin_socket, 0600, kAdminLimits,
                            OwnUsers(ConnectionClass::kAdmin)));
    RETURN_IF_ERROR(AddUnix("agent.sock", options.agent_socket, 0666, options.agent_limits,
                            AgentInfos(options.agent_users)));
    return AddUnix("adapter.sock", options.adapter_socket, 0660, kAdapterLimits,
                   AdapterInfos(options.adapter_users));
  }

  void AddTo(grpc::ServerBuilder& builder) {
    for (Way& way : ways_) {
      for (Entrance& entrance : way.entrances) {
        LEASEHOLD_CHECK(entrance.acceptor == nullptr, "a front door belongs to one server");
        entrance.acceptor = builder.experimental().AddExternalConnectionAcceptor(
            grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
            CredentialsOf(entrance));
      }
    }
  }

  absl::Status Start() {
    std::vector<AcceptLoop::Listener> listeners;
    for (Way& way : ways_) {
      for (const Entrance& entrance : way.entrances) {
        LEASEHOLD_CHECK(entrance.acceptor != nullptr, "AddTo comes before Start");
      }
      listeners.push_back({.name = way.name,
                           .fd = way.fd(),
                           .limits = way.limits,
                           .take = [&way](const AcceptLoop::Peer& peer, OwnedFd& connection) {
                             Entrance* const entrance = way.EntranceOf(peer);
                             if (entrance == nullptr) return false;
                             Acceptor::NewConnectionParameters parameters;
                             parameters.listener_fd = way.fd();
                             parameters.fd = connection.Release();
                             entrance->acceptor->HandleNewConnection(&parameters);
                             return true;
                           }});
    }
    loop_ = std::make_unique<AcceptLoop>(thread_name_, std::move(listeners));
    return loop_->Start();
  }

  void Stop() {
    loop_.reset();
    ways_.clear();
  }

  const std::string& tcp_address() const { return tcp_address_; }

 private:
  std::shared_ptr<grpc::ServerCredentials> CredentialsOf(const Entrance& entrance) const {
    if (entrance.info.cls != ConnectionClass::kTcp) return UnixSocketCredentials(entrance.info);
    return tls_ == nullptr ? grpc::InsecureServerCredentials() : MakeTlsServerCredentials(tls_);
  }

  absl::Status AddUnix(std::string name, const std::string& path, mode_t mode,
                       ConnectionLimits limits, absl::StatusOr<std::vector<ConnectionInfo>> infos) {
    if (path.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(infos.status());
    ASSIGN_OR_RETURN(Way way, UnixWay(std::move(name), path, mode, limits, *std::move(infos)));
    ways_.push_back(std::move(way));
    return absl::OkStatus();
  }

  std::string thread_name_;
  std::string tcp_address_;
  TlsSource tls_;
  std::vector<Way> ways_;  // The loop's thread points into it while it runs.
  std::unique_ptr<AcceptLoop> loop_;
};

absl::StatusOr<std::unique_ptr<GrpcFrontDoor>> GrpcFrontDoor::Listen(
    const FrontDoorOptions& options) {
  auto impl = std::make_unique<Impl>();
  RETURN_IF_ERROR(impl->Listen(options));
  return std::unique_ptr<GrpcFrontDoor>(new GrpcFrontDoor(std::move(impl)));
}

GrpcFrontDoor::GrpcFrontDoor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GrpcFrontDoor::~GrpcFrontDoor() { impl_->Stop(); }
void GrpcFrontDoor::AddTo(grpc::ServerBuilder& builder) { impl_->AddTo(builder); }
absl::Status GrpcFrontDoor::Start() { return impl_->Start(); }
std::string GrpcFrontDoor::tcp_address() const { return impl_->tcp_address(); }
void GrpcFrontDoor::Stop() { impl_->Stop(); }

}  // namespace leasehold
