// The methods of PolicyService that only answer: what a set would decide, and why.
#include <string>
#include <utility>
#include <vector>

#include "server/api/names.h"
#include "server/api/policy_service.h"
#include "server/api/request_checks.h"
#include "server/api/submit_call.h"
#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/policy/explain.h"
#include "server/policy/observe_mode.h"
#include "server/replay/replay.h"
#include "server/replay/suggest.h"

namespace leasehold {
namespace {

constexpr std::string_view kService = "leasehold.v1.PolicyService";

// What is known of those that a question names, copied out of the published state.
struct Facts {
  std::shared_ptr<const CompiledPolicies> policies;
  std::vector<std::string> groups;
  std::vector<std::string> user_groups;
  std::shared_ptr<const CompiledTarget> target;
};

// The part of a resource name behind the collection; what is none names nothing.
std::string_view IdOf(std::string_view resource) {
  return resource.substr(std::min(resource.size(), resource.find('/') + 1));
}

Facts ReadFacts(const State& state, const v1::ExplainDecisionRequest& request) {
  Facts facts{.policies = state.policies().current_ptr()};
  const EntityTable& entities = state.entities();
  if (const Entity* agent = entities.FindByName(EntityKind::kAgent, IdOf(request.agent()))) {
    const auto& names = entities.MembershipsOf(agent->uid).names;
    facts.groups.assign(names.begin(), names.end());
  }
  const TextId user = state.texts().Find(ledger::v1::TEXT_KIND_USER, request.user());
  const auto& names = entities.MembershipsOfUser(user).names;
  facts.user_groups.assign(names.begin(), names.end());
  if (const Entity* target = entities.FindByName(EntityKind::kTarget, IdOf(request.target()))) {
    facts.target = target->target;
  }
  return facts;
}

}  // namespace

grpc::Status PolicyService::ExplainDecision(grpc::ServerContext* context,
                                            const v1::ExplainDecisionRequest* request,
                                            v1::Explanation* response) {
  static const ApiMethod& method = FindApiMethod(kService, "ExplainDecision");
  return Dispatch<v1::Explanation>(context, response, gate_, method, [&](auto call) {
    ReadCall(pool_, call, [this, request] { return AnswerExplain(*request); });
  });
}

absl::StatusOr<v1::Explanation> PolicyService::AnswerExplain(
    const v1::ExplainDecisionRequest& request) const {
  if (request.has_policy_set() && request.revision() != 0) {
    return Error(Reason::kInvalidArgument, "policy_set and revision are given; one set is meant");
  }
  Facts facts = authority_.published().Read(
      [&](const PublishedState::View& view) { return ReadFacts(view.state, request); });
  const absl::Time now = authority_.Now().ToTime();
  if (request.has_policy_set()) {
    v1::PolicySet set = request.policy_set();
    RETURN_IF_ERROR(FillObserveUntil({}, now, &set));
    ASSIGN_OR_RETURN(facts.policies, CompiledPolicies::Compile(set, PolicyRevision(0)));
  } else if (request.revision() != 0) {
    v1::GetPolicySetRequest wanted;
    wanted.set_revision(request.revision());
    ASSIGN_OR_RETURN(const v1::PolicySetRevision revision, ReadSet(wanted));
    ASSIGN_OR_RETURN(
        facts.policies,
        CompiledPolicies::Compile(revision.policy_set(), PolicyRevision(revision.revision())));
  }
  const std::vector<std::string_view> groups(facts.groups.begin(), facts.groups.end());
  const std::vector<std::string_view> user_groups(facts.user_groups.begin(),
                                                  facts.user_groups.end());
  return Explain(request, {.policies = *facts.policies,
                           .groups = groups,
                           .user_groups = user_groups,
                           .target = facts.target.get(),
                           .now = now});
}

grpc::Status PolicyService::ReplayPolicies(grpc::ServerContext* context,
                                           const v1::ReplayPoliciesRequest* request,
                                           v1::ReplayPoliciesResponse* response) {
  static const ApiMethod& method = FindApiMethod(kService, "ReplayPolicies");
  return Dispatch<v1::ReplayPoliciesResponse>(context, response, gate_, method, [&](auto call) {
    if (replaying_.exchange(true)) {
      call->Finish(Error(Reason::kOverloaded, "another replay is running; retry when it is over"));
      return;
    }
    // Given back when the task ends, or is refused and destroyed.
    std::shared_ptr<void> slot(nullptr, [this](void*) { replaying_ = false; });
    ReadCall(pool_, call,
             [this, request, context, slot] { return AnswerReplay(*request, context); });
  });
}

absl::StatusOr<v1::ReplayPoliciesResponse> PolicyService::AnswerReplay(
    const v1::ReplayPoliciesRequest& request, grpc::ServerContext* context) {
  RETURN_IF_ERROR(CheckNoUnknownFields(request));
  if (!request.has_policy_set()) {
    return Error(Reason::kInvalidArgument, "policy_set is missing; it is what is proposed");
  }
  DecisionScan::Range range;
  if (request.has_start_time()) {
    ASSIGN_OR_RETURN(const UnixMillis start, FromProto(request.start_time(), "start_time"));
    range.start = start.ToTime();
  }
  if (request.has_end_time()) {
    ASSIGN_OR_RETURN(const UnixMillis end, FromProto(request.end_time(), "end_time"));
    range.end = end.ToTime();
  }
  v1::PolicySet set = request.policy_set();
  RETURN_IF_ERROR(FillObserveUntil({}, authority_.Now().ToTime(), &set));
  ASSIGN_OR_RETURN(const auto proposed, CompiledPolicies::Compile(set, PolicyRevision(0)));
  return leasehold::ReplayPolicies(store_, authority_.published(), *proposed, range,
                                   [context] { return !context->IsCancelled(); });
}

grpc::Status PolicyService::SuggestPolicy(grpc::ServerContext* context,
                                          const v1::SuggestPolicyRequest* request,
                                          v1::SuggestPolicyResponse* response) {
  static const ApiMethod& method = FindApiMethod(kService, "SuggestPolicy");
  return Dispatch<v1::SuggestPolicyResponse>(context, response, gate_, method, [&](auto call) {
    if (replaying_.exchange(true)) {
      call->Finish(Error(Reason::kOverloaded, "a replay is running; retry when it is over"));
      return;
    }
    std::shared_ptr<void> slot(nullptr, [this](void*) { replaying_ = false; });
    ReadCall(pool_, call,
             [this, request, context, slot] { return AnswerSuggest(*request, context); });
  });
}

absl::StatusOr<v1::SuggestPolicyResponse> PolicyService::AnswerSuggest(
    const v1::SuggestPolicyRequest& request, grpc::ServerContext* context) {
  RETURN_IF_ERROR(CheckNoUnknownFields(request));
  ASSIGN_OR_RETURN(const Name name, Name::ParseResource(request.agent(), "agents/"));
  absl::Time start = absl::InfinitePast();
  if (request.has_start_time()) {
    ASSIGN_OR_RETURN(const UnixMillis time, FromProto(request.start_time(), "start_time"));
    start = time.ToTime();
  }
  const auto [agent, policies] = authority_.published().Read([&](const PublishedState::View& view) {
    const Entity* entity = view.state.entities().FindByName(EntityKind::kAgent, name.value());
    return std::pair(entity == nullptr ? EntityUid() : entity->uid,
                     view.state.policies().current_ptr());
  });
  if (agent.empty()) {
    return Error(Reason::kNotFound, StrCat("there is no agent ", name.value()));
  }
  v1::PolicySetRevision sent;
  if (!policies->revision().empty()) {
    v1::GetPolicySetRequest wanted;
    wanted.set_revision(policies->revision().value());
    ASSIGN_OR_RETURN(sent, ReadSet(wanted));
  }
  return leasehold::SuggestPolicy(
      store_, authority_.published(),
      {.agent = agent, .start = start, .in_force = *policies, .sent = sent.policy_set()},
      [context] { return !context->IsCancelled(); });
}

}  // namespace leasehold
