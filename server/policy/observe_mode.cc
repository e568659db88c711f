#include "server/policy/observe_mode.h"

#include <google/protobuf/util/message_differencer.h>

#include <optional>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "leasehold/v1/policy.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/policy/message_checks.h"
#include "server/policy/policy_limits.h"

namespace leasehold {
namespace {

bool SameButForTheEnd(const v1::Policy& a, v1::Policy b) {
  *b.mutable_observe_until() = a.observe_until();
  return google::protobuf::util::MessageDifferencer::Equals(a, b);
}

}  // namespace

absl::Status FillObserveUntil(const v1::PolicySet& in_force, absl::Time now, v1::PolicySet* set) {
  absl::flat_hash_map<std::string_view, const v1::Policy*> known;
  for (const v1::Policy& policy : in_force.policies()) {
    if (policy.has_observe_until()) known.emplace(policy.name(), &policy);
  }
  for (v1::Policy& policy : *set->mutable_policies()) {
    if (policy.mode() != v1::MODE_OBSERVE) continue;
    if (policy.has_observe_until()) {
      const std::optional<absl::Time> until = ToTime(policy.observe_until());
      if (!until.has_value() || *until > now + kObserveMax) {
        return Error(Reason::kInvalidArgument,
                     StrCat("policy ", policy.name(),
                            ": observe_until must be a time at most 30 days from now"));
      }
      static_assert(kObserveMax == absl::Hours(720), "the sentence above says it");
      continue;
    }
    const auto found = known.find(policy.name());
    if (found != known.end() && SameButForTheEnd(*found->second, policy)) {
      *policy.mutable_observe_until() = found->second->observe_until();
    } else {
      // Whole seconds, as files write it.
      policy.mutable_observe_until()->set_seconds(absl::ToUnixSeconds(now + kObserveMax));
    }
  }
  return absl::OkStatus();
}

}  // namespace leasehold
