// WatchLeases and WatchEntries over real sockets.

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/unit/server/api/api_world.h"

namespace leasehold {
namespace {

// A watch that can be broken anywhere and go on after the last event that was read.
template <typename Request, typename Event>
class BreakableWatch {
 public:
  using Open = std::function<std::unique_ptr<grpc::ClientReader<Event>>(grpc::ClientContext*,
                                                                        const Request&)>;
  BreakableWatch(Open open, Request request, std::string token = "")
      : open_(std::move(open)), request_(std::move(request)), token_(std::move(token)) {
    Begin();
  }
  ~BreakableWatch() { Break(); }

  // The next event, waiting for it; nullopt where the server ended the watch.
  std::optional<Event> Next() {
    if (first_.has_value()) return std::exchange(first_, std::nullopt);
    Event event;
    if (!reader_->Read(&event)) return std::nullopt;
    if (!event.resume_token().empty()) request_.set_resume_token(event.resume_token());
    return event;
  }
  // Goes on after the last event over a new call. The server may have to notice first that old ones
  // are gone.
  void Reconnect() {
    Break();
    do {
      Begin();
      first_ = Next();
    } while (!first_.has_value() && ReasonOfCall(End()) == "OVERLOADED");
  }
  // After Next gave nothing.
  grpc::Status End() {
    ended_ = true;
    return reader_->Finish();
  }
  const Request& request() const { return request_; }

 private:
  void Begin() {
    ended_ = false;
    context_ = std::make_unique<grpc::ClientContext>();
    if (!token_.empty()) context_->AddMetadata("authorization", "Bearer " + token_);
    reader_ = open_(context_.get(), request_);
  }
  void Break() {
    if (ended_) return;
    context_->TryCancel();
    Event event;
    while (reader_->Read(&event)) {
    }
    reader_->Finish();
    first_.reset();
  }

  const Open open_;
  Request request_;
  const std::string token_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientReader<Event>> reader_;
  std::optional<Event> first_;  // of the call, where Reconnect has read it
  bool ended_ = false;
};
using LeaseEvents = BreakableWatch<v1::WatchLeasesRequest, v1::WatchLeasesEvent>;
using EntryEvents = BreakableWatch<v1::WatchEntriesRequest, v1::WatchEntriesEvent>;

class WatchWorld : public ApiWorld {
 public:
  explicit WatchWorld(absl::Duration stalled_max = absl::Seconds(60))
      : ApiWorld(nullptr, stalled_max) {
    for (const char* secret : {"secrets/github/a", "secrets/github/b"}) {
      CreateSecret(secret);
      AddVersion(secret);
    }
    CreateTarget("targets/github", "github/**");
    for (const char* agent : {"agents/bot", "agents/helper"}) {
      CreateAgent(agent);
      tokens.push_back(IssueToken(agent).token());
    }
    v1::Policy policy = ReadPolicy("reads", "github");
    policy.mutable_lease()->mutable_ttl()->set_seconds(600);
    policy.mutable_lease()->mutable_max_ttl()->set_seconds(86400);
    Apply({policy});
  }

  std::unique_ptr<LeaseEvents> WatchLeases(const v1::WatchLeasesRequest& request = {},
                                           const std::string& token = "") {
    v1::LeaseService::Stub* stub = token.empty() ? operator_leases.get() : leases.get();
    return std::make_unique<LeaseEvents>(
        [stub](grpc::ClientContext* context, const v1::WatchLeasesRequest& asked) {
          return stub->WatchLeases(context, asked);
        },
        request, token);
  }
  std::unique_ptr<EntryEvents> WatchEntries(const v1::WatchEntriesRequest& request = {}) {
    return std::make_unique<EntryEvents>(
        [this](grpc::ClientContext* context, const v1::WatchEntriesRequest& asked) {
          return ledger->WatchEntries(context, asked);
        },
        request);
  }

  v1::AcquireLeaseResponse Lease(size_t agent, const std::string& secret = "secrets/github/a") {
    auto acquired = Acquire(tokens[agent], secret);
    REQUIRE(acquired.status.error_message() == "");
    return acquired.response;
  }
  v1::AcquireLeaseResponse Delegate(const v1::AcquireLeaseResponse& lease) {
    v1::DelegateLeaseRequest request;
    request.set_token(lease.token());
    request.set_agent("agents/helper");
    auto delegated = Ask(*leases, &v1::LeaseService::Stub::DelegateLease, request, tokens[0]);
    REQUIRE(delegated.status.error_message() == "");
    return delegated.response;
  }
  void Release(const v1::AcquireLeaseResponse& lease) {
    v1::ReleaseLeaseRequest request;
    request.set_name(lease.lease().name());
    REQUIRE(Ask(*operator_leases, &v1::LeaseService::Stub::ReleaseLease, request).status.ok());
  }
  void Renew(const v1::AcquireLeaseResponse& lease, size_t agent, int64_t ttl_s) {
    v1::RenewLeaseRequest request;
    request.set_token(lease.token());
    request.mutable_ttl()->set_seconds(ttl_s);
    Ask(*leases, &v1::LeaseService::Stub::RenewLease, request, tokens[agent]);
  }
  void Revoke(const std::function<void(v1::Selector*)>& select, bool leases_only = true) {
    v1::RevokeRequest request;
    select(request.mutable_selector());
    request.set_reason("test");
    request.set_leases_only(leases_only);
    auto answer = Ask(*revocations, &v1::RevocationService::Stub::Revoke, request);
    REQUIRE(answer.status.error_message() == "");
  }

  std::unique_ptr<v1::LeaseService::Stub> operator_leases = v1::LeaseService::NewStub(operators);
  std::vector<std::string> tokens;  // of bot and helper
};

// One change after the other, each of which may end leases in another way.
class RandomLife {
 public:
  RandomLife(WatchWorld& world, uint64_t seed) : world_(world), random_(seed) {}

  void Step() {
    const size_t kind = random_() % 12;
    const size_t agent = random_() % 2;
    const std::string secret = random_() % 2 == 0 ? "secrets/github/a" : "secrets/github/b";
    if (kind < 5 || held_.empty()) {
      held_.emplace_back(world_.Lease(agent, secret), agent);
      return;
    }
    const auto& chosen = held_[random_() % held_.size()];
    const auto lease = chosen.first;  // clang 14 lets no lambda capture a structured binding
    const size_t owner = chosen.second;
    if (kind == 5) {
      world_.Renew(lease, owner, 600);
    } else if (kind == 6) {
      world_.Release(lease);
    } else if (kind == 7) {
      const auto taken = world_.Lease(0, secret);
      held_.emplace_back(taken, 0);
      held_.emplace_back(world_.Delegate(taken), 1);
    } else if (kind == 8) {
      world_.Revoke([&](v1::Selector* s) { s->set_lease(lease.lease().name()); });
    } else if (kind == 9 && random_() % 4 == 0) {
      world_.Revoke([&](v1::Selector* s) { s->set_secret(secret); });
    } else if (kind == 10 && random_() % 4 == 0) {
      world_.Revoke([&](v1::Selector* s) { s->set_agent("agents/bot"); });
    } else if (kind == 11 && random_() % 4 == 0) {  // a combination, which lists its leases
      world_.Revoke([&](v1::Selector* s) {
        s->set_agent("agents/helper");
        s->set_secret(secret);
        s->set_workflow("workflows/triage");
      });
    } else {
      world_.Use(world_.tokens[owner], lease.token(), "targets/github");
    }
  }

 private:
  WatchWorld& world_;
  std::mt19937_64 random_;
  std::vector<std::pair<v1::AcquireLeaseResponse, size_t>> held_;
};

// "index lease" of each change, until the one of `last`.
std::vector<std::string> ReadChanges(LeaseEvents& watch, const std::string& last,
                                     const std::function<bool()>& break_now) {
  std::vector<std::string> changes;
  while (true) {
    const std::optional<v1::WatchLeasesEvent> event = watch.Next();
    if (!event.has_value()) {
      changes.push_back("ended: " + watch.End().error_message());
      return changes;
    }
    if (event->has_changed()) {
      changes.push_back(std::to_string(event->index()) + " " + event->changed().name());
      if (event->changed().name() == last) return changes;
    }
    if (!event->resume_token().empty() && break_now()) watch.Reconnect();
  }
}

bool Never() { return false; }

v1::Lease::State StateOf(LeaseEvents& watch, const std::string& lease) {
  while (const auto event = watch.Next()) {
    if (event->has_changed() && event->changed().name() == lease) return event->changed().state();
  }
  return v1::Lease::STATE_UNSPECIFIED;
}

}  // namespace

TEST_CASE("a watch of leases begins with those that are active and goes on with what changes") {
  WatchWorld world;
  const auto first = world.Lease(0);
  const auto gone = world.Lease(0);
  const auto second = world.Lease(1, "secrets/github/b");
  world.Release(gone);
  auto watch = world.WatchLeases();
  std::vector<std::string> existing;
  auto event = watch->Next();
  while (event.has_value() && event->has_existing()) {
    existing.push_back(event->existing().name());
    event = watch->Next();
  }
  CHECK(existing == std::vector<std::string>{first.lease().name(), second.lease().name()});
  REQUIRE(event.has_value());
  CHECK(event->snapshot_end().leases() == 2);

  const auto third = world.Lease(0);
  CHECK(StateOf(*watch, third.lease().name()) == v1::Lease::STATE_ACTIVE);
  world.Renew(first, 0, 600);
  CHECK(StateOf(*watch, first.lease().name()) == v1::Lease::STATE_ACTIVE);
  const auto below = world.Delegate(first);
  CHECK(StateOf(*watch, below.lease().name()) == v1::Lease::STATE_ACTIVE);
  world.Release(first);
  CHECK(StateOf(*watch, first.lease().name()) == v1::Lease::STATE_RELEASED);
  CHECK(StateOf(*watch, below.lease().name()) != v1::Lease::STATE_ACTIVE);
  world.Revoke([](v1::Selector* s) { s->set_all(true); });
  CHECK(StateOf(*watch, second.lease().name()) == v1::Lease::STATE_REVOKED);
  CHECK(StateOf(*watch, third.lease().name()) == v1::Lease::STATE_REVOKED);
}

TEST_CASE("a watch that breaks anywhere and goes on tells what an unbroken one tells") {
  const uint64_t seed = Catch::rngSeed() != 0 ? Catch::rngSeed() : std::random_device()();
  CAPTURE(seed);
  WatchWorld world;
  auto unbroken = world.WatchLeases();
  auto broken = world.WatchLeases();
  auto entries = world.WatchEntries();
  REQUIRE(unbroken->Next()->has_snapshot_end());
  REQUIRE(broken->Next()->has_snapshot_end());
  const uint64_t first_entry = entries->Next()->heartbeat_tree_size();
  std::mt19937_64 random(seed + 1);
  std::atomic<bool> stop = false;
  std::vector<std::string> broken_changes;
  std::vector<uint64_t> indices;
  // One reader reconnects at random while things happen; the others read all of it afterwards.
  // Assertions are for the main thread alone.
  int breaks = 0;
  std::thread reader([&] {
    while (!stop.load()) {
      const auto event = broken->Next();
      if (!event.has_value()) return;
      if (event->has_changed()) {
        broken_changes.push_back(std::to_string(event->index()) + " " + event->changed().name());
      }
      if (random() % 4 == 0) {
        broken->Reconnect();
        ++breaks;
      }
    }
  });
  RandomLife life(world, seed);
  for (int i = 0; i < 300; ++i) life.Step();
  stop.store(true);
  reader.join();
  const auto marker = world.Lease(0);
  const std::string last = marker.lease().name();
  const auto some = [&] { return random() % 4 == 0; };
  for (const std::string& change : ReadChanges(*broken, last, some)) {
    broken_changes.push_back(change);
  }
  const std::vector<std::string> all = ReadChanges(*unbroken, last, Never);
  CHECK(breaks > 0);
  CHECK(all.size() > 100);
  CHECK(broken_changes == all);
  // Entries: every index once.
  while (true) {
    const auto event = entries->Next();
    REQUIRE(event.has_value());
    if (event->has_entry()) {
      indices.push_back(event->entry().index());
      if (event->entry().index() >= marker.lease().issue_index()) break;
    }
    if (some()) entries->Reconnect();
  }
  CHECK(indices.size() == marker.lease().issue_index() + 1 - first_entry);
  CHECK(indices.front() == first_entry);
  CHECK(std::adjacent_find(indices.begin(), indices.end(),
                           [](uint64_t a, uint64_t b) { return b != a + 1; }) == indices.end());
}

TEST_CASE("a token from the first event tells all of the past again, as it was told then") {
  WatchWorld world;
  auto then = world.WatchLeases();
  REQUIRE(then->Next()->has_snapshot_end());
  const v1::WatchLeasesRequest from_start = then->request();
  RandomLife life(world, 4711);
  for (int i = 0; i < 200; ++i) life.Step();
  const std::string last = world.Lease(0).lease().name();
  const std::vector<std::string> told = ReadChanges(*then, last, Never);
  auto later = world.WatchLeases(from_start);
  CHECK(ReadChanges(*later, last, Never) == told);
  CHECK(told.size() > 100);
}

TEST_CASE("a resume token is good for its own watch only") {
  WatchWorld world;
  auto watch = world.WatchLeases();
  const std::string token = watch->Next()->resume_token();
  REQUIRE(token != "");
  for (const auto& [agent, presented] :
       {std::pair<std::string, std::string>("agents/bot", token), {"", token + "A"}, {"", "x"}}) {
    v1::WatchLeasesRequest request;
    request.set_agent(agent);
    request.set_resume_token(presented);
    auto other = world.WatchLeases(request);
    CHECK_FALSE(other->Next().has_value());
    CHECK(ReasonOfCall(other->End()) == "PAGE_TOKEN_INVALID");
  }
  v1::WatchEntriesRequest entries;
  entries.set_resume_token(token);
  auto other = world.WatchEntries(entries);
  CHECK_FALSE(other->Next().has_value());
  CHECK(ReasonOfCall(other->End()) == "PAGE_TOKEN_INVALID");
  entries.clear_resume_token();
  entries.set_start_index(1'000'000);
  auto behind = world.WatchEntries(entries);
  CHECK_FALSE(behind->Next().has_value());
  CHECK(ReasonOfCall(behind->End()) == "INVALID_ARGUMENT");
  // It outlives the server.
  v1::WatchLeasesRequest request = watch->request();
  watch.reset();
  world.server.Restart();
  auto resumed = world.WatchLeases(request);
  CHECK(resumed->Next()->has_heartbeat());
}

TEST_CASE("an agent watches its own leases, and stopping it stops its watch after they are told") {
  WatchWorld world;
  const auto own = world.Lease(0);
  world.Lease(1);
  auto watch = world.WatchLeases({}, world.tokens[0]);
  auto event = watch->Next();
  REQUIRE(event->existing().name() == own.lease().name());
  event = watch->Next();
  CHECK(event->snapshot_end().leases() == 1);
  world.Lease(1);
  world.Revoke([](v1::Selector* s) { s->set_agent("agents/bot"); }, /*leases_only=*/false);
  std::vector<std::string> changed;
  for (event = watch->Next(); event.has_value(); event = watch->Next()) {
    if (event->has_changed()) changed.push_back(event->changed().name());
  }
  CHECK(changed == std::vector<std::string>{own.lease().name()});
  CHECK(ReasonOfCall(watch->End()) == "HELD");
  auto again = world.WatchLeases({}, world.tokens[0]);
  CHECK_FALSE(again->Next().has_value());
  CHECK(ReasonOfCall(again->End()) == "HELD");
}

TEST_CASE("a watch ends with its caller's credential") {
  WatchWorld world;
  const v1::IssueTokenResponse token = world.IssueToken("agents/bot");
  auto watch = world.WatchLeases({}, token.token());
  REQUIRE(watch->Next()->has_snapshot_end());
  v1::RevokeTokenRequest revoke;
  revoke.set_name(token.name());
  REQUIRE(Ask(*world.identity, &v1::IdentityService::Stub::RevokeToken, revoke).status.ok());
  while (watch->Next().has_value()) {
  }
  CHECK(ReasonOfCall(watch->End()) == "CREDENTIAL_REVOKED");
}

TEST_CASE("a watch of entries filters as lists do, also by what comes into being later") {
  WatchWorld world;
  v1::WatchEntriesRequest request;
  request.set_start_index(0);
  request.set_agent("agents/late");
  auto watch = world.WatchEntries(request);
  world.Lease(0);
  world.CreateAgent("agents/late");
  const std::string token = world.IssueToken("agents/late").token();
  REQUIRE(world.Acquire(token, "secrets/github/a").status.ok());
  v1::ListEntriesRequest list;
  list.set_agent("agents/late");
  const auto listed = Ask(*world.ledger, &v1::LedgerService::Stub::ListEntries, list);
  REQUIRE(listed.response.entries_size() > 2);
  for (const v1::LedgerEntry& entry : listed.response.entries()) {
    std::optional<v1::WatchEntriesEvent> event;
    do {
      event = watch->Next();
      REQUIRE(event.has_value());
    } while (!event->has_entry());
    CHECK(event->entry().SerializeAsString() == entry.SerializeAsString());
  }
}

TEST_CASE("who reads too slowly is dropped with a word about how to go on, and nobody else is") {
  WatchWorld world(/*stalled_max=*/absl::Milliseconds(300));
  for (int i = 0; i < 3; ++i) {
    world.Append([i](Transaction& tx) {
      for (int n = 0; n < 2000; ++n) {
        tx.DefineText(ledger::v1::TEXT_KIND_RUN, std::to_string(i) + "-" + std::to_string(n));
      }
    });
  }
  v1::WatchEntriesRequest request;
  request.set_start_index(0);
  const auto narrow = v1::LedgerService::NewStub(NarrowChannel(world.server.File("admin.sock")));
  EntryEvents slow(
      [&](grpc::ClientContext* context, const v1::WatchEntriesRequest& asked) {
        return narrow->WatchEntries(context, asked);
      },
      request);
  auto quick = world.WatchEntries(request);
  uint64_t seen = 0;
  const uint64_t last = world.Lease(0).lease().issue_index();
  while (const auto event = quick->Next()) {
    if (event->has_entry()) ++seen;
    if (event->has_entry() && event->entry().index() == last) break;
  }
  CHECK(seen == last + 1);
  // The quick one hears heartbeats for as long as the slow one takes nothing.
  for (int beats = 0; beats < 2;) beats += quick->Next()->has_entry() ? 0 : 1;
  while (slow.Next().has_value()) {
  }
  const grpc::Status status = slow.End();
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(status.error_message().find("resume_token") != std::string::npos);
}

TEST_CASE("agents' watches leave room for operators") {
  WatchWorld world;
  auto first = world.WatchLeases({}, world.tokens[0]);
  REQUIRE(first->Next().has_value());
  auto second = world.WatchLeases({}, world.tokens[0]);
  REQUIRE(second->Next().has_value());
  auto third = world.WatchLeases({}, world.tokens[0]);
  CHECK_FALSE(third->Next().has_value());
  CHECK(ReasonOfCall(third->End()) == "OVERLOADED");
  auto other = world.WatchLeases({}, world.tokens[1]);
  CHECK(other->Next().has_value());
  auto operators_watch = world.WatchLeases();
  CHECK(operators_watch->Next().has_value());
}

}  // namespace leasehold
