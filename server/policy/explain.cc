#include "server/policy/explain.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "leasehold/v1/policy.pb.h"
#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/policy/explain_policy.h"
#include "server/policy/message_checks.h"
#include "server/policy/tool_arguments.h"

namespace leasehold {
namespace {

constexpr std::string_view kDefaultWorkflow = "default";

absl::Status Refuse(std::string_view sentence) { return Error(Reason::kInvalidArgument, sentence); }

// The request, checked; owns what the question's views point to.
struct Question {
  std::string agent;
  std::string user;
  std::string workflow{kDefaultWorkflow};
  std::string secret;
  std::string target;
  std::vector<std::string_view> groups;
  std::vector<std::string_view> user_groups;
  std::optional<ToolArguments> arguments;
  ExplainedQuestion asked;

  bool reveal() const { return asked.delivery == Delivery::kRevealed && target.empty(); }
};

absl::Status ReadNames(const v1::ExplainDecisionRequest& request, Question* out) {
  ASSIGN_OR_RETURN(const Name agent, Name::ParseResource(request.agent(), "agents/"));
  out->agent = agent.value();
  ASSIGN_OR_RETURN(const Name secret, Name::ParseResource(request.secret(), "secrets/"));
  out->secret = secret.value();
  if (!request.workflow().empty()) {
    ASSIGN_OR_RETURN(const Name workflow, Name::ParseResource(request.workflow(), "workflows/"));
    out->workflow = workflow.value();
  }
  if (!request.target().empty()) {
    ASSIGN_OR_RETURN(const Name target, Name::ParseResource(request.target(), "targets/"));
    out->target = target.value();
  }
  if (!request.user().empty()) {
    ASSIGN_OR_RETURN(const Text user, Text::Parse(request.user(), "user"));
    out->user = user.value();
  }
  return absl::OkStatus();
}

absl::Status ReadGroups(const v1::ExplainDecisionRequest& request, const ExplainWorld& world,
                        Question* out) {
  if (!request.override_groups()) {
    if (request.groups_size() + request.user_groups_size() > 0) {
      return Refuse("groups are given without override_groups, which says that they count");
    }
    out->groups.assign(world.groups.begin(), world.groups.end());
    out->user_groups.assign(world.user_groups.begin(), world.user_groups.end());
    return absl::OkStatus();
  }
  for (const std::string& group : request.groups()) {
    RETURN_IF_ERROR(Name::Parse(group, "group").status());
    out->groups.emplace_back(group);
  }
  for (const std::string& group : request.user_groups()) {
    RETURN_IF_ERROR(Name::Parse(group, "user group").status());
    out->user_groups.emplace_back(group);
  }
  return absl::OkStatus();
}

absl::Status CheckUse(const v1::ExplainDecisionRequest& request) {
  const bool http = !request.method().empty() || !request.path().empty();
  const bool tool = !request.tool().empty();
  if (request.target().empty()) {
    return http || tool || request.access() != v1::ACCESS_UNSPECIFIED
               ? Refuse("a use is described, but no target; name the target that it is made at")
               : absl::OkStatus();
  }
  if (http && tool) return Refuse("a call of a tool has neither method nor path");
  if (!tool && (request.method().empty() || request.path().empty())) {
    return Refuse("a use at a target needs method and path, or the name of a tool");
  }
  if (!tool && !request.arguments_json().empty()) {
    return Refuse("arguments_json is given without a tool");
  }
  return absl::OkStatus();
}

absl::Status ReadUse(const v1::ExplainDecisionRequest& request, const ExplainWorld& world,
                     Question* out) {
  RETURN_IF_ERROR(CheckUse(request));
  if (!request.arguments_json().empty()) {
    ASSIGN_OR_RETURN(out->arguments, ToolArguments::Parse(request.arguments_json()));
  }
  UseQuery& use = out->asked.use;
  use.target = out->target;
  use.method = request.method();
  use.path = request.path();
  use.tool = request.tool();
  if (out->arguments.has_value()) use.arguments = &*out->arguments;
  switch (request.access()) {
    case v1::ACCESS_UNSPECIFIED:
      use.is_read =
          world.target != nullptr && (use.tool.empty() ? world.target->IsRead(use.method, use.path)
                                                       : world.target->IsToolRead(use.tool));
      return absl::OkStatus();
    case v1::ACCESS_READ:
    case v1::ACCESS_WRITE:
      use.is_read = request.access() == v1::ACCESS_READ;
      return absl::OkStatus();
    default:
      return Refuse("access is not known to this version; it is read or write");
  }
}

absl::Status ReadQuestion(const v1::ExplainDecisionRequest& request, const ExplainWorld& world,
                          Question* out) {
  if (HasUnknownFields(request)) {
    return Refuse("the request has a field that is not known to this version");
  }
  RETURN_IF_ERROR(ReadNames(request, out));
  RETURN_IF_ERROR(ReadGroups(request, world, out));
  RETURN_IF_ERROR(ReadUse(request, world, out));
  DecisionSubject& subject = out->asked.use.subject;
  subject = {.agent = out->agent,
             .groups = out->groups,
             .workflow = out->workflow,
             .secret = out->secret,
             .user = out->user,
             .user_groups = out->user_groups,
             .time = world.now};
  if (request.has_time()) {
    const std::optional<absl::Time> time = ToTime(request.time());
    if (!time.has_value()) return Refuse("time is no valid time");
    subject.time = *time;
  }
  switch (request.delivery()) {
    case v1::DELIVERY_UNSPECIFIED:
    case v1::DELIVERY_BROKERED:
      return absl::OkStatus();
    case v1::DELIVERY_REVEALED:
      out->asked.delivery = Delivery::kRevealed;
      return absl::OkStatus();
    default:
      return Refuse("delivery is not known to this version; it is brokered or revealed");
  }
}

// What stands before policy at the point of use: OK, or why the target refuses.
struct TargetRefusal {
  Reason reason = Reason::kNone;
  std::string message;
};

TargetRefusal RefusalOf(const v1::ExplainDecisionRequest& request, const ExplainWorld& world,
                        const Question& question) {
  if (question.target.empty()) return {};
  if (world.target == nullptr) {
    if (request.access() != v1::ACCESS_UNSPECIFIED) return {};
    return {Reason::kTargetUnknown,
            StrCat("there is no target ", question.target, "; declare it, or say what is a read")};
  }
  if (world.target->MayInject(question.secret)) return {};
  return {Reason::kTargetSecretMismatch,
          StrCat("target ", question.target, " may not inject the secret ", question.secret)};
}

std::string_view RuleOfLease(const LeaseDecision& lease) {
  return lease.reason == Reason::kPolicyDenied ? "deny" : "lease";
}

void TellLeaseRefused(const LeaseDecision& lease, v1::Explanation* out) {
  out->set_reason(std::string(ReasonName(lease.reason)));
  out->set_policy(std::string(lease.policy));
  if (lease.reason == Reason::kNotFoundOrForbidden) {
    out->set_message("no policy allows this agent a lease on the secret in this workflow");
    return;
  }
  out->set_rule(std::string(RuleOfLease(lease)));
  out->set_message(lease.reason == Reason::kPolicyDenied
                       ? StrCat("policy ", lease.policy, " denies it")
                       : StrCat("policy ", lease.policy, " allows brokered delivery only"));
}

void TellLease(const LeaseDecision& lease, v1::Explanation* out) {
  out->set_policy(std::string(lease.policy));
  out->set_rule("lease");
  if (lease.not_enforced.any()) {
    out->set_not_enforced(true);
    out->set_reason(std::string(ReasonName(lease.not_enforced.reason)));
    out->set_policy(std::string(lease.not_enforced.policy));
    out->set_rule(std::string(lease.not_enforced.rule));
    out->set_message(
        StrCat("policy ", lease.not_enforced.policy,
               " would refuse it, and is in observe mode: it is recorded and happens"));
    return;
  }
  std::string approvers;
  if (lease.approval != nullptr) {
    approvers = StrCat(", once ", lease.approval->approvers, " of group ", lease.approval->group,
                       " have agreed");
  }
  out->set_message(StrCat("policy ", lease.policy, " allows the lease", approvers));
}

void TellUse(const UseDecision& use, v1::Explanation* out) {
  out->set_use_allowed(use.allowed);
  const bool plain = use.allowed && !use.not_enforced;
  if (plain && out->not_enforced()) return;  // what the lease met is what there is to tell
  out->set_policy(std::string(use.policy));
  out->set_rule(std::string(use.rule));
  if (plain) {
    out->set_message(
        StrCat(out->message(), "; policy ", use.policy, " allows the use by ", use.rule));
    return;
  }
  out->set_not_enforced(use.not_enforced);
  out->set_reason(std::string(ReasonName(use.reason)));
  const std::string why = use.hint.empty() ? std::string("no policy allows the use") : use.hint;
  out->set_message(
      use.not_enforced ? StrCat(why, ", and is in observe mode: it is recorded and happens") : why);
}

void TellTarget(const TargetRefusal& refusal, v1::Explanation* out) {
  out->set_use_allowed(false);
  out->set_not_enforced(false);
  out->set_reason(std::string(ReasonName(refusal.reason)));
  out->clear_policy();
  out->clear_rule();
  out->set_message(refusal.message);
}

// All policies of the set, in their order within each of: the one that decides, those that cover,
// the others.
void AddPolicies(const CompiledPolicies& policies, const ExplainedQuestion& asked,
                 v1::Explanation* out) {
  const auto all = policies.policies();
  std::vector<std::pair<int, uint32_t>> order;
  for (uint32_t i = 0; i < all.size(); ++i) {
    const int rank = all[i].name == out->policy() ? 0 : Covers(all[i], asked.use.subject) ? 1 : 2;
    order.emplace_back(rank, i);
  }
  std::sort(order.begin(), order.end());
  size_t bytes = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    if (bytes > kExplanationBytesMax) {
      out->set_policies_left_out(static_cast<uint32_t>(order.size() - i));
      return;
    }
    ExplainPolicy(all[order[i].second], asked, out->add_policies());
    bytes += out->policies(static_cast<int>(i)).ByteSizeLong();
  }
}

}  // namespace

absl::StatusOr<v1::Explanation> Explain(const v1::ExplainDecisionRequest& request,
                                        const ExplainWorld& world) {
  Question question;
  RETURN_IF_ERROR(ReadQuestion(request, world, &question));
  ExplainedQuestion& asked = question.asked;
  v1::Explanation out;
  out.set_revision(world.policies.revision().value());
  out.set_read(asked.use.is_read);
  const LeaseDecision lease = world.policies.DecideLease(asked.use.subject, asked.delivery);
  out.set_lease_allowed(lease.allowed);
  out.set_approval_required(lease.approval != nullptr);
  if (!lease.allowed) {
    TellLeaseRefused(lease, &out);
  } else {
    TellLease(lease, &out);
    // The use is one of the lease that they agreed to.
    if (lease.approval != nullptr) asked.use.subject.approved_policy = lease.policy;
    const TargetRefusal refusal = RefusalOf(request, world, question);
    if (refusal.reason != Reason::kNone) {
      TellTarget(refusal, &out);
    } else if (!question.target.empty()) {
      TellUse(world.policies.DecideUse(asked.use), &out);
    } else if (question.reveal()) {
      TellUse(world.policies.DecideReveal(asked.use.subject), &out);
    }
  }
  AddPolicies(world.policies, asked, &out);
  return out;
}

}  // namespace leasehold
