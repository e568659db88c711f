#ifndef LEASEHOLD_SERVER_POLICY_DECISION_H_
#define LEASEHOLD_SERVER_POLICY_DECISION_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "absl/time/time.h"
#include "server/base/crypto_bytes.h"
#include "server/base/reason.h"

namespace leasehold {

class PathPattern;
class ToolArguments;

// How a lease lets its agent use the secret; the numbers of the ledger's Delivery.
enum class Delivery { kBrokered = 1, kRevealed = 2 };

// What a lease token must be presented together with; the numbers of the ledger's Binding.
enum class Binding : uint8_t { kIdentity = 1, kCertificate = 2, kOsUser = 3 };

// Who asks and about what: the part that lease and use decisions share. Views, valid during the
// call; names are canonical.
struct DecisionSubject {
  std::string_view agent;
  std::span<const std::string_view> groups;  // names of the groups the agent belongs to now
  std::string_view workflow;
  std::string_view secret;
  std::string_view user;                               // on whose behalf; empty = nobody's
  std::span<const std::string_view> user_groups = {};  // groups that the user belongs to now
  absl::Time time = absl::UnixEpoch();                 // when: for `when` and observe_until
  // The policy whose approvers agreed to the lease; empty = none. A policy that asks for approvers
  // allows neither lease nor use without them.
  std::string_view approved_policy = {};
};

// What is counted apart by a limit; the numbers of the API's Limit.By.
enum class LimitBy : uint8_t {
  kAgent = 1,
  kSecret = 2,
  kWorkflow = 3,
  kUser = 4,
  kLease = 5,
  kTarget = 6,
  kPolicy = 7,
};

// At most `max` allowed uses in any window of `per`.
struct CompiledLimit {
  std::string policy;
  uint32_t place = 0;  // of the policy in its set
  std::string rule;    // "limits[0]"
  LimitBy by = LimitBy::kPolicy;
  uint64_t max = 0;
  absl::Duration per;
  // Before this the policy is observed: what the limit refuses is recorded and happens all the
  // same. InfinitePast where it is enforced.
  absl::Time observe_until = absl::InfinitePast();
  // SHA-256 of policy name, `by` and `per`: what is counted goes on when `max` or another part of
  // the policy changes. Distinct within a set.
  Hash key{};

  bool ObservedAt(absl::Time time) const { return time < observe_until; }
};

// Who must agree before a lease is issued.
struct CompiledApproval {
  uint32_t approvers = 1;
  std::string group;         // name, without "groups/"
  absl::Duration valid_for;  // how long leases may be taken once approved
  uint32_t uses = 1;         // how many leases it gives
  absl::Duration expires;    // how long the request waits
};

// A denial that a policy in observe mode would have given.
struct ObservedDenial {
  Reason reason = Reason::kNone;  // kNone: there is none
  std::string_view policy;        // owned by the CompiledPolicies
  std::string_view rule;          // "deny", "approval", "allow[0]"; may be empty
  bool any() const { return reason != Reason::kNone; }
};

// The outcome has three values below the API; the third, "could not decide", is an error Status
// and is never taken for "allowed".
struct LeaseDecision {
  bool allowed = false;
  Reason reason =
      Reason::kNone;  // why not: kNotFoundOrForbidden, kPolicyDenied, kDeliveryNotAllowed
  // Whether some allow policy shows this secret to this agent in this workflow. Only then may the
  // agent learn rule and reason; otherwise the one constant answer.
  bool visible = false;
  std::string_view policy;  // the one that decided; owned by the CompiledPolicies
  absl::Duration ttl;       // longest time of one issue
  absl::Duration max_ttl;   // longest life with all renewals
  uint32_t max_active = 0;  // of one agent's leases under `policy`; 0 = no limit
  Binding binding = Binding::kIdentity;
  // Where allowed: approvers that must agree first; nullptr = none, or they have (see
  // DecisionSubject.approved_policy). Owned by the CompiledPolicies.
  const CompiledApproval* approval = nullptr;
  // Where allowed: what would have refused it, was its policy enforced.
  ObservedDenial not_enforced;
};

// A path of which only a pattern is known, as the ledger may hold it. What is allowed grows with
// the rules whose paths match, so two questions say what is certain: one that takes a rule's paths
// to match wherever they may (`widest`), and one where they must match whatever the path was.
struct RecordedPath {
  const PathPattern* pattern = nullptr;
  // Whether the use was allowed, so that its path is known to be canonical.
  bool canonical = false;
  bool widest = false;
};

struct UseQuery {
  DecisionSubject subject;
  std::string_view target;  // name without "targets/"
  std::string_view method;  // capitals
  std::string_view path;    // canonical, starts with '/', without query
  bool is_read = false;     // as the target defines it; what cannot be parsed is a write
  // Name of the MCP tool that is called; empty = none. Then method and path mean nothing.
  std::string_view tool = {};
  const ToolArguments* arguments = nullptr;  // nullptr = the call has none
  const RecordedPath* recorded = nullptr;    // where set, `path` means nothing
};

// The limits that a use is counted for: of a policy of some eight, without taking memory.
using LimitList = absl::InlinedVector<const CompiledLimit*, 8>;

// The first word of a tool call's action, in the place of a method.
inline constexpr std::string_view kToolAction = "TOOL";

struct UseDecision {
  bool allowed = false;
  // The use is allowed only because the policy that denies it is in observe mode; the fields below
  // tell of that denial.
  bool not_enforced = false;
  Reason reason = Reason::kNone;  // kPolicyDenied where denied
  bool visible = false;           // as in LeaseDecision
  std::string_view policy;        // that decided; for a denial without a deny policy: the nearest
  std::string_view
      rule;  // "allow[0]"; for a denial: the rule that came nearest, "deny", "approval"
  // What the ledger records as the action: method and the rule's path pattern ("GET /repos/**"), or
  // "TOOL" and the rule's pattern of the tool, of bounded variety; for a denial the first word.
  std::string action;
  // For people, only to be shown where `visible`: "policy triage-reads-github allows reads only".
  std::string hint;
  // Where allowed: the limits of all allow policies that cover the subject, whichever rule allowed
  // the use; all hold at once. In the order of the set. Owned by the CompiledPolicies.
  LimitList limits;
};

// Whether a deny policy covers a subject.
struct DenyDecision {
  bool denied = false;
  std::string_view policy;      // the one that denies, where denied
  ObservedDenial not_enforced;  // where not denied: one in observe mode that would
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_DECISION_H_
