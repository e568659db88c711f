#include "server/replay/suggest.h"

#include <google/protobuf/text_format.h>

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "leasehold/v1/identity.pb.h"
#include "server/base/str_cat.h"
#include "server/replay/replay.h"
#include "tests/support/lease_world.h"

namespace leasehold {
namespace {

// A bot of the group `support`, secrets git/a and git/b, and targets that keep rules and paths.
class SuggestWorld : public LeaseWorld {
 public:
  explicit SuggestWorld(const std::string& policies) {
    CreateSecret("git/a");
    CreateSecret("git/b");
    CreateTarget("rules", {"git/**"});
    CreateRecordingTarget("paths");
    agent = CreateAgent("bot");
    CreateAgent("other");
    CreateGroup("support", {"bot", "other"});
    Put(policies);
    bot = IssueToken("bot");
  }

  void Put(const std::string& policies) {
    Apply(policies);
    REQUIRE(google::protobuf::TextFormat::ParseFromString(policies, &sent));
  }
  AcquireResult Take(const std::string& secret, const std::string& workflow = "default") {
    AcquireRequest request = AcquireOf(bot, secret);
    request.workflow = MustName(workflow);
    auto lease = Await(Acquire(request));
    INFO(lease.status().message());
    REQUIRE(lease.ok());
    return *lease;
  }
  bool Uses(const AcquireResult& lease, const std::string& target, const std::string& method,
            const std::string& path) {
    UseRequest use = UseOf(bot, lease, target);
    use.method = method;
    use.path = path;
    return Await(LeaseWorld::Use(use))->allowed;
  }
  bool Calls(const AcquireResult& lease, const std::string& target, const std::string& tool) {
    UseRequest use = UseOf(bot, lease, target);
    use.tool = tool;
    return Await(LeaseWorld::Use(use))->allowed;
  }
  v1::SuggestPolicyResponse Suggest(absl::Time start = absl::InfinitePast()) {
    auto answer = SuggestPolicy(
        store(), authority().published(),
        {.agent = agent, .start = start, .in_force = state().policies().current(), .sent = sent},
        [] { return true; });
    INFO(answer.status().message());
    REQUIRE(answer.ok());
    return *std::move(answer);
  }
  v1::ReplayPoliciesResponse Replay(const v1::PolicySet& set) {
    const auto compiled = CompiledPolicies::Compile(set, PolicyRevision(0));
    REQUIRE(compiled.ok());
    auto answer =
        ReplayPolicies(store(), authority().published(), **compiled, {}, [] { return true; });
    REQUIRE(answer.ok());
    return *std::move(answer);
  }

  EntityUid agent;
  Principal bot;
  v1::PolicySet sent;

 private:
  void CreateRecordingTarget(std::string_view name) {
    v1::Target target;
    target.set_name(StrCat("targets/", name));
    target.set_base_url("http://127.0.0.1:9");
    target.add_allow_cidrs("127.0.0.0/8");
    target.add_secrets("git/**");
    target.mutable_injection()->mutable_header()->set_name("Authorization");
    target.mutable_injection()->mutable_header()->set_template_("Bearer {value}");
    target.set_record(v1::RECORD_MODE_PATH);
    const EntityWrite write{.principal = Operator(),
                            .kind = EntityKind::kTarget,
                            .name = MustName(name),
                            .body = target.SerializeAsString()};
    REQUIRE(Await(Submit<EntityUid>(Urgency::kNormal, [write](Transaction& tx) {
              return CreateEntity(tx, write);
            })).ok());
  }
};

std::string Unused(const v1::SuggestPolicyResponse& answer) {
  std::string text;
  for (const v1::UnusedGrant& grant : answer.unused()) {
    StrAppend(&text, grant.policy(), " ", grant.key(), " ", grant.what(), "\n");
  }
  return text;
}

void CheckSet(const v1::PolicySet& set, const std::string& want) {
  v1::PolicySet expected;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(want, &expected));
  CHECK(set.DebugString() == expected.DebugString());
}

constexpr char kWide[] = R"(
    policies { name: "wide" subjects { groups: "support" } secrets: "git/**"
      lease { ttl { seconds: 600 } delivery: DELIVERY_REVEALED }
      allow { target: "rules" paths: "/r/**" paths: "/s/**" }
      allow { target: "paths" methods: "GET" methods: "PUT" }
      allow { target: "paths" tools { name: "get_*" } tools { name: "put_*" } }
      allow { target: "elsewhere" } }
    policies { name: "idle" subjects { agents: "**" } secrets: "mail/**" }
    policies { name: "not-mine" subjects { agents: "other" } secrets: "**" }
    policies { name: "never" effect: EFFECT_DENY subjects { groups: "sandbox" } secrets: "**" })";

TEST_CASE("a suggestion is what was used, by secret and workflow, and denies are kept") {
  SuggestWorld world(kWide);
  const AcquireResult a = world.Take("git/a", "triage");
  REQUIRE(world.Uses(a, "rules", "GET", "/r/1"));
  REQUIRE(world.Uses(a, "paths", "GET", "/x"));
  REQUIRE(world.Uses(a, "paths", "PUT", "/x"));
  REQUIRE(world.Uses(a, "paths", "PUT", "/y"));
  REQUIRE(world.Calls(a, "paths", "get_issue"));
  world.Take("git/b");
  const v1::SuggestPolicyResponse answer = world.Suggest();
  CheckSet(answer.policy_set(), R"(
    policies { name: "bot/wide" subjects { agents: "bot" } workflows: "triage" secrets: "git/a"
      lease { ttl { seconds: 600 } delivery: DELIVERY_BROKERED }
      allow { target: "rules" access: ACCESS_READ methods: "GET" paths: "/r/**" }
      allow { target: "paths" access: ACCESS_READ methods: "GET" paths: "/x" }
      allow { target: "paths" methods: "PUT" paths: "/x" paths: "/y" }
      allow { target: "paths" tools { name: "get_issue" } } }
    policies { name: "bot/wide-2" subjects { agents: "bot" } workflows: "default" secrets: "git/b"
      lease { ttl { seconds: 600 } delivery: DELIVERY_BROKERED } }
    policies { name: "never" effect: EFFECT_DENY subjects { groups: "sandbox" } secrets: "**" })");
  CHECK(answer.uses() == 5);
  CHECK(answer.without_path() == 1);
  CHECK(answer.left_out() == 0);
  CHECK(Unused(answer) ==
        "wide lease.delivery revealed\n"
        "wide allow[0].access writes\n"
        "wide allow[0].paths /s/**\n"
        "wide allow[2].tools put_*\n"
        "wide allow[3] target elsewhere\n"
        "idle  the whole policy\n");
  CHECK(world.Replay(answer.policy_set()).newly_denied() == 0);
}

TEST_CASE("a value that was revealed keeps its delivery, and a limit keeps its policy whole") {
  SuggestWorld world(R"(
    policies { name: "l" subjects { agents: "bot" } secrets: "git/**"
      lease { delivery: DELIVERY_REVEALED } allow { target: "rules" }
      limits { by: BY_AGENT max: 9 per { seconds: 60 } } })");
  AcquireRequest request = world.AcquireOf(world.bot, "git/a");
  request.delivery = Delivery::kRevealed;
  const auto lease = world.Await(world.Acquire(request));
  REQUIRE(lease.ok());
  REQUIRE(world.Await(world.Reveal(world.bot, *lease)).ok());
  REQUIRE(world.Uses(world.Take("git/b"), "rules", "POST", "/"));
  const v1::SuggestPolicyResponse answer = world.Suggest();
  CheckSet(answer.policy_set(), R"(
    policies { name: "bot/l" subjects { agents: "bot" } workflows: "default"
      secrets: "git/a" secrets: "git/b"
      lease { delivery: DELIVERY_REVEALED } allow { target: "rules" methods: "POST" }
      limits { by: BY_AGENT max: 9 per { seconds: 60 } } })");
  CHECK(world.Replay(answer.policy_set()).newly_denied() == 0);
}

TEST_CASE("what the set in force does not allow any more is left out") {
  SuggestWorld world(kWide);
  const AcquireResult a = world.Take("git/a");
  REQUIRE(world.Uses(a, "paths", "GET", "/x"));
  REQUIRE(world.Uses(a, "rules", "GET", "/r/1"));
  SECTION("by another set") {
    world.Put(R"(policies { name: "n" subjects { groups: "support" } secrets: "git/**"
                   allow { target: "paths" } })");
    const v1::SuggestPolicyResponse answer = world.Suggest();
    CHECK(answer.uses() == 1);
    CHECK(answer.left_out() == 1);
  }
  SECTION("by leaving a group") {
    world.UpdateGroup("support", {"other"});
    const v1::SuggestPolicyResponse answer = world.Suggest();
    CHECK(answer.policy_set().policies_size() == 1);  // the deny
    CHECK(answer.uses() == 0);
    CHECK(answer.left_out() == 2);
  }
  SECTION("and so is what is too old") {
    const v1::SuggestPolicyResponse answer =
        world.Suggest(world.clock().Now().wall + absl::Hours(1));
    CHECK(answer.policy_set().policies_size() == 1);
    CHECK(answer.left_out() == 0);
  }
}

TEST_CASE("a suggestion allows all that was used and nothing that is not in force") {
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto pick = [&random](std::initializer_list<const char*> words) {
    return std::string(words.begin()[random() % words.size()]);
  };
  std::string policies;
  for (int i = 0; i < 4; ++i) {
    StrAppend(&policies, "policies { name: 'p", i, "' subjects { ",
              pick({"agents: 'bot'", "groups: 'support'", "agents: 'b*'"}), " } secrets: '",
              i == 0 ? std::string("git/**") : pick({"git/**", "git/a", "git/b"}), "' ",
              i == 0 ? std::string() : pick({"", "workflows: 'default'", "workflows: 'ci/**'"}));
    for (int rule = 0; rule < 2; ++rule) {
      StrAppend(&policies, "allow { target: '", pick({"rules", "paths"}), "' ",
                pick({"", "access: ACCESS_READ ", "methods: 'GET' methods: 'PUT' "}),
                pick({"", "paths: '/a/**'", "paths: '/a/*'", "paths: '/a/*' paths: '/b'",
                      "paths: '/*/x'"}),
                " }");
    }
    policies += pick({" }", " limits { by: BY_AGENT max: 1000 per { seconds: 60 } } }"});
  }
  INFO(policies);
  SuggestWorld world(policies);
  const auto path = [&] {
    // So that folders are full at times, of which a rule may allow a part.
    if (random() % 2 == 0) return StrCat("/a/", random() % 20, pick({"", "", "", "/y"}));
    return pick({"/a", "/b", "/a/x", "/b/x"}) + pick({"", "", "/x", "/y"}) +
           (random() % 2 == 0 ? StrCat("/", random() % 20) : std::string());
  };
  struct Question {
    std::string secret, workflow, target, method, path;
  };
  const auto question = [&] {
    return Question{pick({"git/a", "git/b"}), pick({"default", "ci/x"}), pick({"rules", "paths"}),
                    pick({"GET", "HEAD", "PUT", "POST"}), path()};
  };
  const auto decide = [&](const CompiledPolicies& set, const Question& q) {
    const std::vector<std::string_view> groups = {"support"};
    return set
        .DecideUse({.subject = {.agent = "bot",
                                .groups = groups,
                                .workflow = q.workflow,
                                .secret = q.secret,
                                .time = world.clock().Now().wall},
                    .target = q.target,
                    .method = q.method,
                    .path = q.path,
                    .is_read = q.method == "GET" || q.method == "HEAD"})
        .allowed;
  };
  std::vector<Question> used;
  for (const auto* secret : {"git/a", "git/b"}) {
    for (const auto* workflow : {"default", "ci/x"}) {
      const AcquireResult lease = world.Take(secret, workflow);
      const int uses = static_cast<int>(random() % 80);
      for (int i = 0; i < uses; ++i) {
        Question q = question();
        q.secret = secret;
        q.workflow = workflow;
        if (world.Uses(lease, q.target, q.method, q.path)) used.push_back(q);
      }
    }
  }
  const v1::SuggestPolicyResponse answer = world.Suggest();
  INFO(answer.DebugString());
  CHECK(answer.uses() == used.size());
  CHECK(answer.left_out() == 0);
  const v1::ReplayPoliciesResponse replay = world.Replay(answer.policy_set());
  CHECK(replay.newly_denied() == 0);
  CHECK(replay.newly_allowed() == 0);
  const auto suggested = *CompiledPolicies::Compile(answer.policy_set(), PolicyRevision(0));
  const CompiledPolicies& in_force = world.state().policies().current();
  for (const Question& q : used) {
    INFO(q.secret << ' ' << q.workflow << ' ' << q.target << ' ' << q.method << ' ' << q.path);
    CHECK(decide(*suggested, q));
  }
  for (int i = 0; i < 2000; ++i) {
    const Question q = question();
    if (!decide(*suggested, q) || decide(in_force, q)) continue;
    FAIL("not in force: " << q.secret << ' ' << q.workflow << ' ' << q.target << ' ' << q.method
                          << ' ' << q.path);
  }
}

}  // namespace
}  // namespace leasehold
