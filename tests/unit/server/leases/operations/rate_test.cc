#include "server/leases/operations/rate.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/support/lease_world.h"

namespace leasehold {
namespace {

// One policy for everybody, with `limits` in text format.
std::string Limited(const std::string& limits) {
  return StrCat(R"(policies { name: "all" subjects { agents: "**" } secrets: "**"
    lease { ttl { seconds: 3600 } max_ttl { seconds: 14400 } delivery: DELIVERY_REVEALED }
    allow { target: "github" } allow { target: "mailer" } )",
                limits, " }");
}

class Office : public LeaseWorld {
 public:
  Office() {
    InOneBatch([this] {
      CreateSecret("db/login");
      CreateSecret("db/other");
      CreateTarget("github", {"db/**"});
      CreateTarget("mailer", {"db/**"});
      CreateAgent("lead");
      CreateAgent("helper");
      lead = IssueToken("lead");
      helper = IssueToken("helper");
    });
  }

  AcquireResult Take(const Principal& agent, std::string_view secret = "db/login",
                     Delivery delivery = Delivery::kBrokered) {
    AcquireRequest request = AcquireOf(agent, secret);
    request.delivery = delivery;
    return *Await(Acquire(std::move(request)));
  }
  UseReply Try(const Principal& agent, const AcquireResult& lease,
               std::string_view target = "github") {
    return *Await(Use(UseOf(agent, lease, target)));
  }
  // How many uses in a row are allowed, up to 100.
  int Allowed(const Principal& agent, const AcquireResult& lease,
              std::string_view target = "github") {
    int allowed = 0;
    while (allowed < 100 && Try(agent, lease, target).allowed) ++allowed;
    return allowed;
  }

  Principal lead;
  Principal helper;
};

}  // namespace

TEST_CASE("a limit counts apart what it says") {
  struct Row {
    const char* by;
    // Left for lead's same lease after three uses of it; for another lease of its; for helper's;
    // of another secret; at another target.
    int same, lease, agent, secret, target;
  };
  const std::vector<Row> table = {
      {"BY_LEASE", 0, 3, 3, 3, 0},    {"BY_AGENT", 0, 0, 3, 0, 0}, {"BY_SECRET", 0, 0, 0, 3, 0},
      {"BY_WORKFLOW", 0, 0, 0, 0, 0}, {"BY_USER", 0, 0, 0, 0, 0},  {"BY_TARGET", 0, 0, 0, 0, 3},
      {"BY_POLICY", 0, 0, 0, 0, 0},
  };
  for (const Row& row : table) {
    CAPTURE(row.by);
    const auto left = [&](auto&& after) {
      Office world;
      world.Apply(Limited(StrCat("limits { by: ", row.by, " max: 3 per { seconds: 60 } }")));
      const AcquireResult lease = world.Take(world.lead);
      CHECK(world.Allowed(world.lead, lease) == 3);
      return after(world, lease);
    };
    CHECK(left([](Office& w, const auto& lease) { return w.Allowed(w.lead, lease); }) == row.same);
    CHECK(left([](Office& w, const auto&) { return w.Allowed(w.lead, w.Take(w.lead)); }) ==
          row.lease);
    CHECK(left([](Office& w, const auto&) { return w.Allowed(w.helper, w.Take(w.helper)); }) ==
          row.agent);
    CHECK(left([](Office& w, const auto&) {
            return w.Allowed(w.lead, w.Take(w.lead, "db/other"));
          }) == row.secret);
    CHECK(left([](Office& w, const auto& lease) { return w.Allowed(w.lead, lease, "mailer"); }) ==
          row.target);
  }
}

TEST_CASE("a refused use says which limit, and after how long it is not refused") {
  Office world;
  world.Apply(Limited(R"(limits { by: BY_AGENT max: 100 per { seconds: 3600 } }
                         limits { by: BY_SECRET max: 2 per { seconds: 60 } })"));
  const AcquireResult lease = world.Take(world.lead);
  CHECK(world.Allowed(world.lead, lease) == 2);
  const UseReply refused = world.Try(world.lead, lease);
  CHECK(refused.reason == Reason::kRateLimited);
  CHECK(refused.policy == "all");
  CHECK(refused.rule == "limits[1]");
  REQUIRE(refused.entry.has_value());
  REQUIRE(refused.retry_after.has_value());
  CHECK(*refused.retry_after == absl::Milliseconds(60'001));
  world.clock().Advance(*refused.retry_after - absl::Milliseconds(1));
  CHECK(world.Try(world.lead, lease).reason == Reason::kRateLimited);
  world.clock().Advance(absl::Milliseconds(1));
  CHECK(world.Try(world.lead, lease).allowed);
}

TEST_CASE("of many uses in one batch as many are allowed as the window has room for") {
  Office world;
  world.Apply(Limited("limits { by: BY_AGENT max: 60 per { seconds: 60 } }"));
  const AcquireResult lease = world.Take(world.lead);
  for (int i = 0; i < 59; ++i) REQUIRE(world.Try(world.lead, lease).allowed);
  std::vector<Answer<UseReply>> answers;
  for (int i = 0; i < 100; ++i) {
    answers.push_back(world.Use(world.UseOf(world.lead, lease, "github")));
  }
  REQUIRE(world.committer().Commit());
  int allowed = 0;
  for (const Answer<UseReply>& answer : answers) allowed += answer.get()->allowed ? 1 : 0;
  CHECK(allowed == 1);
}

TEST_CASE("a revealed value counts as a use") {
  Office world;
  world.Apply(Limited("limits { by: BY_AGENT max: 1 per { seconds: 60 } }"));
  const AcquireResult lease = world.Take(world.lead, "db/login", Delivery::kRevealed);
  REQUIRE(world.Await(world.Reveal(world.lead, lease)).ok());
  const absl::Status refused = world.Await(world.Reveal(world.lead, lease)).status();
  CHECK(ReasonOf(refused) == Reason::kRateLimited);
  CHECK(DetailOf(refused).retry_after == absl::Milliseconds(60'001));
}

TEST_CASE("neither a restart nor an edit of the policy forgets what was used") {
  Office world;
  world.Apply(Limited("limits { by: BY_AGENT max: 3 per { seconds: 60 } }"));
  const AcquireResult lease = world.Take(world.lead);
  CHECK(world.Allowed(world.lead, lease) == 3);
  SECTION("a clean restart") { world.Restart(); }
  SECTION("a crash") {
    world.Kill();
    REQUIRE(world.Start().ok());
  }
  SECTION("another set") {
    world.Apply(Limited(R"(limits { by: BY_SECRET max: 9 per { seconds: 9 } }
                           limits { by: BY_AGENT max: 3 per { seconds: 60 } })"));
  }
  SECTION("without the limit and with it again") {
    world.Apply(Limited(""));
    CHECK(world.Try(world.lead, lease).allowed);
    world.Apply(Limited("limits { by: BY_AGENT max: 3 per { seconds: 60 } }"));
  }
  CHECK(world.Allowed(world.lead, lease) == 0);
  world.Apply(Limited("limits { by: BY_AGENT max: 5 per { seconds: 60 } }"));
  CHECK(world.Allowed(world.lead, lease) == 2);
}

TEST_CASE("a clock that steps back gives no window anew") {
  Office world;
  world.Apply(Limited("limits { by: BY_AGENT max: 2 per { seconds: 60 } }"));
  const AcquireResult lease = world.Take(world.lead);
  CHECK(world.Allowed(world.lead, lease) == 2);
  world.clock().StepWall(-absl::Hours(2));
  CHECK(world.Allowed(world.lead, lease) == 0);
  world.Restart();
  CHECK(world.Allowed(world.lead, lease) == 0);
  world.clock().Advance(absl::Seconds(59));
  CHECK(world.Allowed(world.lead, lease) == 0);
}

TEST_CASE("a use counts for every agent and lease that it was delegated from") {
  Office world;
  world.Apply(Limited("limits { by: BY_AGENT max: 3 per { seconds: 60 } }"));
  const AcquireResult lease = world.Take(world.lead);
  const AcquireResult given =
      *world.Await(world.Delegate(world.DelegateOf(world.lead, lease, "helper")));
  REQUIRE(world.Try(world.lead, lease).allowed);
  // Two are left for both together.
  CHECK(world.Allowed(world.helper, given) == 2);
  CHECK(world.Allowed(world.lead, lease) == 0);
  // What helper used was its own, too.
  CHECK(world.Allowed(world.helper, world.Take(world.helper)) == 1);
}

TEST_CASE("what several in a chain count together is counted once") {
  Office world;
  world.Apply(Limited("limits { by: BY_SECRET max: 4 per { seconds: 60 } }"));
  const AcquireResult lease = world.Take(world.lead);
  const AcquireResult given =
      *world.Await(world.Delegate(world.DelegateOf(world.lead, lease, "helper")));
  CHECK(world.Allowed(world.helper, given) == 4);
}

TEST_CASE("a policy in observe mode records what it would refuse, and lets it go on") {
  constexpr char kAll[] = R"(policies { name: "all" subjects { agents: "**" } secrets: "**"
    lease { ttl { seconds: 3600 } } allow { target: "github" } })";
  struct Row {
    const char* why;
    const char* policy;
    Reason reason;
    const char* rule;
  };
  const std::vector<Row> table = {
      {"a limit", R"(subjects { agents: "**" } secrets: "**" allow { target: "github" }
                     limits { by: BY_AGENT max: 2 per { seconds: 60 } })",
       Reason::kRateLimited, "limits[0]"},
      {"a deny", R"(effect: EFFECT_DENY subjects { agents: "lead" } secrets: "**")",
       Reason::kPolicyDenied, "deny"},
  };
  for (const Row& row : table) {
    CAPTURE(row.why);
    Office world;
    world.Apply(kAll);
    const AcquireResult lease = world.Take(world.lead);
    world.Apply(StrCat(kAll, R"(policies { name: "trial" mode: MODE_OBSERVE
                                observe_until { seconds: 1800086400 } )",
                       row.policy, "}"));
    REQUIRE(world.authority().Now().ToTime() < absl::FromUnixSeconds(1'800'086'400));
    const bool limit = row.reason == Reason::kRateLimited;
    for (int i = 0; limit && i < 2; ++i) {
      CHECK(world.Try(world.lead, lease).observed == Reason::kNone);
    }
    for (int i = 0; i < 20; ++i) {
      const UseReply reply = world.Try(world.lead, lease);
      CHECK(reply.allowed);
      CHECK(reply.reason == Reason::kNone);
      CHECK(reply.observed == row.reason);
      CHECK(reply.policy == "trial");
      CHECK(reply.rule == row.rule);
      CHECK(reply.entry.has_value());  // each is on record: it happened
    }
    const auto lines = world.state().usage().Query({}, {});
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].counters.denied == 20);
    CHECK(lines[0].counters.not_enforced == 20);
    CHECK(lines[0].counters.allowed == (limit ? 2 : 0));
    CHECK(world.Find(lease).allowed_uses == (limit ? 22 : 20));
    // What it would have refused does not count for it, so it shows what enforcing it would do.
    world.clock().Advance(absl::Milliseconds(60'001));
    CHECK(world.Try(world.lead, lease).observed == (limit ? Reason::kNone : row.reason));
    world.Restart();
    CHECK(world.Try(world.lead, lease).observed == (limit ? Reason::kNone : row.reason));
  }
}

TEST_CASE("what a policy in observe mode refuses counts for limits that are enforced") {
  Office world;
  world.Apply(StrCat(Limited("limits { by: BY_AGENT max: 3 per { seconds: 60 } }"),
                     R"(policies { name: "trial" mode: MODE_OBSERVE effect: EFFECT_DENY
                        observe_until { seconds: 1800086400 }
                        subjects { agents: "lead" } secrets: "**" })"));
  const AcquireResult lease = world.Take(world.lead);
  CHECK(world.Allowed(world.lead, lease) == 3);
  CHECK(world.Try(world.lead, lease).reason == Reason::kRateLimited);
}

TEST_CASE("max_active holds for leases that are active") {
  Office world;
  world.Apply(R"(policies { name: "few" subjects { agents: "**" } secrets: "**"
    lease { ttl { seconds: 600 } max_active: 2 } allow { target: "github" } })");
  const auto take = [&](const Principal& agent) {
    return world.Await(world.Acquire(world.AcquireOf(agent, "db/login")));
  };
  const AcquireResult first = *take(world.lead);
  const AcquireResult second = *take(world.lead);
  const absl::Status refused = take(world.lead).status();
  CHECK(ReasonOf(refused) == Reason::kPolicyDenied);
  CHECK(refused.message().find("active") != absl::string_view::npos);
  CHECK(take(world.helper).ok());  // each agent for itself
  SECTION("one is released") { REQUIRE(world.Await(world.Release(first)).ok()); }
  SECTION("one is revoked") { REQUIRE(world.Await(world.Revoke(LeaseSelector(second))).ok()); }
  SECTION("all are revoked") {
    REQUIRE(world.Await(world.Revoke(SecretSelector("db/login"), true)).ok());
    CHECK(take(world.lead).ok());
  }
  SECTION("they expire") { world.clock().Advance(absl::Seconds(600)); }
  CHECK(take(world.lead).ok());
  world.Restart();
  if (take(world.lead).ok()) CHECK_FALSE(take(world.lead).ok());
}

TEST_CASE("many leases that are over do not hide those that are active") {
  Office world;
  const auto policy = [](int max_active) {
    return StrCat(R"(policies { name: "few" subjects { agents: "**" } secrets: "**"
      lease { ttl { seconds: 600 } max_active: )",
                  max_active, R"( } allow { target: "github" } })");
  };
  world.Apply(policy(0));
  std::vector<AcquireResult> leases;
  for (int i = 0; i < 100; ++i) leases.push_back(world.Take(world.lead));
  world.Apply(policy(10));
  // All but every 20th end, in no order.
  for (size_t i = 0; i < leases.size(); ++i) {
    const size_t place = i * 37 % leases.size();
    if (place % 20 != 0) REQUIRE(world.Await(world.Release(leases[place])).ok());
  }
  int taken = 0;
  while (world.Await(world.Acquire(world.AcquireOf(world.lead, "db/login"))).ok()) ++taken;
  CHECK(taken == 5);
}

}  // namespace leasehold
