#include "server/policy/policy_sections.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "leasehold/v1/policy.pb.h"
#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/policy/message_checks.h"
#include "server/policy/policy_limits.h"

namespace leasehold {
namespace {

absl::Status Refuse(std::string_view key, std::string_view offence) {
  return Error(Reason::kInvalidArgument, StrCat(key, " ", offence));
}

// A duration of the approval section, or `missing` where it is not set.
absl::StatusOr<absl::Duration> ApprovalTime(bool set, const google::protobuf::Duration& duration,
                                            absl::Duration missing, std::string_view key) {
  if (!set) return missing;
  const std::optional<absl::Duration> time = ToDuration(duration);
  if (!time.has_value() || *time < kApprovalTimeMin || *time > kApprovalTimeMax) {
    return Refuse(key, "must be 1m to 30d");
  }
  static_assert(kApprovalTimeMin == absl::Minutes(1) && kApprovalTimeMax == absl::Hours(720),
                "the sentence above says it");
  return *time;
}

std::optional<LimitBy> ToLimitBy(v1::Limit::By by) {
  switch (by) {
    case v1::Limit::BY_AGENT:
      return LimitBy::kAgent;
    case v1::Limit::BY_SECRET:
      return LimitBy::kSecret;
    case v1::Limit::BY_WORKFLOW:
      return LimitBy::kWorkflow;
    case v1::Limit::BY_USER:
      return LimitBy::kUser;
    case v1::Limit::BY_LEASE:
      return LimitBy::kLease;
    case v1::Limit::BY_TARGET:
      return LimitBy::kTarget;
    case v1::Limit::BY_POLICY:
      return LimitBy::kPolicy;
    default:
      return std::nullopt;
  }
}

// Names hold no line feed, so different limits never give the same bytes.
Hash LimitKey(const CompiledLimit& limit) {
  return Sha256Of(AsBytes(StrCat("limit\n", limit.policy, "\n", static_cast<int>(limit.by), "\n",
                                 absl::ToInt64Nanoseconds(limit.per))));
}

absl::StatusOr<CompiledLimit> CompileLimit(const v1::Limit& limit, int position) {
  CompiledLimit out;
  out.rule = StrCat("limits[", position, "]");
  const std::optional<LimitBy> by = ToLimitBy(limit.by());
  if (!by.has_value()) {
    return Refuse(StrCat(out.rule, ".by"),
                  "is missing or not known to this version; write agent, secret, workflow, user, "
                  "lease, target or policy");
  }
  out.by = *by;
  if (limit.max() < 1 || limit.max() > kLimitUsesMax) {
    return Refuse(StrCat(out.rule, ".max"), StrCat("must be 1 to ", kLimitUsesMax));
  }
  out.max = limit.max();
  const std::optional<absl::Duration> per = ToDuration(limit.per());
  if (!limit.has_per() || !per.has_value() || *per < kLimitPerMin || *per > kLimitPerMax) {
    return Refuse(StrCat(out.rule, ".per"), "must be 1s to 31d");
  }
  static_assert(kLimitPerMin == absl::Seconds(1) && kLimitPerMax == absl::Hours(744),
                "the sentence above says it");
  if (*per % absl::Milliseconds(1) != absl::ZeroDuration()) {
    return Refuse(StrCat(out.rule, ".per"), "has parts of a millisecond");
  }
  out.per = *per;
  return out;
}

}  // namespace

absl::Status CompileMode(const v1::Policy& policy, CompiledPolicy* out) {
  switch (policy.mode()) {
    case v1::MODE_UNSPECIFIED:
    case v1::MODE_ENFORCE:
      if (policy.has_observe_until()) {
        return Refuse("observe_until", "stands in a policy that is enforced; leave it out");
      }
      return absl::OkStatus();
    case v1::MODE_OBSERVE:
      break;
    default:
      return Refuse("mode", "is not known to this version; write enforce or observe");
  }
  if (!policy.has_observe_until()) {
    return Refuse("observe_until", "is missing; a policy is observed for a time only");
  }
  const std::optional<absl::Time> until = ToTime(policy.observe_until());
  if (!until.has_value()) return Refuse("observe_until", "is no time");
  out->observe_until = *until;
  return absl::OkStatus();
}

absl::Status CompileWhen(const v1::Policy& policy, SetBudget* budget, CompiledPolicy* out) {
  const auto count = static_cast<size_t>(policy.when_size());
  if (count > kWindowsPerPolicyMax) {
    return Refuse(
        "when", StrCat("has ", count, " windows; at most ", kWindowsPerPolicyMax, " are allowed"));
  }
  budget->entries += count;
  for (int i = 0; i < policy.when_size(); ++i) {
    ASSIGN_OR_RETURN(TimeWindow window,
                     TimeWindow::Compile(policy.when(i), StrCat("when[", i, "]")));
    out->when.push_back(window);
  }
  return absl::OkStatus();
}

absl::Status CompileApproval(const v1::Policy& policy, CompiledPolicy* out) {
  if (!policy.has_approval()) return absl::OkStatus();
  const v1::ApprovalTerms& terms = policy.approval();
  if (out->delivery == Delivery::kRevealed) {
    return Refuse("approval",
                  "stands beside lease.delivery revealed, and what is revealed cannot be taken "
                  "back; write brokered, or leave approval out");
  }
  CompiledApproval approval;
  if (terms.approvers() > kApproversMax) {
    return Refuse("approval.approvers", StrCat("must be 1 to ", kApproversMax));
  }
  approval.approvers = std::max(terms.approvers(), 1U);
  if (terms.group().empty()) {
    return Refuse("approval.group", "is missing; name the group that approvers come from");
  }
  ASSIGN_OR_RETURN(const Name group, Name::Parse(terms.group(), "approval.group"));
  approval.group = group.value();
  ASSIGN_OR_RETURN(approval.valid_for, ApprovalTime(terms.has_valid_for(), terms.valid_for(),
                                                    kApprovalValidDefault, "approval.valid_for"));
  ASSIGN_OR_RETURN(approval.expires, ApprovalTime(terms.has_expires(), terms.expires(),
                                                  kApprovalExpiresDefault, "approval.expires"));
  if (terms.uses() > kApprovalUsesMax) {
    return Refuse("approval.uses", StrCat("must be 1 to ", kApprovalUsesMax));
  }
  approval.uses = std::max(terms.uses(), 1U);
  out->approval = std::move(approval);
  return absl::OkStatus();
}

absl::Status CompileLimits(const v1::Policy& policy, int position, SetBudget* budget,
                           CompiledPolicy* out) {
  const auto count = static_cast<size_t>(policy.limits_size());
  if (count > kLimitsPerPolicyMax) {
    return Refuse("limits",
                  StrCat("has ", count, " limits; at most ", kLimitsPerPolicyMax, " are allowed"));
  }
  budget->entries += count;
  for (int i = 0; i < policy.limits_size(); ++i) {
    ASSIGN_OR_RETURN(CompiledLimit limit, CompileLimit(policy.limits(i), i));
    limit.policy = out->name;
    limit.place = static_cast<uint32_t>(position);
    limit.observe_until = out->observe_until;
    limit.key = LimitKey(limit);
    for (const CompiledLimit& other : out->limits) {
      if (other.key == limit.key) {
        return Refuse(limit.rule, StrCat("counts the same as ", other.rule, "; write one of them"));
      }
    }
    out->limits.push_back(std::move(limit));
  }
  return absl::OkStatus();
}

}  // namespace leasehold
