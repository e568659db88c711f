#include "tests/support/lease_world.h"

#include <google/protobuf/text_format.h>

#include "leasehold/v1/identity.pb.h"
#include "leasehold/v1/policy.pb.h"
#include "server/base/status.h"
#include "server/leases/operations/policies.h"

namespace leasehold {
namespace {

template <typename T>
T Must(absl::StatusOr<T> value) {
  LEASEHOLD_CHECK(value.ok(), value.status().ToString());
  return *std::move(value);
}

SecretFields RandomFields() {
  std::vector<SecretField> fields;
  fields.push_back({"value", Must(SecretBytes::Random(24))});
  return Must(SecretFields::Make(std::move(fields)));
}

EntityWrite GroupOf(std::string_view name, const std::vector<std::string>& agents,
                    const std::vector<std::string>& users) {
  EntityWrite write{.kind = EntityKind::kGroup, .name = MustName(name), .member_users = users};
  for (const std::string& agent : agents) {
    write.member_agents.push_back(MustName(agent));
  }
  return write;
}

}  // namespace

SelectorNames EverySelector() { return {.all = true}; }
SelectorNames AgentSelector(std::string_view name) { return {.agent = std::string(name)}; }
SelectorNames SecretSelector(std::string_view name) { return {.secret = std::string(name)}; }
SelectorNames WorkflowSelector(std::string_view name) { return {.workflow = std::string(name)}; }
SelectorNames GroupSelector(std::string_view name) { return {.group = std::string(name)}; }
SelectorNames UserSelector(std::string_view name) { return {.user = std::string(name)}; }
SelectorNames LeaseSelector(const AcquireResult& lease) {
  // Nothing has the number 0, and a selector without a number would name nothing at all.
  const LeaseNumber never(~uint64_t{0});
  return {.epoch = lease.epoch, .lease = lease.lease.empty() ? never : lease.lease};
}

Name MustName(std::string_view name) { return Must(Name::Parse(name)); }

LeaseWorld::LeaseWorld(Options options)
    : options_(std::move(options)),
      data_dir_(folder_.File("data")),
      clock_(absl::FromUnixSeconds(1'800'000'000)) {
  clock_.Advance(absl::Hours(3));  // a machine that is not just booting
  Must(InitServer({.data_dir = data_dir_, .store_name = "test", .clock = clock_}));
  absl::Status started = Start();
  LEASEHOLD_CHECK(started.ok(), started.ToString());
}

LeaseWorld::~LeaseWorld() {
  if (running_ != nullptr) {
    Stop();
  }
}

absl::Status LeaseWorld::Start() {
  LEASEHOLD_CHECK(running_ == nullptr);
  ASSIGN_OR_RETURN(OpenedStore opened, OpenServerStore(data_dir_));
  auto running =
      std::make_unique<Running>(Running{std::make_unique<SwitchableStore>(std::move(opened.store)),
                                        std::move(opened.vault), nullptr, nullptr});
  Committer::Options options{.snapshot_entries = options_.snapshot_entries};
  options.on_entry = [this](LogIndex index, const ledger::v1::Entry& entry) {
    // The first entries may come before there is an authority: a clock that went back.
    if (running_ != nullptr) {
      authority().OnEntry(entry);
    }
    if (options_.on_entry) {
      options_.on_entry(index, entry);
    }
  };
  ASSIGN_OR_RETURN(running->committer, Committer::Open(*running->store, clock_, options));
  running->authority = std::make_unique<LeaseAuthority>(*running->committer, *running->vault,
                                                        *running->store, options_.observer);
  running_ = std::move(running);
  return absl::OkStatus();
}

void LeaseWorld::Stop() {
  committer().Close();
  running_.reset();
}

void LeaseWorld::Restart() {
  Stop();
  absl::Status started = Start();
  LEASEHOLD_CHECK(started.ok(), started.ToString());
}

const State& LeaseWorld::state() const {
  return *running_->committer->published().Read(
      [](const PublishedState::View& view) { return &view.state; });
}

void LeaseWorld::InOneBatch(const std::function<void()>& steps) {
  const Answer<bool> answer = Submit<bool>(Urgency::kNormal, [&](Transaction& tx) {
    open_ = &tx;
    steps();
    open_ = nullptr;
    return absl::StatusOr<bool>(true);
  });
  Must(Await(answer));
}

EntityUid LeaseWorld::Create(EntityWrite write) {
  write.principal = Operator();
  return Set<EntityUid>([&write](Transaction& tx) { return CreateEntity(tx, write); });
}

EntityUid LeaseWorld::CreateAgent(std::string_view name, UnixMillis expire_time) {
  return Create({.kind = EntityKind::kAgent, .name = MustName(name), .expire_time = expire_time});
}

EntityUid LeaseWorld::CreateGroup(std::string_view name, const std::vector<std::string>& agents,
                                  const std::vector<std::string>& users) {
  return Create(GroupOf(name, agents, users));
}

void LeaseWorld::UpdateGroup(std::string_view name, const std::vector<std::string>& agents,
                             const std::vector<std::string>& users) {
  EntityWrite write = GroupOf(name, agents, users);
  write.principal = Operator();
  Set<EntityUid>([&write](Transaction& tx) { return UpdateEntity(tx, write); });
}

EntityUid LeaseWorld::CreateSecret(std::string_view name) {
  EntityUid uid = Create({.kind = EntityKind::kSecret, .name = MustName(name)});
  AddVersion(name);
  return uid;
}

VersionNumber LeaseWorld::AddVersion(std::string_view secret, UnixMillis expire_time) {
  VersionAdd add{.principal = Operator(), .secret = MustName(secret), .expire_time = expire_time};
  const SecretFields fields = RandomFields();
  return Set<VersionKey>(
             [&](Transaction& tx) { return leasehold::AddVersion(tx, keys(), add, fields); })
      .number;
}

EntityUid LeaseWorld::CreateTarget(std::string_view name, const std::vector<std::string>& secrets) {
  v1::Target target;
  target.set_name("targets/" + std::string(name));
  target.set_base_url("http://127.0.0.1:9");
  target.add_allow_cidrs("127.0.0.0/8");
  for (const std::string& secret : secrets) {
    target.add_secrets(secret);
  }
  target.mutable_injection()->mutable_header()->set_name("Authorization");
  target.mutable_injection()->mutable_header()->set_template_("Bearer {value}");
  return Create(
      {.kind = EntityKind::kTarget, .name = MustName(name), .body = target.SerializeAsString()});
}

void LeaseWorld::Delete(EntityKind kind, std::string_view name) {
  EntityDelete request{.principal = Operator(), .kind = kind, .name = MustName(name)};
  Set<EntityUid>([&](Transaction& tx) { return DeleteEntity(tx, request); });
}

void LeaseWorld::SetVersion(std::string_view secret, uint64_t version, VersionState state) {
  VersionChange change{.principal = Operator(),
                       .secret = MustName(secret),
                       .version = VersionNumber(version),
                       .state = state};
  Set<VersionKey>([&](Transaction& tx) { return ChangeVersion(tx, change); });
}

PolicyRevision LeaseWorld::Apply(const std::string& set) {
  v1::PolicySet policies;
  LEASEHOLD_CHECK(google::protobuf::TextFormat::ParseFromString(set, &policies), set);
  PolicyApply apply{.principal = Operator(), .body = policies.SerializeAsString()};
  apply.compiled = Must(CompiledPolicies::Compile(
      policies, PolicyRevision(Latest().policies().revision().value() + 1)));
  return Set<PolicyRevision>([&](Transaction& tx) { return ApplyPolicySet(tx, apply); });
}

Principal LeaseWorld::IssueToken(std::string_view agent, absl::Duration ttl) {
  TokenIssue issue{.principal = Operator(), .agent = MustName(agent), .ttl = ttl};
  RandomBytes(issue.token_hash);
  const auto issued =
      Set<IssuedToken>([&](Transaction& tx) { return leasehold::IssueToken(tx, issue); });
  return {.role = Role::kAgent,
          .method = AuthMethod::kAgentToken,
          .name = "agents/" + std::string(agent),
          .agent = Latest().credentials().Find(issued.id)->agent,
          .credential = issued.id,
          .address = "127.0.0.1"};
}

void LeaseWorld::RevokeToken(const Principal& principal) {
  TokenRevoke revoke{.principal = Operator(),
                     .agent = MustName(Latest().entities().Find(principal.agent)->name),
                     .credential = principal.credential};
  Set<CredentialId>([&](Transaction& tx) { return leasehold::RevokeToken(tx, revoke); });
}

Principal LeaseWorld::Operator() {
  return {.role = Role::kAdmin,
          .method = AuthMethod::kPeerCredentials,
          .name = "operator:uid=0",
          .address = "unix"};
}

Principal LeaseWorld::Adapter() {
  return {.role = Role::kAdapter,
          .method = AuthMethod::kServer,
          .name = "broker",
          .address = "127.0.0.1"};
}

AcquireRequest LeaseWorld::AcquireOf(const Principal& agent, std::string_view secret) const {
  return {.principal = agent, .secret = MustName(secret), .workflow = MustName("default")};
}

UseRequest LeaseWorld::UseOf(const Principal& agent, const AcquireResult& lease,
                             std::string_view target) const {
  return {.presenter = agent,
          .token = TokenOf(lease),
          .target = std::string(target),
          .method = "GET",
          .path = "/"};
}

RenewRequest LeaseWorld::RenewOf(const Principal& agent, const AcquireResult& lease) const {
  return {.principal = agent, .lease = lease.lease, .epoch = lease.epoch};
}

DelegateRequest LeaseWorld::DelegateOf(const Principal& agent, const AcquireResult& lease,
                                       std::string_view to) const {
  return {.principal = agent, .lease = lease.lease, .epoch = lease.epoch, .agent = MustName(to)};
}

Answer<AcquireResult> LeaseWorld::Delegate(DelegateRequest request) {
  Answer<AcquireResult> answer;
  authority().SubmitDelegate(std::move(request), answer.Taker());
  return answer;
}

Answer<AcquireResult> LeaseWorld::Acquire(AcquireRequest request) {
  Answer<AcquireResult> answer;
  if (auto operation = authority().AcquireOperation(std::move(request), answer.Taker())) {
    committer().Submit(std::move(operation));
  }
  return answer;
}

Answer<AcquireResult> LeaseWorld::Renew(RenewRequest request) {
  Answer<AcquireResult> answer;
  if (auto operation = authority().RenewOperation(std::move(request), answer.Taker())) {
    committer().Submit(std::move(operation));
  }
  return answer;
}

Answer<AcquireResult> LeaseWorld::Release(const AcquireResult& lease, EntityUid agent) {
  ReleaseRequest request{.lease = lease.lease, .epoch = lease.epoch, .agent = agent};
  return Submit<AcquireResult>(
      Urgency::kUrgent, [request](Transaction& tx) { return leasehold::Release(tx, request); });
}

Answer<UseReply> LeaseWorld::Use(UseRequest request) {
  Answer<UseReply> answer;
  authority().Authorize(std::move(request), answer.Taker());
  return answer;
}

Answer<LeaseAuthority::Revealed> LeaseWorld::Reveal(const Principal& agent,
                                                    const AcquireResult& lease) {
  Answer<LeaseAuthority::Revealed> answer;
  authority().Reveal(agent, TokenOf(lease), answer.Taker());
  return answer;
}

Answer<uint64_t> LeaseWorld::Revoke(const SelectorNames& selector, bool leases_only,
                                    UnixMillis issued_before) {
  RevokeRequest request{.principal = Operator(),
                        .selector = selector,
                        .reason = "a test wants it",
                        .leases_only = leases_only,
                        .issued_before = issued_before};
  return Submit<uint64_t>(Urgency::kUrgent,
                          [request](Transaction& tx) { return leasehold::Revoke(tx, request); });
}

Answer<LogIndex> LeaseWorld::Resume(const SelectorNames& selector) {
  ResumeRequest request{.principal = Operator(), .selector = selector, .reason = "a test wants it"};
  return Submit<LogIndex>(Urgency::kUrgent,
                          [request](Transaction& tx) { return leasehold::Resume(tx, request); });
}

std::string LeaseWorld::TokenOf(const AcquireResult& lease) const {
  return Must(running_->authority->tokens().Issue(
      {.kind = TokenKind::kLeaseToken, .epoch = lease.epoch, .lease = lease.lease}));
}

std::string LeaseWorld::HandleOf(const AcquireResult& lease) const {
  return Must(running_->authority->tokens().Issue(
      {.kind = TokenKind::kBrokerHandle, .epoch = lease.epoch, .lease = lease.lease}));
}

const Lease& LeaseWorld::Find(const AcquireResult& lease) const {
  const Lease* found = state().leases().Find(lease.lease);
  LEASEHOLD_CHECK(found != nullptr);
  return *found;
}

}  // namespace leasehold
