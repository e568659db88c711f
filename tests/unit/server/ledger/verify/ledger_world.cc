#include "tests/unit/server/ledger/verify/ledger_world.h"

#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <utility>

#include "leasehold/v1/identity.pb.h"
#include "leasehold/v1/policy.pb.h"
#include "server/base/status.h"
#include "server/leases/operations/credentials.h"
#include "server/leases/operations/entities.h"
#include "server/leases/operations/policies.h"
#include "server/leases/operations/secrets.h"
#include "storage/sqlite/row_check.h"

namespace leasehold {
namespace {

Name NameOf(const std::string& text) { return *Name::Parse(text); }

Principal Operator() {
  return {.role = Role::kAdmin,
          .method = AuthMethod::kPeerCredentials,
          .name = "operator:uid=0",
          .address = "unix"};
}

v1::PolicySet Policies(absl::Duration max_ttl) {
  v1::PolicySet set;
  v1::Policy* policy = set.add_policies();
  policy->set_name("bots");
  policy->mutable_subjects()->add_agents("**");
  policy->add_secrets("**");
  policy->mutable_lease()->mutable_ttl()->set_seconds(600);
  policy->mutable_lease()->mutable_max_ttl()->set_seconds(absl::ToInt64Seconds(max_ttl));
  policy->mutable_lease()->set_delivery(v1::DELIVERY_REVEALED);
  for (const char* target : {"inventory", "mailer"}) {
    v1::AllowRule* rule = policy->add_allow();
    rule->set_target(target);
    rule->set_access(v1::ACCESS_READ);
  }
  return set;
}

void EntryCheckSql(sqlite3_context* context, int, sqlite3_value** values) {
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(values[1]));
  const auto size = static_cast<size_t>(sqlite3_value_bytes(values[1]));
  sqlite3_result_int64(context, EntryCheck(static_cast<uint64_t>(sqlite3_value_int64(values[0])),
                                           std::string_view(bytes, size)));
}

}  // namespace

LedgerWorld::LedgerWorld(uint64_t snapshot_entries)
    : data_dir_(folder_.File("data")),
      clock_(absl::FromUnixSeconds(1'700'000'000)),
      snapshot_entries_(snapshot_entries) {
  const auto made = InitServer({.data_dir = data_dir_, .store_name = "test", .clock = clock_});
  INFO(made.status());
  REQUIRE(made.ok());
  REQUIRE(Open().ok());
  Furnish();
}

LedgerWorld::~LedgerWorld() { Kill(); }

absl::Status LedgerWorld::Open() {
  ASSIGN_OR_RETURN(opened_, OpenServerStore(data_dir_));
  ASSIGN_OR_RETURN(committer_, Committer::Open(*opened_->store, clock_,
                                               {.snapshot_entries = snapshot_entries_}));
  authority_ =
      std::make_unique<LeaseAuthority>(*committer_, *opened_->vault, *opened_->store, nullptr);
  return absl::OkStatus();
}

void LedgerWorld::Close() {
  committer_->Close();
  Kill();
}

void LedgerWorld::Kill() {
  authority_.reset();
  committer_.reset();
  opened_.reset();
}

uint64_t LedgerWorld::size() const {
  return committer_->published().Read(
      [](const PublishedState::View& view) { return view.state.size(); });
}

template <typename Result, typename Decide>
Result LedgerWorld::Do(Decide decide) {
  clock_.Advance(absl::Milliseconds(7));
  absl::StatusOr<Result> result = absl::UnknownError("not answered");
  committer_->Submit(
      MakeOperation<Result>(Urgency::kNormal, std::move(decide),
                            [&](absl::StatusOr<Result> answer) { result = std::move(answer); }));
  committer_->Commit();
  INFO(result.status());
  REQUIRE(result.ok());
  return *std::move(result);
}

Principal LedgerWorld::PrincipalOf(const std::string& agent) {
  Principal principal{.role = Role::kAgent,
                      .method = AuthMethod::kAgentToken,
                      .name = "agents/" + agent,
                      .address = "127.0.0.1"};
  committer_->published().Read([&](const PublishedState::View& view) {
    principal.agent = view.state.entities().FindByName(EntityKind::kAgent, agent)->uid;
    for (const Credential& credential : view.state.credentials().all()) {
      if (credential.agent == principal.agent) principal.credential = credential.id;
    }
  });
  return principal;
}

void LedgerWorld::Furnish() {
  const auto put = [&](EntityKind kind, const std::string& name, std::string body,
                       std::vector<Name> members) {
    Do<EntityUid>([&](Transaction& tx) {
      return CreateEntity(tx, {.principal = Operator(),
                               .kind = kind,
                               .name = NameOf(name),
                               .body = std::move(body),
                               .member_agents = std::move(members)});
    });
  };
  for (const char* agent : {"bot", "crawler"}) {
    put(EntityKind::kAgent, agent, "", {});
    GiveToken(agent);
  }
  put(EntityKind::kGroup, "bots", "", {NameOf("bot")});
  for (const char* secret : {"db/login", "mail/key"}) {
    put(EntityKind::kSecret, secret, "", {});
    AddVersion(secret);
  }
  PutTarget("inventory", "db/*");
  PutTarget("mailer", "mail/*");
  ApplyPolicies();
}

void LedgerWorld::ApplyPolicies(absl::Duration max_ttl) {
  Do<PolicyRevision>([&](Transaction& tx) {
    return ApplyPolicySet(tx, {.principal = Operator(),
                               .body = Policies(max_ttl).SerializeAsString(),
                               .compiled = nullptr});
  });
}

Hash LedgerWorld::GiveToken(const std::string& agent) {
  Hash hash;
  RandomBytes(hash);
  Do<IssuedToken>([&](Transaction& tx) {
    return IssueToken(tx, {.principal = Operator(),
                           .agent = NameOf(agent),
                           .token_hash = hash,
                           .ttl = absl::Hours(24)});
  });
  return hash;
}

void LedgerWorld::PutTarget(const std::string& name, const std::string& secrets) {
  v1::Target target;
  target.set_name("targets/" + name);
  target.set_base_url("http://127.0.0.1:8080");
  target.add_secrets(secrets);
  target.add_allow_cidrs("127.0.0.0/8");
  target.mutable_injection()->mutable_header()->set_name("x-key");
  target.mutable_injection()->mutable_header()->set_template_("{value}");
  Do<EntityUid>([&](Transaction& tx) {
    return CreateEntity(tx, {.principal = Operator(),
                             .kind = EntityKind::kTarget,
                             .name = NameOf(name),
                             .body = target.SerializeAsString()});
  });
}

LeaseNumber LedgerWorld::Acquire(const std::string& agent, const std::string& secret,
                                 Delivery delivery) {
  RefusalLimiter limiter;
  return Do<AcquireResult>([&](Transaction& tx) {
           return leasehold::Acquire(tx, limiter,
                                     {.principal = PrincipalOf(agent),
                                      .secret = NameOf(secret),
                                      .workflow = NameOf("triage"),
                                      .run = "run-1",
                                      .delivery = delivery});
         })
      .lease;
}

Reason LedgerWorld::TryAcquire(const std::string& agent, const std::string& secret,
                               const std::string& workflow) {
  RefusalLimiter limiter;
  Reason reason = Reason::kNone;
  const Principal principal = PrincipalOf(agent);
  Do<LogIndex>([&](Transaction& tx) -> absl::StatusOr<LogIndex> {
    reason = ReasonOf(leasehold::Acquire(tx, limiter,
                                         {.principal = principal,
                                          .secret = NameOf(secret),
                                          .workflow = NameOf(workflow),
                                          .run = "run-1",
                                          .delivery = Delivery::kBrokered})
                          .status());
    return LogIndex();
  });
  return reason;
}

std::string LedgerWorld::TokenOf(LeaseNumber lease) {
  const Epoch epoch = committer_->published().Read(
      [](const PublishedState::View& view) { return view.state.epoch(); });
  return authority_->tokens()
      .Issue({.kind = TokenKind::kLeaseToken, .epoch = epoch, .lease = lease})
      .value();
}

UseRequest LedgerWorld::RequestOf(LeaseNumber lease, const std::string& target,
                                  const std::string& method, LeaseTokenClaims* claims) {
  const std::string agent = committer_->published().Read([&](const PublishedState::View& view) {
    *claims = {.kind = TokenKind::kLeaseToken, .epoch = view.state.epoch(), .lease = lease};
    return view.state.entities().Find(view.state.leases().Find(lease)->agent)->name;
  });
  return {.presenter = PrincipalOf(agent),
          .token = "",
          .adapter = Adapter::kBroker,
          .target = target,
          .method = method,
          .path = "/items/1",
          .trace_id = std::string(16, 't')};
}

void LedgerWorld::UseOften(LeaseNumber lease, const std::string& target, int count) {
  RefusalLimiter limiter;
  LeaseTokenClaims claims;
  const UseRequest request = RequestOf(lease, target, "GET", &claims);
  int allowed = 0;
  for (int i = 0; i < count; ++i) {
    committer_->Submit(MakeOperation<JudgedUse>(
        Urgency::kNormal,
        [&](Transaction& tx) { return leasehold::Use(tx, limiter, request, claims); },
        [&](absl::StatusOr<JudgedUse> judged) {
          if (judged.ok() && judged->reply.allowed) ++allowed;
        }));
  }
  while (committer_->Commit()) {
  }
  REQUIRE(allowed == count);
}

bool LedgerWorld::Use(LeaseNumber lease, const std::string& target, const std::string& method) {
  RefusalLimiter limiter;
  LeaseTokenClaims claims;
  const UseRequest request = RequestOf(lease, target, method, &claims);
  return Do<JudgedUse>(
             [&](Transaction& tx) { return leasehold::Use(tx, limiter, request, claims); })
      .reply.allowed;
}

Reason LedgerWorld::UseToken(const std::string& agent, const std::string& token) {
  clock_.Advance(absl::Milliseconds(7));
  Reason reason = Reason::kInternal;
  authority_->Authorize({.presenter = PrincipalOf(agent),
                         .token = token,
                         .target = "inventory",
                         .method = "GET",
                         .path = "/items/1"},
                        [&](absl::StatusOr<UseReply> reply) {
                          reason = reply.ok() ? reply->reason : ReasonOf(reply.status());
                        });
  committer_->Commit();
  return reason;
}

void LedgerWorld::Reveal(LeaseNumber lease) {
  RefusalLimiter limiter;
  const auto [agent, epoch] = committer_->published().Read([&](const PublishedState::View& view) {
    return std::pair(view.state.entities().Find(view.state.leases().Find(lease)->agent)->name,
                     view.state.epoch());
  });
  Do<JudgedUse>([&, agent = agent, epoch = epoch](Transaction& tx) {
    return leasehold::Reveal(
        tx, limiter,
        {.principal = PrincipalOf(agent),
         .claims = {.kind = TokenKind::kLeaseToken, .epoch = epoch, .lease = lease},
         .trace_id = ""});
  });
}

void LedgerWorld::Renew(LeaseNumber lease) {
  RefusalLimiter limiter;
  const auto [agent, epoch] = committer_->published().Read([&](const PublishedState::View& view) {
    return std::pair(view.state.entities().Find(view.state.leases().Find(lease)->agent)->name,
                     view.state.epoch());
  });
  Do<AcquireResult>([&, agent = agent, epoch = epoch](Transaction& tx) {
    return leasehold::Renew(
        tx, limiter, {.principal = PrincipalOf(agent), .lease = lease, .epoch = epoch, .ttl = {}});
  });
}

void LedgerWorld::Release(LeaseNumber lease) {
  const Epoch epoch = committer_->published().Read(
      [](const PublishedState::View& view) { return view.state.epoch(); });
  Do<AcquireResult>([&](Transaction& tx) {
    return leasehold::Release(tx, {.lease = lease, .epoch = epoch, .agent = {}});
  });
}

void LedgerWorld::Revoke(SelectorNames selector, bool leases_only) {
  Do<uint64_t>([&](Transaction& tx) {
    return leasehold::Revoke(tx, {.principal = Operator(),
                                  .selector = selector,
                                  .reason = "a drill",
                                  .leases_only = leases_only,
                                  .request_hash = ""});
  });
}

void LedgerWorld::Resume(SelectorNames selector) {
  Do<LogIndex>([&](Transaction& tx) {
    return leasehold::Resume(
        tx, {.principal = Operator(), .selector = selector, .reason = "the drill is over"});
  });
}

void LedgerWorld::AddVersion(const std::string& secret) {
  auto value = SecretBytes::Random(20);
  REQUIRE(value.ok());
  std::vector<SecretField> fields_of_version;
  fields_of_version.push_back({"value", *std::move(value)});
  auto fields = SecretFields::Make(std::move(fields_of_version));
  REQUIRE(fields.ok());
  Do<VersionKey>([&](Transaction& tx) {
    return leasehold::AddVersion(
        tx, vault(),
        {.principal = Operator(), .secret = NameOf(secret), .expire_time = {}, .request_hash = ""},
        *fields);
  });
}

void LedgerWorld::ChangeVersion(const std::string& secret, uint64_t version, VersionState state) {
  Do<VersionKey>([&](Transaction& tx) {
    return leasehold::ChangeVersion(tx, {.principal = Operator(),
                                         .secret = NameOf(secret),
                                         .version = VersionNumber(version),
                                         .state = state});
  });
}

void LedgerWorld::DeleteAgent(const std::string& agent) {
  Do<EntityUid>([&](Transaction& tx) {
    return DeleteEntity(
        tx,
        {.principal = Operator(), .kind = EntityKind::kAgent, .name = NameOf(agent), .etag = {}});
  });
}

void LedgerWorld::DeleteSecret(const std::string& secret) {
  Do<EntityUid>([&](Transaction& tx) {
    return DeleteEntity(
        tx,
        {.principal = Operator(), .kind = EntityKind::kSecret, .name = NameOf(secret), .etag = {}});
  });
}

void LedgerWorld::NoteBackup() {
  Do<LogIndex>([&](Transaction& tx) {
    const TreeHead head =
        committer_->published().Read([](const PublishedState::View& view) { return view.head; });
    return leasehold::NoteBackup(tx, {.principal = Operator(), .head = head});
  });
}

void LedgerWorld::Live() {
  const LeaseNumber login = Acquire("bot", "db/login");
  const LeaseNumber mail = Acquire("crawler", "mail/key", Delivery::kRevealed);
  REQUIRE(Use(login, "inventory"));
  REQUIRE_FALSE(Use(login, "inventory", "POST"));
  REQUIRE_FALSE(Use(login, "mailer"));
  Reveal(mail);
  clock_.Advance(absl::Minutes(5));
  Renew(login);
  AddVersion("db/login");
  REQUIRE(Use(login, "inventory"));
  ChangeVersion("db/login", 2, VersionState::kDisabled);
  REQUIRE(Use(login, "inventory"));
  ChangeVersion("db/login", 1, VersionState::kDestroyed);
  ChangeVersion("db/login", 2, VersionState::kEnabled);
  Revoke(ByAgent("bot"));
  REQUIRE_FALSE(Use(login, "inventory"));
  REQUIRE(Use(mail, "mailer"));
  Release(mail);
  NoteBackup();
}

SelectorNames ByAgent(const std::string& name) { return {.agent = name}; }
SelectorNames BySecret(const std::string& name) { return {.secret = name}; }
SelectorNames ByWorkflow(const std::string& name) { return {.workflow = name}; }

void RunSql(const std::string& path, const std::string& sql) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_create_function(handle, "entry_check", 2, SQLITE_UTF8, nullptr, EntryCheckSql,
                                  nullptr, nullptr) == SQLITE_OK);
  char* message = nullptr;
  const int code = sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &message);
  INFO((message == nullptr ? "" : message));
  CHECK(code == SQLITE_OK);
  sqlite3_free(message);
  REQUIRE(sqlite3_close(handle) == SQLITE_OK);
}

}  // namespace leasehold
