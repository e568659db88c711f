#include "tests/unit/server/api/api_server.h"

#include <grpcpp/grpcpp.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/api/admin_service.h"
#include "server/api/approval_service.h"
#include "server/api/gate.h"
#include "server/api/health_service.h"
#include "server/api/hot/hot_streams.h"
#include "server/api/hot/hot_thread.h"
#include "server/api/identity_service.h"
#include "server/api/lease_service.h"
#include "server/api/ledger_service.h"
#include "server/api/open_streams.h"
#include "server/api/policy_service.h"
#include "server/api/read_pool.h"
#include "server/api/reflection_service.h"
#include "server/api/revocation_service.h"
#include "server/api/secret_service.h"
#include "server/api/use_service.h"
#include "server/base/check.h"
#include "server/identity/authenticator.h"
#include "server/identity/issued_callers.h"
#include "server/install/install.h"
#include "server/net/grpc_front_door.h"

namespace leasehold {
namespace {

template <typename T>
T Must(absl::StatusOr<T> value) {
  LEASEHOLD_CHECK(value.ok(), value.status().ToString());
  return *std::move(value);
}

constexpr int kHotCallsAwaited = 16;

SwitchableStore* Wrap(std::unique_ptr<Store>& store) {
  auto wrapped = std::make_unique<SwitchableStore>(std::move(store));
  SwitchableStore* wrapper = wrapped.get();
  store = std::move(wrapped);
  return wrapper;
}

}  // namespace

class ApiServer::Impl {
 public:
  Impl(const std::string& folder, JwtVerifier* verifier, absl::Duration stalled_max)
      : opened_(Must(OpenServerStore(folder))),
        disk_(Wrap(opened_.store)),
        committer_(Must(Committer::Open(*opened_.store, clock_, {}))),
        authority_(*committer_, *opened_.vault, *opened_.store),
        issued_(committer_->published(), committer_->clock(), verifier),
        authenticator_(committer_->published(), committer_->clock(), nullptr, &issued_),
        gate_(authenticator_, *opened_.vault, [](const CallReport&) {}),
        streams_(OpenStreams::kMax, stalled_max),
        revocations_(authority_, *opened_.store, [](std::string_view, absl::Duration) {}),
        secrets_(authority_, gate_, *opened_.store, pool_),
        leases_(authority_, gate_, *opened_.store, streams_, hot_streams_),
        uses_(authority_, gate_, hot_streams_),
        revocation_(revocations_, gate_),
        approvals_(authority_, gate_),
        policies_(authority_, gate_, *opened_.store, pool_),
        identity_(authority_, gate_, {.verifier = verifier}),
        ledger_(authority_, gate_, *opened_.store, pool_, streams_),
        unsealing_([this, folder](const SecretBytes& passphrase) {
          return UnsealServerStore(*opened_.store, {.path = RootKeyPath(folder)}, passphrase,
                                   *opened_.vault);
        }),
        rotator_(*committer_, *opened_.store, *opened_.vault),
        admin_(authority_, gate_, *opened_.store, pool_, bulk_, unsealing_, rotator_,
               {.database = DatabasePath(folder),
                .start_time = absl::Now(),
                .warnings = {"not isolated"}}),
        health_([this] { return committer_->Ready(); }),
        reflection_(streams_),
        door_(Must(GrpcFrontDoor::Listen({.thread_name = "accept",
                                          .tcp = SocketAddress::LoopbackV4(0),
                                          .admin_socket = folder + "/admin.sock",
                                          .agent_socket = folder + "/agent.sock",
                                          .adapter_socket = folder + "/adapter.sock"}))) {
    grpc::ServerBuilder builder;
    door_->AddTo(builder);
    for (grpc::Service* service : std::initializer_list<grpc::Service*>{
             &secrets_, &leases_, &uses_, &revocation_, &approvals_, &policies_, &identity_,
             &ledger_, &admin_, &health_, &reflection_}) {
      builder.RegisterService(service);
    }
    hot_.emplace(builder.AddCompletionQueue(), *committer_);
    server_ = builder.BuildAndStart();
    LEASEHOLD_CHECK(server_ != nullptr);
    leases_.AwaitCalls(hot_->queue(), kHotCallsAwaited);
    uses_.AwaitCalls(hot_->queue(), kHotCallsAwaited);
    hot_->Start();
    absl::Status started = door_->Start();
    LEASEHOLD_CHECK(started.ok(), started.ToString());
  }

  ~Impl() {
    door_->Stop();
    streams_.Stop();
    hot_streams_.Stop(hot_->queue());
    server_->Shutdown(absl::ToChronoTime(absl::Now() + absl::Seconds(5)));
    hot_->Stop();
  }

  LeaseAuthority& authority() { return authority_; }
  SwitchableStore& disk() { return *disk_; }
  std::string tcp_address() const { return door_->tcp_address(); }

 private:
  SystemClock clock_;
  OpenedStore opened_;
  SwitchableStore* const disk_;
  std::unique_ptr<Committer> committer_;
  LeaseAuthority authority_;
  IssuedCallers issued_;
  Authenticator authenticator_;
  Gate gate_;
  ReadPool pool_{"read"};
  ReadPool bulk_{"bulk"};
  OpenStreams streams_;
  HotStreams hot_streams_;
  RevocationMethods revocations_;
  SecretService secrets_;
  LeaseService leases_;
  UseService uses_;
  RevocationService revocation_;
  ApprovalService approvals_;
  PolicyService policies_;
  IdentityService identity_;
  LedgerService ledger_;
  Unsealing unsealing_;
  KeyRotator rotator_;
  AdminService admin_;
  HealthService health_;
  ReflectionService reflection_;
  std::unique_ptr<GrpcFrontDoor> door_;
  std::optional<HotThread> hot_;
  std::unique_ptr<grpc::Server> server_;
};

ApiServer::ApiServer(JwtVerifier* verifier, const SecretBytes* passphrase,
                     absl::Duration stalled_max)
    : verifier_(verifier), stalled_max_(stalled_max) {
  std::string path = (std::filesystem::temp_directory_path() / "lh-XXXXXX").string();
  LEASEHOLD_CHECK(mkdtemp(path.data()) != nullptr);
  folder_ = path;
  SystemClock clock;
  Must(InitServer(
      {.data_dir = folder_, .store_name = "test", .clock = clock, .passphrase = passphrase}));
  Start();
}

ApiServer::~ApiServer() {
  impl_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void ApiServer::Start() { impl_ = std::make_unique<Impl>(folder_, verifier_, stalled_max_); }

void ApiServer::Restart() {
  impl_.reset();
  Start();
}

std::shared_ptr<grpc::Channel> ApiServer::admin() const {
  return grpc::CreateChannel("unix:" + folder_ + "/admin.sock", grpc::InsecureChannelCredentials());
}

std::shared_ptr<grpc::Channel> ApiServer::agent() const {
  return grpc::CreateChannel("unix:" + folder_ + "/agent.sock", grpc::InsecureChannelCredentials());
}

std::shared_ptr<grpc::Channel> ApiServer::adapter() const {
  return grpc::CreateChannel("unix:" + folder_ + "/adapter.sock",
                             grpc::InsecureChannelCredentials());
}

std::shared_ptr<grpc::Channel> ApiServer::tcp() const {
  return grpc::CreateChannel(impl_->tcp_address(), grpc::InsecureChannelCredentials());
}

LeaseAuthority& ApiServer::authority() { return impl_->authority(); }
SwitchableStore& ApiServer::disk() { return impl_->disk(); }
std::string ApiServer::File(const std::string& name) const { return folder_ + "/" + name; }

std::string ReasonOfCall(const grpc::Status& status) {
  if (status.ok()) {
    return "";
  }
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  if (!details.ParseFromString(status.error_details()) || details.details_size() == 0 ||
      !details.details(0).UnpackTo(&info)) {
    return "?";
  }
  return info.reason();
}

}  // namespace leasehold
