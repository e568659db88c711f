#include "server/leases/operations/delegate.h"

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/state/lease_chain.h"
#include "server/leases/state/request_ids.h"
#include "tests/support/lease_world.h"

namespace leasehold {
namespace {

// Only lead may take leases; evil may use nothing of anybody's.
constexpr char kPolicies[] = R"(
  policies { name: "lead" subjects { agents: "lead" } secrets: "db/**"
    lease { ttl { seconds: 3600 } max_ttl { seconds: 14400 } delivery: DELIVERY_REVEALED }
    allow { target: "github" } allow { target: "mailer" } }
  policies { name: "no-evil" effect: EFFECT_DENY subjects { agents: "evil" } secrets: "**" })";

class Family : public LeaseWorld {
 public:
  Family() {
    InOneBatch([this] {
      CreateSecret("db/login");
      CreateTarget("github", {"db/**"});
      CreateTarget("mailer", {"db/**"});
      Apply(kPolicies);
      for (const char* name : {"lead", "helper", "third", "evil"}) Add(name);
      for (size_t i = 0; i <= kDelegationDepthMax; ++i) Add(StrCat("a", i));
    });
  }

  const Principal& operator[](const std::string& agent) const { return agents_.at(agent); }

  AcquireResult Take(std::function<void(AcquireRequest&)> change = [](AcquireRequest&) {}) {
    AcquireRequest request = AcquireOf((*this)["lead"], "db/login");
    change(request);
    return Must(Await(Acquire(request)));
  }
  absl::StatusOr<AcquireResult> TryGive(
      const std::string& from, const AcquireResult& lease, const std::string& to,
      std::function<void(DelegateRequest&)> change = [](DelegateRequest&) {}) {
    DelegateRequest request = DelegateOf((*this)[from], lease, to);
    change(request);
    return Await(Delegate(request));
  }
  AcquireResult Give(
      const std::string& from, const AcquireResult& lease, const std::string& to,
      std::function<void(DelegateRequest&)> change = [](DelegateRequest&) {}) {
    return Must(TryGive(from, lease, to, std::move(change)));
  }
  // kNone where it is allowed.
  Reason TryUse(const std::string& agent, const AcquireResult& lease,
                const std::string& method = "GET", std::string_view target = "github") {
    UseRequest use = UseOf((*this)[agent], lease, target);
    use.method = method;
    const absl::StatusOr<UseReply> reply = Await(Use(std::move(use)));
    return reply.ok() ? reply->reason : ReasonOf(reply.status());
  }
  // At a broker, which is where a handle counts.
  Reason TryHandle(const AcquireResult& lease) {
    UseRequest use = UseOf(Adapter(), lease, "github");
    use.token = HandleOf(lease);
    const absl::StatusOr<UseReply> reply = Await(Use(std::move(use)));
    return reply.ok() ? reply->reason : ReasonOf(reply.status());
  }

 private:
  static AcquireResult Must(const absl::StatusOr<AcquireResult>& result) {
    LEASEHOLD_CHECK(result.ok(), result.status().ToString());
    return *result;
  }
  void Add(const std::string& name) {
    CreateAgent(name);
    agents_[name] = IssueToken(name);
  }
  std::map<std::string, Principal> agents_;
};

}  // namespace

TEST_CASE("a delegated lease does what its agent could not do alone") {
  Family world;
  CHECK(
      ReasonOf(world.Await(world.Acquire(world.AcquireOf(world["helper"], "db/login"))).status()) ==
      Reason::kNotFoundOrForbidden);
  const AcquireResult lease = world.Take();
  const AcquireResult given = world.Give("lead", lease, "helper");

  const Lease& made = world.Find(given);
  CHECK(made.agent == world["helper"].agent);
  CHECK(made.terms->parent == lease.lease);
  CHECK(made.expire_time == world.Find(lease).expire_time);
  CHECK(world.TryUse("helper", given) == Reason::kNone);
  CHECK(world.TryHandle(given) == Reason::kNone);
  // Tokens count with the agent that received the lease, and with no other.
  CHECK(world.TryUse("lead", given) == Reason::kLeaseNotBound);
  CHECK(world.TryUse("helper", lease) == Reason::kLeaseNotBound);
  // A use of it is one of the lease that it comes from.
  CHECK(world.Find(given).allowed_uses == 2);
  CHECK(world.Find(lease).allowed_uses == 2);
}

TEST_CASE("a delegation that is wider, or goes where it may not, is refused and changes nothing") {
  Family world;
  const AcquireResult lease = world.Take([](AcquireRequest& r) {
    r.ttl = absl::Minutes(10);
    r.use_limit = 5;
  });
  const AcquireResult narrow = world.Give("lead", lease, "helper", [](DelegateRequest& r) {
    r.targets = {"github"};
    r.reads_only = true;
    r.ttl = absl::Minutes(5);
  });
  const AcquireResult revealed =
      world.Take([](AcquireRequest& r) { r.delivery = Delivery::kRevealed; });
  world.CreateAgent("gone", world.authority().Now() + absl::Milliseconds(1));
  world.clock().Advance(absl::Seconds(1));

  struct Row {
    const char* why;
    std::string from;
    AcquireResult lease;
    std::string to;
    std::function<void(DelegateRequest&)> change;
    Reason reason;
  };
  const auto nothing = [](DelegateRequest&) {};
  const std::vector<Row> table = {
      {"as wide as it is", "lead", lease, "helper", [](auto& r) { r.use_limit = 5; },
       Reason::kNone},
      {"longer", "lead", lease, "helper", [](auto& r) { r.ttl = absl::Minutes(10); },
       Reason::kDelegationForbidden},
      {"endless", "lead", lease, "helper", [](auto& r) { r.ttl = absl::InfiniteDuration(); },
       Reason::kDelegationForbidden},
      {"more uses", "lead", lease, "helper", [](auto& r) { r.use_limit = 6; },
       Reason::kDelegationForbidden},
      {"more uses than one above", "helper", narrow, "third", [](auto& r) { r.use_limit = 6; },
       Reason::kDelegationForbidden},
      {"another target", "helper", narrow, "third", [](auto& r) { r.targets = {"mailer"}; },
       Reason::kDelegationForbidden},
      {"a target more", "helper", narrow, "third",
       [](auto& r) {
         r.targets = {"github", "mailer"};
       },
       Reason::kDelegationForbidden},
      {"the same target", "helper", narrow, "third",
       [](auto& r) {
         r.targets = {"github", "github"};
       },
       Reason::kNone},
      {"no such target", "lead", lease, "helper", [](auto& r) { r.targets = {"nowhere"}; },
       Reason::kTargetUnknown},
      {"too many targets", "lead", lease, "helper",
       [](auto& r) { r.targets.assign(kDelegatedTargetsMax + 1, "github"); },
       Reason::kInvalidArgument},
      {"to oneself", "lead", lease, "lead", nothing, Reason::kDelegationForbidden},
      {"in a circle", "helper", narrow, "lead", nothing, Reason::kDelegationForbidden},
      {"to nobody", "lead", lease, "nobody", nothing, Reason::kNotFound},
      {"to one whose time is over", "lead", lease, "gone", nothing, Reason::kDelegationForbidden},
      {"to one who is denied", "lead", lease, "evil", nothing, Reason::kPolicyDenied},
      {"of another's lease", "third", lease, "helper", nothing, Reason::kLeaseNotBound},
      {"of a lease whose value is out", "lead", revealed, "helper", nothing,
       Reason::kDelegationForbidden},
  };
  for (const Row& row : table) {
    CAPTURE(row.why);
    const uint64_t before = world.state().leases().count();
    const absl::StatusOr<AcquireResult> given =
        world.TryGive(row.from, row.lease, row.to, row.change);
    CAPTURE(given.status().ToString());
    CHECK(ReasonOf(given.status()) == row.reason);
    CHECK(world.state().leases().count() == before + (given.ok() ? 1 : 0));
  }
}

TEST_CASE("a right is handed on eight times and no more") {
  Family world;
  AcquireResult lease = world.Take();
  std::string from = "lead";
  for (size_t i = 0; i < kDelegationDepthMax; ++i) {
    lease = world.Give(from, lease, StrCat("a", i));
    from = StrCat("a", i);
  }
  CHECK(world.TryUse(from, lease) == Reason::kNone);
  const auto last = world.TryGive(from, lease, StrCat("a", kDelegationDepthMax));
  CHECK(ReasonOf(last.status()) == Reason::kDelegationForbidden);
}

TEST_CASE("what a delegation leaves out cannot be used, at no level") {
  Family world;
  const AcquireResult lease = world.Take();
  const AcquireResult first =
      world.Give("lead", lease, "helper", [](DelegateRequest& r) { r.targets = {"github"}; });
  // Asks for nothing less, and gets no more than there is.
  const AcquireResult second =
      world.Give("helper", first, "third", [](DelegateRequest& r) { r.reads_only = true; });
  CHECK(world.TryUse("helper", first, "POST") == Reason::kNone);
  CHECK(world.TryUse("helper", first, "GET", "mailer") == Reason::kPolicyDenied);
  CHECK(world.TryUse("third", second) == Reason::kNone);
  CHECK(world.TryUse("third", second, "POST") == Reason::kPolicyDenied);
  CHECK(world.TryUse("third", second, "GET", "mailer") == Reason::kPolicyDenied);
  CHECK(world.TryUse("lead", lease, "POST", "mailer") == Reason::kNone);
}

TEST_CASE("whatever ends a lease ends those that come from it") {
  struct Row {
    const char* why;
    std::function<void(Family&, const AcquireResult&)> end;
    Reason reason;
  };
  const std::vector<Row> table = {
      {"its own revocation",
       [](Family& w, const AcquireResult& l) { w.Await(w.Revoke(LeaseSelector(l))).IgnoreError(); },
       Reason::kLeaseRevoked},
      {"the revocation of its agent",
       [](Family& w, const AcquireResult&) {
         w.Await(w.Revoke(AgentSelector("lead"))).IgnoreError();
       },
       Reason::kLeaseRevoked},
      {"its release",
       [](Family& w, const AcquireResult& l) {
         w.Await(w.Release(l, w["lead"].agent)).IgnoreError();
       },
       Reason::kLeaseReleased},
      {"the end of its credential",
       [](Family& w, const AcquireResult&) { w.RevokeToken(w["lead"]); },
       Reason::kCredentialRevoked},
      {"the end of its agent",
       [](Family& w, const AcquireResult&) { w.Delete(EntityKind::kAgent, "lead"); },
       Reason::kLeaseRevoked},
      {"the end of a policy", [](Family& w, const AcquireResult&) { w.Apply(""); },
       Reason::kPolicyDenied},
  };
  for (const Row& row : table) {
    CAPTURE(row.why);
    Family world;
    const AcquireResult lease = world.Take();
    const AcquireResult first = world.Give("lead", lease, "helper");
    const AcquireResult second = world.Give("helper", first, "third");
    REQUIRE(world.TryUse("third", second) == Reason::kNone);
    row.end(world, lease);
    CHECK(world.TryUse("helper", first) == row.reason);
    CHECK(world.TryUse("third", second) == row.reason);
    CHECK(world.TryHandle(second) == row.reason);
    // One record, however many came from it.
    CHECK(world.state().revocations().size() <= 1);
    if (row.reason == Reason::kPolicyDenied) continue;
    bool written = false;
    CHECK_FALSE(world.authority().IfStillUsable(second.lease, [&written] { written = true; }).ok());
    CHECK_FALSE(written);
  }
}

TEST_CASE("an open stream of a delegated lease is cut with what it comes from") {
  Family world;
  const AcquireResult lease = world.Take();
  const AcquireResult given = world.Give("lead", lease, "helper");
  absl::Status cut;
  const auto watch =
      world.authority().WatchLease(given.lease, [&cut](absl::Status why) { cut = std::move(why); });
  REQUIRE(world.Await(world.Revoke(LeaseSelector(lease))).ok());
  CHECK(ReasonOf(cut) == Reason::kLeaseRevoked);
}

TEST_CASE("a hold on anybody in the chain stops delegations and renewals below") {
  for (const char* held : {"lead", "helper", "third"}) {
    CAPTURE(held);
    Family world;
    const AcquireResult lease = world.Take();
    const AcquireResult first =
        world.Give("lead", lease, "helper", [](DelegateRequest& r) { r.ttl = absl::Minutes(5); });
    REQUIRE(world
                .Await(world.Submit<LogIndex>(
                    Urgency::kNormal,
                    [&](Transaction& tx) {
                      ledger::v1::Entry entry;
                      *entry.mutable_hold_set()->mutable_control() =
                          tx.MakeControl(LeaseWorld::Operator());
                      entry.mutable_hold_set()->mutable_selector()->set_agent(
                          world[held].agent.value());
                      return absl::StatusOr<LogIndex>(tx.Append(std::move(entry)));
                    }))
                .ok());
    const auto given = world.TryGive("helper", first, "third");
    CHECK(ReasonOf(given.status()) == Reason::kHeld);
    const auto renewed = world.Await(world.Renew(world.RenewOf(world["helper"], first)));
    CHECK(ReasonOf(renewed.status()) ==
          (std::string(held) == "third" ? Reason::kNone : Reason::kHeld));
  }
}

TEST_CASE("a renewal goes no further than the lease that it comes from") {
  Family world;
  const AcquireResult lease = world.Take([](AcquireRequest& r) { r.ttl = absl::Minutes(10); });
  const AcquireResult given =
      world.Give("lead", lease, "helper", [](DelegateRequest& r) { r.ttl = absl::Minutes(5); });
  RenewRequest renew = world.RenewOf(world["helper"], given);
  renew.ttl = absl::Hours(1);
  REQUIRE(world.Await(world.Renew(renew)).ok());
  CHECK(world.Find(given).expire_time == world.Find(lease).expire_time);
  CHECK(ReasonOf(world.Await(world.Renew(renew)).status()) == Reason::kLeaseMaxTtl);
  // It can again once the other was.
  RenewRequest above = world.RenewOf(world["lead"], lease);
  above.ttl = absl::Minutes(30);
  REQUIRE(world.Await(world.Renew(above)).ok());
  REQUIRE(world.Await(world.Renew(renew)).ok());
  CHECK(world.Find(given).expire_time == world.Find(lease).expire_time);
}

TEST_CASE("a policy that denies anybody in the chain denies the use") {
  Family world;
  const AcquireResult lease = world.Take();
  const AcquireResult first = world.Give("lead", lease, "helper");
  const AcquireResult second = world.Give("helper", first, "third");
  for (const char* denied : {"lead", "helper", "third"}) {
    CAPTURE(denied);
    world.Apply(StrCat(kPolicies,
                       "policies { name: \"stop\" effect: EFFECT_DENY subjects { agents: \"",
                       denied, "\" } secrets: \"db/**\" }"));
    CHECK(world.TryUse("third", second) == Reason::kPolicyDenied);
  }
}

TEST_CASE("each use counts for every use limit above it") {
  Family world;
  const AcquireResult lease = world.Take([](AcquireRequest& r) { r.use_limit = 4; });
  const AcquireResult first =
      world.Give("lead", lease, "helper", [](DelegateRequest& r) { r.use_limit = 2; });
  const AcquireResult second = world.Give("lead", lease, "third");
  CHECK(world.TryUse("helper", first) == Reason::kNone);
  CHECK(world.TryUse("helper", first) == Reason::kNone);
  CHECK(world.TryUse("helper", first) == Reason::kLeaseUseLimit);
  CHECK(world.TryUse("lead", lease) == Reason::kNone);
  CHECK(world.TryUse("third", second) == Reason::kNone);
  CHECK(world.TryUse("third", second) == Reason::kLeaseUseLimit);
  CHECK(world.TryUse("lead", lease) == Reason::kLeaseUseLimit);
}

TEST_CASE("of many uses in one batch as many as are left are allowed") {
  Family world;
  const AcquireResult lease = world.Take([](AcquireRequest& r) { r.use_limit = 1; });
  std::vector<Answer<UseReply>> answers;
  for (int i = 0; i < 100; ++i) {
    answers.push_back(world.Use(world.UseOf(world["lead"], lease, "github")));
  }
  REQUIRE(world.committer().Commit());
  int allowed = 0;
  for (const Answer<UseReply>& answer : answers) allowed += answer.get()->allowed ? 1 : 0;
  CHECK(allowed == 1);
}

TEST_CASE("a repeated delegation is answered with the same lease") {
  Family world;
  const AcquireResult lease = world.Take();
  const auto with = [&](const std::string& body) {
    return [&world, body](DelegateRequest& r) {
      r.request_hash = RequestHash(world["lead"].name, "DelegateLease", "id", body);
    };
  };
  const AcquireResult first = world.Give("lead", lease, "helper", with("one"));
  CHECK(world.Give("lead", lease, "helper", with("one")).lease == first.lease);
  CHECK(ReasonOf(world.TryGive("lead", lease, "helper", with("two")).status()) ==
        Reason::kRequestIdReused);
}

TEST_CASE("the usage map says who delegated in the first place") {
  Family world;
  const AcquireResult lease = world.Take();
  const AcquireResult first = world.Give("lead", lease, "helper");
  const AcquireResult second = world.Give("helper", first, "third");
  REQUIRE(world.TryUse("lead", lease) == Reason::kNone);
  REQUIRE(world.TryUse("third", second) == Reason::kNone);
  const auto lines = world.state().usage().Query({}, {.workflow = false, .destination = false});
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].key.agent == world["third"].agent);
  CHECK(lines[0].key.delegator == world["lead"].agent);
  CHECK(lines[1].key.agent == world["lead"].agent);
  CHECK(lines[1].key.delegator.empty());
}

TEST_CASE("delegated leases outlive a restart as they were") {
  Family world;
  const AcquireResult lease = world.Take();
  const AcquireResult given = world.Give("lead", lease, "helper", [](DelegateRequest& r) {
    r.targets = {"mailer"};
    r.reads_only = true;
    r.use_limit = 2;
  });
  for (int i = 0; i < 2; ++i) {
    CHECK(world.TryUse("helper", given, "GET", "github") == Reason::kPolicyDenied);
    CHECK(world.TryUse("helper", given, "POST", "mailer") == Reason::kPolicyDenied);
    CHECK(world.TryUse("helper", given, "GET", "mailer") == Reason::kNone);
    world.Restart();
  }
  CHECK(world.TryUse("helper", given, "GET", "mailer") == Reason::kLeaseUseLimit);
}

}  // namespace leasehold
