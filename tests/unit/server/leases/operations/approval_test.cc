#include "server/leases/operations/approval.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/support/lease_world.h"

namespace leasehold {
namespace {

// Two of the group must agree, for two leases within ten minutes; a request waits an hour.
constexpr char kPolicies[] = R"(
  policies { name: "asked" subjects { agents: "**" } secrets: "db/**"
    lease { ttl { seconds: 3600 } max_ttl { seconds: 14400 } }
    approval { approvers: 2 group: "oncall" valid_for { seconds: 600 } uses: 2
               expires { seconds: 3600 } }
    allow { target: "github" } })";

Principal Person(const std::string& name) {
  return {.role = Role::kSecurity,
          .method = AuthMethod::kOperatorSession,
          .name = StrCat("operator:", name),
          .address = "127.0.0.1",
          .user = name};
}

class Office : public LeaseWorld {
 public:
  Office() {
    InOneBatch([this] {
      CreateSecret("db/login");
      CreateSecret("db/other");
      CreateTarget("github", {"db/**"});
      for (const char* name : {"bot", "other", "boss", "judge"}) {
        CreateAgent(name);
        agents_[name] = IssueToken(name);
      }
      CreateGroup("oncall", {"bot", "boss", "judge"}, {"mia", "ben", "operator:uid=0", "zoe"});
      Apply(kPolicies);
    });
  }

  const Principal& operator[](const std::string& agent) const { return agents_.at(agent); }

  AcquireRequest Ask(const std::string& agent = "bot") const {
    AcquireRequest request = AcquireOf((*this)[agent], "db/login");
    request.purpose = "nightly repair";
    return request;
  }
  absl::StatusOr<AcquireResult> Take(
      const std::string& agent = "bot",
      const std::function<void(AcquireRequest&)>& change = [](AcquireRequest&) {}) {
    AcquireRequest request = Ask(agent);
    change(request);
    return Await(Acquire(std::move(request)));
  }
  Reason TryTake(
      const std::string& agent = "bot",
      const std::function<void(AcquireRequest&)>& change = [](AcquireRequest&) {}) {
    return ReasonOf(Take(agent, change).status());
  }
  absl::Status Answer(uint64_t approval, const Principal& who, bool approved = true) {
    const ApprovalDecision decision{
        .principal = who, .approval = approval, .approved = approved, .reason = "because"};
    return Await(Submit<uint64_t>(
                     Urgency::kNormal,
                     [decision](Transaction& tx) { return DecideApproval(tx, decision); }))
        .status();
  }
  // Asks for the lease, and lets both people agree.
  void Approve(uint64_t approval) {
    REQUIRE(Answer(approval, Person("mia")).ok());
    REQUIRE(Answer(approval, Person("ben")).ok());
  }
  ApprovalState StateOf(uint64_t approval) {
    return state().approvals().Find(approval)->StateAt(authority().Now());
  }

 private:
  std::map<std::string, Principal> agents_;
};

}  // namespace

TEST_CASE("a lease that waits for approvers is issued when enough of them have agreed") {
  Office world;
  const absl::Status asked = world.Take().status();
  CHECK(ReasonOf(asked) == Reason::kApprovalRequired);
  CHECK(DetailOf(asked).metadata.front() ==
        std::pair<std::string, std::string>("approval", "approvals/1"));
  CHECK(world.state().leases().count() == 0);

  REQUIRE(world.Answer(1, Person("mia")).ok());
  CHECK(world.TryTake() == Reason::kApprovalRequired);
  REQUIRE(world.Answer(1, Person("ben")).ok());
  const absl::StatusOr<AcquireResult> lease = world.Take();
  REQUIRE(lease.ok());
  CHECK(world.Find(*lease).terms->approval == 1);
  const absl::StatusOr<UseReply> use =
      world.Await(world.Use(world.UseOf(world["bot"], *lease, "github")));
  CHECK((use.ok() && use->allowed));
  RenewRequest renew = world.RenewOf(world["bot"], *lease);
  world.clock().Advance(absl::Seconds(1));
  CHECK(world.Await(world.Renew(renew)).ok());
}

TEST_CASE("repeated requests join one, and others are requests of their own") {
  Office world;
  for (int i = 0; i < 5; ++i) CHECK(world.TryTake() == Reason::kApprovalRequired);
  CHECK(world.state().approvals().all().size() == 1);
  CHECK(world.TryTake("other") == Reason::kApprovalRequired);
  CHECK(world.TryTake("bot", [](auto& r) { r.workflow = MustName("night"); }) ==
        Reason::kApprovalRequired);
  CHECK(world.TryTake("bot", [](auto& r) { r.secret = MustName("db/other"); }) ==
        Reason::kApprovalRequired);
  CHECK(world.TryTake("bot", [](auto& r) { r.principal.user = "kim"; }) ==
        Reason::kApprovalRequired);
  CHECK(world.state().approvals().all().size() == 5);
}

TEST_CASE("an approved request gives its leases to exactly who asked for exactly what") {
  Office world;
  world.TryTake();
  world.Approve(1);
  CHECK(world.TryTake("other") == Reason::kApprovalRequired);
  CHECK(world.TryTake("bot", [](auto& r) { r.workflow = MustName("night"); }) ==
        Reason::kApprovalRequired);
  CHECK(world.TryTake("bot", [](auto& r) { r.secret = MustName("db/other"); }) ==
        Reason::kApprovalRequired);
  // A user whom nothing has named yet is not nobody.
  CHECK(world.TryTake("bot", [](auto& r) { r.principal.user = "unheard of"; }) ==
        Reason::kApprovalRequired);
  CHECK(world.TryTake("bot", [](auto& r) { r.delivery = Delivery::kRevealed; }) ==
        Reason::kDeliveryNotAllowed);
  CHECK(world.state().leases().count() == 0);
  CHECK(world.TryTake() == Reason::kNone);
}

TEST_CASE("a hundred acquisitions in one batch against one remaining use yield one") {
  Office world;
  world.TryTake();
  world.Approve(1);
  REQUIRE(world.TryTake() == Reason::kNone);
  std::vector<leasehold::Answer<AcquireResult>> answers;
  for (int i = 0; i < 100; ++i) answers.push_back(world.Acquire(world.Ask()));
  world.Commit();
  int taken = 0;
  for (const auto& answer : answers) taken += answer.get().ok() ? 1 : 0;
  CHECK(taken == 1);
  CHECK(world.StateOf(1) == ApprovalState::kUsed);
  // The others asked anew, all together.
  CHECK(world.state().approvals().all().size() == 2);
}

TEST_CASE("nobody approves a request of their own, whatever they come as") {
  Office world;
  world.TryTake("bot", [](auto& r) { r.principal.user = "mia"; });
  CHECK(ReasonOf(world.Answer(1, world["bot"])) == Reason::kRoleForbidden);
  CHECK(ReasonOf(world.Answer(1, Person("mia"))) == Reason::kRoleForbidden);
  Principal judge = world["judge"];
  judge.user = "mia";
  CHECK(ReasonOf(world.Answer(1, judge)) == Reason::kRoleForbidden);
  // A role is no membership, and to work for a member is none either.
  CHECK(ReasonOf(world.Answer(1, Person("eve"))) == Reason::kRoleForbidden);
  Principal other = world["other"];
  other.user = "ben";
  CHECK(ReasonOf(world.Answer(1, other)) == Reason::kRoleForbidden);
  // Nobody counts twice, as the agent that works for them either.
  REQUIRE(world.Answer(1, Person("ben")).ok());
  CHECK(ReasonOf(world.Answer(1, Person("ben"))) == Reason::kFailedPrecondition);
  judge.user = "ben";
  CHECK(ReasonOf(world.Answer(1, judge)) == Reason::kFailedPrecondition);
  CHECK(world.StateOf(1) == ApprovalState::kPending);
  REQUIRE(world.Answer(1, world["judge"]).ok());
  CHECK(world.StateOf(1) == ApprovalState::kApproved);
}

TEST_CASE("agents above and below each other in a delegation do not approve for each other") {
  Office world;
  world.Apply(StrCat(kPolicies, R"(policies { name: "free" subjects { agents: "boss" }
      secrets: "db/other" lease { ttl { seconds: 600 } } allow { target: "github" } })"));
  const absl::StatusOr<AcquireResult> lease =
      world.Take("boss", [](auto& r) { r.secret = MustName("db/other"); });
  REQUIRE(lease.ok());
  REQUIRE(world.Await(world.Delegate(world.DelegateOf(world["boss"], *lease, "bot"))).ok());
  world.TryTake("bot");
  world.TryTake("boss");
  CHECK(ReasonOf(world.Answer(1, world["boss"])) == Reason::kRoleForbidden);
  CHECK(ReasonOf(world.Answer(2, world["bot"])) == Reason::kRoleForbidden);
  CHECK(world.Answer(1, world["judge"]).ok());
  world.Restart();
  CHECK(ReasonOf(world.Answer(2, world["bot"])) == Reason::kRoleForbidden);
}

TEST_CASE("who left the group before answering does not count") {
  Office world;
  world.TryTake();
  world.UpdateGroup("oncall", {"judge"}, {"ben"});
  CHECK(ReasonOf(world.Answer(1, Person("mia"))) == Reason::kRoleForbidden);
  world.Delete(EntityKind::kGroup, "oncall");
  world.CreateGroup("oncall", {}, {"mia"});
  CHECK(ReasonOf(world.Answer(1, Person("mia"))) == Reason::kRoleForbidden);
}

TEST_CASE("a rejection ends a request for its time, and what was approved too") {
  Office world;
  world.TryTake();
  REQUIRE(world.Answer(1, Person("mia")).ok());
  REQUIRE(world.Answer(1, Person("ben"), false).ok());
  CHECK(world.StateOf(1) == ApprovalState::kRejected);
  CHECK(ReasonOf(world.Answer(1, Person("zoe"))) == Reason::kFailedPrecondition);
  CHECK(world.TryTake() == Reason::kPolicyDenied);
  CHECK(world.state().approvals().all().size() == 1);
  world.clock().Advance(absl::Hours(1));
  CHECK(world.TryTake() == Reason::kApprovalRequired);
  world.Approve(2);
  REQUIRE(world.TryTake() == Reason::kNone);
  REQUIRE(world.Answer(2, Person("zoe"), false).ok());
  CHECK(world.TryTake() == Reason::kPolicyDenied);
}

TEST_CASE("an approval's times are over when they say so") {
  Office world;
  world.TryTake();
  world.clock().Advance(absl::Hours(1));
  CHECK(ReasonOf(world.Answer(1, Person("mia"))) == Reason::kFailedPrecondition);
  world.TryTake();
  world.Approve(2);
  world.clock().Advance(absl::Minutes(10) - absl::Milliseconds(1));
  REQUIRE(world.TryTake() == Reason::kNone);
  world.clock().Advance(absl::Milliseconds(1));
  CHECK(world.TryTake() == Reason::kApprovalRequired);
  CHECK(world.state().approvals().all().rbegin()->first == 3);
}

TEST_CASE("holds, denies, revocations and another policy beat an approval") {
  SECTION("a revocation with its hold, and what it leaves behind") {
    Office world;
    world.TryTake();
    world.Approve(1);
    REQUIRE(world.Await(world.Revoke(AgentSelector("bot"))).ok());
    CHECK(world.TryTake() == Reason::kHeld);
    REQUIRE(world.Await(world.Resume(AgentSelector("bot"))).ok());
    CHECK(world.TryTake() == Reason::kApprovalRequired);
    CHECK(world.StateOf(1) == ApprovalState::kExpired);
  }
  SECTION("a policy that denies") {
    Office world;
    world.TryTake();
    world.Approve(1);
    world.Apply(StrCat(kPolicies, R"(policies { name: "no" effect: EFFECT_DENY
        subjects { agents: "bot" } secrets: "db/**" })"));
    CHECK(world.TryTake() == Reason::kPolicyDenied);
  }
  SECTION("a policy that is gone, and one that asks later") {
    Office world;
    world.TryTake();
    world.Approve(1);
    const AcquireResult lease = world.Take().value();
    world.Apply("");
    CHECK(world.TryTake() == Reason::kNotFoundOrForbidden);
    CHECK_FALSE(world.Await(world.Use(world.UseOf(world["bot"], lease, "github")))->allowed);
  }
  SECTION("an agent that was deleted and created anew") {
    Office world;
    world.TryTake();
    world.Approve(1);
    world.Delete(EntityKind::kAgent, "bot");
    world.CreateAgent("bot");
    AcquireRequest request = world.AcquireOf(world.IssueToken("bot"), "db/login");
    request.purpose = "the same";
    CHECK(ReasonOf(world.Await(world.Acquire(request)).status()) == Reason::kApprovalRequired);
  }
}

TEST_CASE("a lease of before its policy asked for approvers is neither used nor renewed") {
  Office world;
  world.Apply(R"(policies { name: "asked" subjects { agents: "**" } secrets: "db/**"
      lease { ttl { seconds: 60 } max_ttl { seconds: 14400 } } allow { target: "github" } })");
  const AcquireResult lease = world.Take().value();
  world.Apply(kPolicies);
  world.clock().Advance(absl::Seconds(1));
  CHECK(ReasonOf(world.Await(world.Renew(world.RenewOf(world["bot"], lease))).status()) ==
        Reason::kPolicyDenied);
  CHECK_FALSE(world.Await(world.Use(world.UseOf(world["bot"], lease, "github")))->allowed);
}

TEST_CASE("a request needs a purpose and a group, and an agent has few of them") {
  Office world;
  CHECK(world.TryTake("bot", [](auto& r) { r.purpose.clear(); }) == Reason::kInvalidArgument);
  for (size_t i = 0; i < Approvals::kStandingPerAgentMax; ++i) {
    CHECK(world.TryTake("bot", [&](auto& r) { r.workflow = MustName(StrCat("w", i)); }) ==
          Reason::kApprovalRequired);
  }
  const uint64_t last = world.state().approvals().next();
  CHECK(world.TryTake() == Reason::kRateLimited);
  CHECK(world.state().approvals().next() == last);
  CHECK(world.TryTake("other") == Reason::kApprovalRequired);
  world.Delete(EntityKind::kGroup, "oncall");
  CHECK(world.TryTake("judge") == Reason::kPolicyDenied);
}

TEST_CASE("random requests and answers agree with a naive model, across restarts") {
  struct Naive {
    std::string who;
    UnixMillis end;
    std::vector<std::string> yes;
    int used = 0;
    bool rejected = false;
  };
  for (uint32_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    Office world;
    std::mt19937 random(seed);
    const auto below = [&](uint32_t end) { return static_cast<uint32_t>(random()) % end; };
    std::vector<Naive> all;
    const std::vector<std::string> agents = {"bot", "other", "boss"};
    const std::vector<std::string> people = {"mia", "ben", "zoe", "eve"};
    for (int step = 0; step < 150; ++step) {
      const UnixMillis now = world.authority().Now();
      switch (below(8)) {
        case 0:
          world.clock().Advance(absl::Minutes(below(20)));
          break;
        case 1:
          if (below(5) == 0) {
            // From the snapshot that the end writes.
            const std::map<uint64_t, Approval> before = world.state().approvals().all();
            world.Restart();
            REQUIRE(world.state().approvals().all() == before);
            REQUIRE(world.state().approvals().next() == all.size() + 1);
          }
          break;
        case 2:
        case 3:
        case 4: {
          const std::string who = agents[below(3)];
          Naive* newest = nullptr;
          for (Naive& each : all) {
            if (each.who == who) newest = &each;
          }
          if (newest != nullptr && (now >= newest->end || newest->used == 2)) newest = nullptr;
          const bool approved = newest != nullptr && !newest->rejected && newest->yes.size() == 2;
          const Reason want = newest != nullptr && newest->rejected ? Reason::kPolicyDenied
                              : approved                            ? Reason::kNone
                                                                    : Reason::kApprovalRequired;
          REQUIRE(world.TryTake(who) == want);
          if (approved) ++newest->used;
          if (newest == nullptr) all.push_back({.who = who, .end = now + absl::Hours(1)});
          break;
        }
        default: {
          if (all.empty()) break;
          const uint64_t number = all.size() - below(std::min<uint32_t>(3, all.size()));
          Naive& request = all[number - 1];
          const std::string who = people[below(4)];
          const bool yes = below(5) != 0;
          const bool over = request.rejected || request.used == 2 || now >= request.end;
          const bool twice =
              std::find(request.yes.begin(), request.yes.end(), who) != request.yes.end();
          const Reason want = who == "eve" ? Reason::kRoleForbidden
                              : over || (yes && (request.yes.size() == 2 || twice))
                                  ? Reason::kFailedPrecondition
                                  : Reason::kNone;
          REQUIRE(ReasonOf(world.Answer(number, Person(who), yes)) == want);
          if (want != Reason::kNone) break;
          if (!yes) {
            request.rejected = true;
          } else {
            request.yes.push_back(who);
            if (request.yes.size() == 2) request.end = now + absl::Minutes(10);
          }
        }
      }
    }
    CHECK(all.size() > 3);
  }
}

}  // namespace leasehold
