#include "server/server.h"

#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "server/api/admin_service.h"
#include "server/api/approval_service.h"
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
#include "server/api/revocation_endpoint.h"
#include "server/api/revocation_service.h"
#include "server/api/secret_service.h"
#include "server/api/unsealing.h"
#include "server/api/use_service.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/base/version.h"
#include "server/broker/http/http_broker.h"
#include "server/config/identity_rules.h"
#include "server/endpoints_file.h"
#include "server/identity/authenticator.h"
#include "server/identity/client_certificates.h"
#include "server/identity/issued_callers.h"
#include "server/identity/jwt/jwt_verifier.h"
#include "server/install/install.h"
#include "server/leases/key_rotator.h"
#include "server/leases/lease_authority.h"
#include "server/leases/operations/revoke.h"
#include "server/leases/operations/sessions.h"
#include "server/logging/log.h"
#include "server/metrics/metrics_server.h"
#include "server/net/grpc_front_door.h"
#include "server/net/server_limits.h"
#include "server/net/tls/tls_watcher.h"
#include "server/net/unary/unary_server.h"
#include "server/state_sample.h"
#include "server/telemetry.h"

namespace leasehold {
namespace {

// Calls of each hot method that are waited for at once; more of them wait in gRPC, for a moment.
// Debian's gRPC looks through all that is awaited, one by one, for each call that comes in: with
// 512 of each that took an eighth of all CPU time.
constexpr int kHotCallsAwaited = 64;
// Calls under way get this long to finish when the server stops.
constexpr absl::Duration kDrain = absl::Seconds(5);

FrontDoorOptions MainDoor(const Config& config, const TlsWatcher* tls) {
  return {.thread_name = "lh-accept",
          .tcp = config.listen,
          .tls = tls == nullptr ? TlsSource() : [tls] { return tls->Current(); },
          .admin_socket = config.admin_socket,
          .agent_socket = config.agent_socket,
          .adapter_socket = config.adapter_socket,
          .agent_users = config.agent_socket_users,
          .adapter_users = config.adapter_socket_users,
          .tcp_limits = config.grpc_limits,
          .agent_limits = config.agent_limits};
}

UnaryServer::Options RevocationServer(const Config& config) {
  return {.accept_thread = "lh-accept-rev",
          .serve_thread = "lh-revoke",
          .socket = config.revoke_socket};
}

// Agents that run as the server's own user can read what the server can, files and sockets.
bool AgentsAreIsolated(const Config& config) {
  return !config.agent_socket_users.empty() || geteuid() == 0;
}

ServerFacts FactsOf(const Config& config) {
  ServerFacts facts{
      .database = DatabasePath(config.data_dir), .start_time = absl::Now(), .warnings = {}};
  if (!AgentsAreIsolated(config)) {
    facts.warnings.emplace_back(
        "not isolated: whatever runs as this server's own user can act as its operator; run agents "
        "as another user");
  }
  return facts;
}

RootKeySource RootKeyOf(const Config& config) {
  if (config.root_key_credential.empty()) {
    return {.path = RootKeyPath(config.data_dir)};
  }
  return {.path = config.root_key_credential, .readers = RootKeyReaders::kGroupOfRoots};
}

}  // namespace

// Members stand in the order in which they start; they stop in the opposite one.
class Server::Impl {
 public:
  Impl(Config config, OpenedStore opened, std::unique_ptr<Committer> committer,
       std::unique_ptr<Metrics> metrics, std::unique_ptr<Telemetry> telemetry,
       std::unique_ptr<TlsWatcher> tls, std::unique_ptr<JwtVerifier> jwt)
      : config_(std::move(config)),
        tls_(std::move(tls)),
        certificates_(tls_ == nullptr
                          ? nullptr
                          : std::make_unique<ClientCertificates>([this] { return tls_->Current(); },
                                                                 config_.certificate_rules)),
        opened_(std::move(opened)),
        metrics_(std::move(metrics)),
        telemetry_(std::move(telemetry)),
        committer_(std::move(committer)),
        jwt_(std::move(jwt)),
        sampler_(*committer_, *opened_.vault, metrics_->ForLeases(), tls_.get()),
        authority_(*committer_, *opened_.vault, *opened_.store, telemetry_.get()),
        issued_callers_(committer_->published(), committer_->clock(), jwt_.get()),
        authenticator_(committer_->published(), committer_->clock(), certificates_.get(),
                       &issued_callers_),
        gate_(authenticator_, *opened_.vault,
              [this](const CallReport& report) { telemetry_->Called(report); }),
        revocations_(authority_, *opened_.store,
                     [this](std::string_view selector, absl::Duration took) {
                       telemetry_->Revoked(selector, took);
                     }),
        secret_service_(authority_, gate_, *opened_.store, *read_pool_),
        lease_service_(authority_, gate_, *opened_.store, streams_, hot_streams_),
        use_service_(authority_, gate_, hot_streams_),
        revocation_service_(revocations_, gate_),
        approval_service_(authority_, gate_),
        revocation_endpoint_(revocations_, gate_, *revocation_pool_),
        policy_service_(authority_, gate_, *opened_.store, *read_pool_),
        identity_service_(authority_, gate_,
                          {.verifier = jwt_.get(), .session_ttl = config_.session_ttl}),
        ledger_service_(authority_, gate_, *opened_.store, *read_pool_, streams_),
        unsealing_([this](const SecretBytes& passphrase) { return Unseal(passphrase); }),
        rotator_(*committer_, *opened_.store, *opened_.vault),
        admin_service_(authority_, gate_, *opened_.store, *read_pool_, *bulk_pool_, unsealing_,
                       rotator_, FactsOf(config_)),
        health_service_([this] { return Ready(); }),
        reflection_service_(streams_) {}
  ~Impl();

  // Writes down the rules by which callers are known, where they changed.
  void RecordRules();
  // Revokes before anybody is served, where the command line says so.
  absl::Status RevokeAtStart();
  // Policies in observe mode are meant to end, so each start reminds of them.
  void WarnOfObserved();
  absl::Status Serve();
  std::string Where() const;
  LeaseAuthority& authority() { return authority_; }

 private:
  // Whether leases and uses are served.
  absl::Status Ready();
  absl::Status Unseal(const SecretBytes& passphrase);
  // Goes on with a rotation that an earlier life of the server did not finish.
  void FinishRotation();
  absl::Status ServeGrpc();
  Endpoints endpoints() const;

  const Config config_;
  std::unique_ptr<TlsWatcher> tls_;  // null where the gRPC port is plain
  std::unique_ptr<ClientCertificates> certificates_;
  OpenedStore opened_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<Telemetry> telemetry_;
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<JwtVerifier> jwt_;  // null = no issuer is trusted
  StateSampler sampler_;
  LeaseAuthority authority_;
  IssuedCallers issued_callers_;
  Authenticator authenticator_;
  Gate gate_;
  std::unique_ptr<ReadPool> read_pool_ = std::make_unique<ReadPool>("lh-read");
  // Backups take minutes and must not hold up pages.
  std::unique_ptr<ReadPool> bulk_pool_ = std::make_unique<ReadPool>("lh-bulk", /*threads=*/1);
  std::unique_ptr<ReadPool> revocation_pool_ =
      std::make_unique<ReadPool>("lh-revoke-read", /*threads=*/1);
  OpenStreams streams_;
  HotStreams hot_streams_;
  RevocationMethods revocations_;
  SecretService secret_service_;
  LeaseService lease_service_;
  UseService use_service_;
  RevocationService revocation_service_;
  ApprovalService approval_service_;
  RevocationEndpoint revocation_endpoint_;
  PolicyService policy_service_;
  IdentityService identity_service_;
  LedgerService ledger_service_;
  Unsealing unsealing_;
  KeyRotator rotator_;
  AdminService admin_service_;
  HealthService health_service_;
  ReflectionService reflection_service_;

  std::unique_ptr<HotThread> hot_thread_;
  std::unique_ptr<GrpcFrontDoor> door_;
  std::unique_ptr<grpc::Server> grpc_;
  std::unique_ptr<UnaryServer> revocation_server_;
  std::unique_ptr<HttpBroker> broker_;
  std::unique_ptr<MetricsServer> metrics_server_;
  std::optional<EndpointsFile> endpoints_file_;
};

void Server::Impl::RecordRules() {
  const Hash rules = IdentityRulesHash(config_);
  // A server that never had any needs no entry to say so.
  const bool none = committer_->published().Read(
      [](const PublishedState::View& view) { return view.state.identity_rules() == Hash{}; });
  if (none && rules == IdentityRulesHash(Config{})) {
    return;
  }
  authority_.Submit<int>(
      Urgency::kNormal,
      [&](Transaction& tx) -> absl::StatusOr<int> {
        RecordIdentityRules(tx, rules);
        return 0;
      },
      [](const absl::StatusOr<int>& recorded) {
        if (!recorded.ok()) {
          LogWarning("the identity rules could not be recorded",
                     {{"error", std::string(recorded.status().message())}});
        }
      });
  committer_->Commit();
}

absl::Status Server::Impl::RevokeAtStart() {
  if (!config_.revoke_all_at_start.has_value()) {
    return absl::OkStatus();
  }
  absl::StatusOr<uint64_t> number = absl::UnknownError("not decided");
  Principal operator_at_start = Principal::Server();
  operator_at_start.method = AuthMethod::kOffline;
  authority_.Submit<uint64_t>(
      Urgency::kUrgent,
      [&](Transaction& tx) {
        return Revoke(tx, {.principal = operator_at_start,
                           .selector = {.all = true},
                           .reason = *config_.revoke_all_at_start});
      },
      [&](absl::StatusOr<uint64_t> result) { number = std::move(result); });
  committer_->Commit();
  RETURN_IF_ERROR(number.status());
  LogWarning("all leases were revoked before serving, as --revoke-all-at-start asks",
             {{"revocation", *number}});
  return absl::OkStatus();
}

void Server::Impl::WarnOfObserved() {
  committer_->published().Read([&](const PublishedState::View& view) {
    const absl::Time now = authority_.Now().ToTime();
    for (const auto& policy : view.state.policies().current().policies()) {
      if (!policy.ObservedAt(now)) continue;
      LogWarning("a policy is only observed: what it refuses is recorded and happens all the same",
                 {{"policy", policy.name},
                  {"until", absl::FormatTime(absl::RFC3339_sec, policy.observe_until,
                                             absl::UTCTimeZone())}});
    }
  });
}

absl::Status Server::Impl::Ready() {
  RETURN_IF_ERROR(opened_.vault->CheckOpen());
  return committer_->Ready();
}

absl::Status Server::Impl::Unseal(const SecretBytes& passphrase) {
  RETURN_IF_ERROR(
      UnsealServerStore(*opened_.store, RootKeyOf(config_), passphrase, *opened_.vault));
  LogInfo("unsealed: leases and uses are served");
  FinishRotation();
  return absl::OkStatus();
}

void Server::Impl::FinishRotation() {
  const absl::StatusOr<std::shared_ptr<const Vault>> vault = opened_.vault->Open();
  if (!vault.ok() || !(*vault)->HasRetiredKeys()) {
    return;
  }
  // The pool takes it unless it is full of backups; then the next rotation or start goes on.
  bulk_pool_
      ->Submit([this] {
        const absl::StatusOr<uint64_t> rewrapped = rotator_.FinishRewrapping();
        if (rewrapped.ok()) {
          LogInfo("a key rotation that was cut short is finished", {{"rewrapped", *rewrapped}});
        } else {
          LogWarning("a key rotation that was cut short is not finished yet",
                     {{"reason", ReasonName(ReasonOf(rewrapped.status()))}});
        }
      })
      .IgnoreError();
}

absl::Status Server::Impl::ServeGrpc() {
  ASSIGN_OR_RETURN(door_, GrpcFrontDoor::Listen(MainDoor(config_, tls_.get())));
  grpc::ServerBuilder builder;
  door_->AddTo(builder);
  LimitServer(builder, config_.grpc_memory_bytes);
  for (grpc::Service* service : std::initializer_list<grpc::Service*>{
           &secret_service_, &lease_service_, &use_service_, &revocation_service_,
           &approval_service_, &policy_service_, &identity_service_, &ledger_service_,
           &admin_service_, &health_service_, &reflection_service_}) {
    builder.RegisterService(service);
  }
  hot_thread_ = std::make_unique<HotThread>(builder.AddCompletionQueue(), *committer_);
  grpc_ = builder.BuildAndStart();
  if (grpc_ == nullptr) {
    return Error(Reason::kInternal, "gRPC did not start; its own messages on stderr say why");
  }
  return absl::OkStatus();
}

absl::Status Server::Impl::Serve() {
  // Every address is taken before anything is served, so that a second server changes nothing.
  RETURN_IF_ERROR(ServeGrpc());
  ASSIGN_OR_RETURN(revocation_server_, UnaryServer::Listen(RevocationServer(config_)));
  metrics_->SetSampler([this] { return sampler_.Sample(); });
  ASSIGN_OR_RETURN(metrics_server_, MetricsServer::Start(config_.metrics_listen, metrics_.get(),
                                                         [this] { return Ready(); }));
  ASSIGN_OR_RETURN(broker_,
                   HttpBroker::Start({.listen = config_.broker_listen.ToString(),
                                      .client_networks = config_.broker_client_networks,
                                      .connections_max = config_.broker_limits.total,
                                      .connections_per_peer_max = config_.broker_limits.per_peer},
                                     &authority_, telemetry_.get()));
  // Nothing can fail any more that an operator has to mend; an end after this takes a snapshot.
  lease_service_.AwaitCalls(hot_thread_->queue(), kHotCallsAwaited);
  use_service_.AwaitCalls(hot_thread_->queue(), kHotCallsAwaited);
  hot_thread_->Start();
  RETURN_IF_ERROR(door_->Start());
  RETURN_IF_ERROR(revocation_server_->Start([this](UnaryRequest request, UnaryReply reply) {
    revocation_endpoint_.Handle(request, std::move(reply));
  }));
  ASSIGN_OR_RETURN(endpoints_file_, EndpointsFile::Write(config_.data_dir, endpoints()));
  if (absl::Status sealed = opened_.vault->CheckOpen(); !sealed.ok()) {
    LogWarning(std::string_view(sealed.message().data(), sealed.message().size()));
  }
  FinishRotation();
  return absl::OkStatus();
}

Endpoints Server::Impl::endpoints() const {
  return {.grpc = door_->tcp_address(),
          .broker = broker_->address(),
          .metrics = metrics_server_->address(),
          .admin_socket = config_.admin_socket,
          .revoke_socket = config_.revoke_socket,
          .agent_socket = config_.agent_socket,
          .adapter_socket = config_.adapter_socket};
}

std::string Server::Impl::Where() const {
  Endpoints where = endpoints();
  return StrCat("gRPC ", where.grpc, ", broker ", where.broker, ", metrics ", where.metrics,
                ", operators ", where.admin_socket);
}

Server::Impl::~Impl() {
  endpoints_file_.reset();
  metrics_server_.reset();
  if (door_ != nullptr) {
    door_->Stop();
  }
  broker_.reset();
  streams_.Stop();
  if (hot_thread_ != nullptr && grpc_ != nullptr) {
    hot_streams_.Stop(hot_thread_->queue());
  }
  rotator_.Stop();
  if (revocation_server_ != nullptr) {
    revocation_server_->Stop(kDrain);
  }
  if (grpc_ != nullptr) {
    grpc_->Shutdown(absl::ToChronoTime(absl::Now() + kDrain));
  }
  read_pool_.reset();
  bulk_pool_.reset();
  revocation_pool_.reset();
  use_service_.StopParsing();
  if (hot_thread_ != nullptr && grpc_ != nullptr) {
    hot_thread_->Stop();
  }
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(Config config, const Clock& clock) {
  RETURN_IF_ERROR(RaiseDescriptorLimit());
  // gRPC would take ciphers from it that we do not want to offer.
  unsetenv("GRPC_SSL_CIPHER_SUITES");
  std::unique_ptr<TlsWatcher> tls;
  if (config.tls.enabled()) {
    ASSIGN_OR_RETURN(tls, TlsWatcher::Start(config.tls));
  }
  ASSIGN_OR_RETURN(OpenedStore opened, OpenServerStore(config.data_dir, RootKeyOf(config)));
  auto metrics = std::make_unique<Metrics>(std::string(kLeaseholdVersion));
  auto telemetry = std::make_unique<Telemetry>(*metrics);
  // The authority is made after the committer that tells it about entries.
  auto authority = std::make_shared<LeaseAuthority*>(nullptr);
  ASSIGN_OR_RETURN(
      std::unique_ptr<Committer> committer,
      Committer::Open(
          *opened.store, clock,
          {.on_commit = [telemetry = telemetry.get()](
                            const CommitReport& report) { telemetry->Committed(report); },
           .on_entry =
               [telemetry = telemetry.get(), authority](LogIndex, const ledger::v1::Entry& entry) {
                 telemetry->Appended(entry);
                 if (*authority != nullptr) {
                   (*authority)->OnEntry(entry);
                 }
               }}));
  std::unique_ptr<JwtVerifier> jwt;
  if (!config.jwt_issuers.empty()) {
    ASSIGN_OR_RETURN(jwt, JwtVerifier::Start(config.jwt_issuers));
  }
  auto impl = std::make_unique<Impl>(std::move(config), std::move(opened), std::move(committer),
                                     std::move(metrics), std::move(telemetry), std::move(tls),
                                     std::move(jwt));
  *authority = &impl->authority();
  impl->RecordRules();
  RETURN_IF_ERROR(impl->RevokeAtStart());
  impl->WarnOfObserved();
  RETURN_IF_ERROR(impl->Serve());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
std::string Server::Where() const { return impl_->Where(); }

}  // namespace leasehold
