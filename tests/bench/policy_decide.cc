#include "tests/bench/policy_decide.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr std::string_view kTarget = "github";
constexpr std::string_view kWorkflow = "triage/eu";
// Between two looks at the clock.
constexpr size_t kDecisionsAtOnce = 256;
// Every so many teams have a policy that denies.
constexpr size_t kDenyEvery = 10;
// Of the queries' order: the same in each run.
constexpr uint64_t kSeed = 20'261'125;

void AllowReads(std::string_view path, v1::Policy* policy) {
  v1::AllowRule* rule = policy->add_allow();
  rule->set_target(std::string(kTarget));
  rule->set_access(v1::ACCESS_READ);
  rule->add_paths(std::string(path));
}

}  // namespace

UseQuery PolicyDecide::Asked::Query() const {
  return {.subject = {.agent = agent, .groups = groups, .workflow = kWorkflow, .secret = secret},
          .target = kTarget,
          .method = method,
          .path = path,
          .is_read = method == "GET"};
}

void PolicyDecide::AddTeam(size_t number, v1::PolicySet* set) {
  const std::string team = StrCat("team-", number);
  v1::Policy* policy = set->add_policies();
  policy->set_name(StrCat("policy-", number));
  policy->mutable_subjects()->add_groups(team);
  policy->add_workflows("triage/**");
  if (number % kDenyEvery == kDenyEvery - 1) {
    policy->set_effect(v1::EFFECT_DENY);
    policy->add_secrets(StrCat(team, "/prod/**"));
    return;
  }
  policy->add_secrets(StrCat(team, "/**"));
  AllowReads(StrCat("/repos/", team, "/**"), policy);
  if (number % 3 == 0) {
    v1::AllowRule* rule = policy->add_allow();
    rule->set_target(std::string(kTarget));
    rule->add_methods("POST");
    rule->add_paths(StrCat("/repos/", team, "/*/issues"));
  }
  if (number % 4 == 0) {
    v1::Limit* limit = policy->add_limits();
    limit->set_by(v1::Limit::BY_AGENT);
    limit->set_max(1000);
    limit->mutable_per()->set_seconds(60);
  }
  Ask(number, StrCat(team, "/github/pat"), /*alike=*/false);
}

void PolicyDecide::AddAlike(size_t number, v1::PolicySet* set) {
  v1::Policy* policy = set->add_policies();
  policy->set_name(StrCat("policy-", number));
  policy->mutable_subjects()->add_groups("staff");
  policy->add_secrets("**");
  AllowReads(StrCat("/repos/team-", number, "/**"), policy);
  Ask(number, "shared/github/pat", /*alike=*/true);
}

void PolicyDecide::Ask(size_t team, std::string_view secret, bool alike) {
  Asked asked;
  asked.agent = StrCat("bot-", team);
  asked.group_names = {StrCat("team-", team), "agents", "eu", "staff"};
  asked.secret = std::string(secret);
  asked.method = "GET";
  asked.path = StrCat("/repos/team-", team, "/api/pulls/17/files");
  asked.allowed = true;
  asked_.push_back(asked);
  asked.path = StrCat("/repos/team-", team, "/api/contents/src/main.cc");
  asked_.push_back(asked);
  asked.allowed = false;
  if (alike) {
    asked.path = "/repos/team-other/api/pulls/17/files";
  } else {
    asked.method = "DELETE";
  }
  asked_.push_back(std::move(asked));
}

absl::StatusOr<std::unique_ptr<PolicyDecide>> PolicyDecide::Create(SetShape shape,
                                                                   size_t policies) {
  std::unique_ptr<PolicyDecide> bench(new PolicyDecide);
  v1::PolicySet set;
  for (size_t i = 0; i < policies; ++i) {
    shape == SetShape::kTeams ? bench->AddTeam(i, &set) : bench->AddAlike(i, &set);
  }
  ASSIGN_OR_RETURN(bench->policies_, CompiledPolicies::Compile(set, PolicyRevision(1)));
  std::shuffle(bench->asked_.begin(), bench->asked_.end(), std::mt19937_64(kSeed));
  for (Asked& asked : bench->asked_) {
    asked.groups.assign(asked.group_names.begin(), asked.group_names.end());
    if (bench->policies_->DecideUse(asked.Query()).allowed != asked.allowed) {
      return Error(Reason::kInternal, StrCat("the wrong decision about ", asked.path));
    }
  }
  return bench;
}

absl::StatusOr<double> PolicyDecide::Measure(absl::Duration how_long) const {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  const Clock::time_point stop = start + absl::ToChronoNanoseconds(how_long);
  size_t decisions = 0;
  size_t wrong = 0;
  Clock::time_point now = start;
  for (; now < stop; now = Clock::now()) {
    for (size_t i = 0; i < kDecisionsAtOnce; ++i, ++decisions) {
      const Asked& asked = asked_[decisions % asked_.size()];
      wrong += policies_->DecideUse(asked.Query()).allowed == asked.allowed ? 0 : 1;
    }
  }
  if (wrong > 0) return Error(Reason::kInternal, "decisions about the same use differ");
  return std::chrono::duration<double, std::micro>(now - start).count() /
         static_cast<double>(decisions);
}

}  // namespace leasehold
