#include "server/replay/replay.h"

#include <google/protobuf/text_format.h>

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "server/base/str_cat.h"
#include "tests/support/lease_world.h"

namespace leasehold {
namespace {

constexpr char kReads[] = R"(
    policies { name: "reads" subjects { groups: "support" } secrets: "git/**"
      allow { target: "github" access: ACCESS_READ paths: "/repos/**" } })";

std::shared_ptr<const CompiledPolicies> Compiled(const std::string& text) {
  v1::PolicySet set;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &set));
  const auto compiled = CompiledPolicies::Compile(set, PolicyRevision(0));
  REQUIRE(compiled.ok());
  return *compiled;
}

// A bot of a group, a secret and a target, under kReads.
class ReplayWorld : public LeaseWorld {
 public:
  ReplayWorld() {
    CreateSecret("git/pat");
    CreateTarget("github", {"git/**"});
    CreateAgent("bot");
    CreateGroup("support", {"bot"});
    Apply(kReads);
    bot = IssueToken("bot");
    lease = *Await(Acquire(AcquireOf(bot, "git/pat")));
  }

  bool Uses(const std::string& method, const std::string& path) {
    UseRequest use = UseOf(bot, lease, "github");
    use.method = method;
    use.path = path;
    return Await(LeaseWorld::Use(use))->allowed;
  }

  v1::ReplayPoliciesResponse Replay(const std::string& set, DecisionScan::Range range = {}) {
    const auto compiled = Compiled(set);
    auto answer =
        ReplayPolicies(store(), authority().published(), *compiled, range, [] { return true; });
    INFO(answer.status().message());
    REQUIRE(answer.ok());
    CHECK(answer->decisions() == answer->unchanged() + answer->newly_denied() +
                                     answer->newly_allowed() + answer->undecidable());
    return *std::move(answer);
  }

  Principal bot;
  AcquireResult lease;
};

// unchanged, newly denied, newly allowed, undecidable
using Counts = std::vector<uint64_t>;

Counts CountsOf(const v1::ReplayPoliciesResponse& answer) {
  return {answer.unchanged(), answer.newly_denied(), answer.newly_allowed(), answer.undecidable()};
}

TEST_CASE("a set that decides as before changes nothing") {
  ReplayWorld world;
  REQUIRE(world.Uses("GET", "/repos/a"));
  REQUIRE_FALSE(world.Uses("POST", "/repos/a"));
  CHECK(CountsOf(world.Replay(kReads)) == Counts{3, 0, 0, 0});
}

TEST_CASE("a refused use, whose path is nowhere, is never said to become allowed") {
  ReplayWorld world;
  REQUIRE_FALSE(world.Uses("POST", "/repos/a"));
  REQUIRE_FALSE(world.Uses("GET", "/repos/../a"));
  CHECK(CountsOf(world.Replay("policies { name: 'all' subjects { agents: '**' } secrets: '**' "
                              "allow { target: 'github' } }")) == Counts{1, 0, 0, 2});
  CHECK(CountsOf(world.Replay("policies { name: 'gets' subjects { agents: '**' } secrets: '**' "
                              "allow { target: 'github' methods: 'GET' } }")) ==
        Counts{2, 0, 0, 1});
}

TEST_CASE("a path that is not in the ledger is decided where all paths of its pattern are alike") {
  ReplayWorld world;
  REQUIRE(world.Uses("GET", "/repos/a"));
  REQUIRE(world.Uses("HEAD", "/repos/a"));
  struct Row {
    const char* rule;
    Counts uses;  // of the two
  };
  const Row row = GENERATE(values<Row>({
      {"target: 'github'", {2, 0, 0, 0}},
      {"target: 'github' access: ACCESS_READ", {2, 0, 0, 0}},
      {"target: 'github' paths: '/repos/**'", {2, 0, 0, 0}},
      {"target: 'github' paths: '/**' methods: 'GET'", {1, 1, 0, 0}},
      {"target: 'github' paths: '/repos/a'", {0, 0, 0, 2}},
      {"target: 'github' paths: '/repos/*'", {0, 0, 0, 2}},
      {"target: 'github' paths: '/users/**'", {0, 2, 0, 0}},
      {"target: 'pages'", {0, 2, 0, 0}},
  }));
  INFO(row.rule);
  Counts counts = CountsOf(world.Replay(
      StrCat("policies { name: 'new' subjects { agents: 'bot' } secrets: '**' allow { ", row.rule,
             " } }")));
  --counts[0];  // the lease, which is issued either way
  CHECK(counts == row.uses);
}

TEST_CASE("what would change is told by agent, secret, workflow, destination and action") {
  ReplayWorld world;
  for (int i = 0; i < 3; ++i) REQUIRE(world.Uses("GET", "/repos/a"));
  const auto answer = world.Replay(
      "policies { name: 'stop' effect: EFFECT_DENY subjects { agents: 'b*' } secrets: '**' }"
      "policies { name: 'all' subjects { agents: '**' } secrets: '**' allow { target: 'github' } "
      "}");
  CHECK(CountsOf(answer) == Counts{0, 4, 0, 0});
  REQUIRE(answer.changes_size() == 2);
  const v1::ReplayChange& uses = answer.changes(0);
  CHECK(uses.agent() == "agents/bot");
  CHECK(uses.secret() == "secrets/git/pat");
  CHECK(uses.workflow() == "workflows/default");
  CHECK(uses.destination() == "targets/github");
  CHECK(uses.action() == "GET /repos/**");
  CHECK(uses.was_allowed());
  CHECK(uses.policy() == "stop");
  CHECK(uses.reason() == "POLICY_DENIED");
  CHECK(uses.count() == 3);
  CHECK(uses.first_index() < uses.last_index());
  CHECK(answer.changes(1).destination() == "acquire");
  CHECK(answer.changes(1).action() == "brokered");
}

TEST_CASE("groups count as they were at each decision") {
  ReplayWorld world;
  REQUIRE(world.Uses("GET", "/repos/a"));
  world.UpdateGroup("support", {});
  REQUIRE_FALSE(world.Uses("GET", "/repos/a"));
  world.UpdateGroup("support", {"bot"});
  REQUIRE(world.Uses("GET", "/repos/a"));
  world.Delete(EntityKind::kGroup, "support");
  REQUIRE_FALSE(world.Uses("GET", "/repos/a"));
  CHECK(CountsOf(world.Replay(kReads)) == Counts{5, 0, 0, 0});
}

TEST_CASE("what no policy refused would be refused again") {
  ReplayWorld world;
  REQUIRE(world.Await(world.Revoke(LeaseSelector(world.lease))).ok());
  REQUIRE_FALSE(world.Uses("GET", "/repos/a"));
  CHECK(CountsOf(world.Replay("policies { name: 'all' subjects { agents: '**' } secrets: '**' "
                              "allow { target: 'github' } }")) == Counts{2, 0, 0, 0});
}

TEST_CASE("only decisions of the time that is asked for are replayed") {
  ReplayWorld world;
  REQUIRE(world.Uses("GET", "/repos/a"));
  const absl::Time noon = world.clock().Now().wall;
  CHECK(world.Replay("", {.start = noon + absl::Hours(1)}).decisions() == 0);
  CHECK(world.Replay("", {.end = noon - absl::Hours(1)}).decisions() == 0);
  CHECK(world.Replay("", {.start = noon - absl::Hours(1)}).newly_denied() == 2);
}

TEST_CASE("a caller who has gone ends a replay") {
  ReplayWorld world;
  const auto answer = ReplayPolicies(world.store(), world.authority().published(), *Compiled(""),
                                     {}, [] { return false; });
  CHECK(absl::IsCancelled(answer.status()));
}

// One use that was made, with what the ledger does not hold.
struct Made {
  bool allowed;
  bool would_be;
};

TEST_CASE("a replay never claims what the real paths contradict") {
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto pick = [&random](std::initializer_list<const char*> words) {
    return std::string(words.begin()[random() % words.size()]);
  };
  ReplayWorld world;
  const std::string proposed_text = StrCat(
      "policies { name: 'new' subjects { groups: 'support' } secrets: '**' allow { target: "
      "'github' ",
      pick({"", "access: ACCESS_READ ", "methods: 'GET' "}), "paths: '",
      pick({"/**", "/repos/**", "/repos/a", "/repos/*", "/x/**"}), "' } }");
  INFO(proposed_text);
  const auto proposed = Compiled(proposed_text);
  std::vector<Made> all;
  bool member = true;
  for (int i = 0; i < 60; ++i) {
    if (random() % 10 == 0) {
      member = !member;
      world.UpdateGroup("support",
                        member ? std::vector<std::string>{"bot"} : std::vector<std::string>());
    }
    const std::string method = pick({"GET", "HEAD", "POST"});
    const std::string path = pick({"/repos/a", "/repos/a/b", "/repos", "/x/y", "/"});
    const std::vector<std::string_view> groups =
        member ? std::vector<std::string_view>{"support"} : std::vector<std::string_view>();
    const bool would_be = proposed
                              ->DecideUse({.subject = {.agent = "bot",
                                                       .groups = groups,
                                                       .workflow = "default",
                                                       .secret = "git/pat"},
                                           .target = "github",
                                           .method = method,
                                           .path = path,
                                           .is_read = method != "POST"})
                              .allowed;
    world.clock().Advance(absl::Minutes(2));  // so that no refusal is only counted
    if (member) {
      world.lease = *world.Await(world.Acquire(world.AcquireOf(world.bot, "git/pat")));
    }
    all.push_back({world.Uses(method, path), would_be});
  }
  uint64_t denied = 0;
  uint64_t allowed = 0;
  for (const Made& made : all) {
    denied += made.allowed && !made.would_be ? 1 : 0;
    allowed += !made.allowed && made.would_be ? 1 : 0;
  }
  const auto answer = world.Replay(proposed_text);
  CHECK(answer.newly_denied() <= denied);
  CHECK(answer.newly_allowed() <= allowed);
  CHECK(answer.newly_denied() + answer.newly_allowed() + answer.undecidable() >= denied + allowed);
}

}  // namespace
}  // namespace leasehold
