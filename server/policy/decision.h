#ifndef LEASEHOLD_SERVER_POLICY_DECISION_H_
#define LEASEHOLD_SERVER_POLICY_DECISION_H_

#include <span>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "server/base/reason.h"

namespace leasehold {

// How a lease lets its agent use the secret; the numbers of the ledger's Delivery.
enum class Delivery { kBrokered = 1, kRevealed = 2 };

// Who asks and about what: the part that lease and use decisions share. Views, valid during the
// call; names are canonical.
struct DecisionSubject {
  std::string_view agent;
  std::span<const std::string_view> groups;  // names of the groups the agent belongs to now
  std::string_view workflow;
  std::string_view secret;
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
};

struct UseQuery {
  DecisionSubject subject;
  std::string_view target;  // name without "targets/"
  std::string_view method;  // capitals
  std::string_view path;    // canonical, starts with '/', without query
  bool is_read = false;     // as the target defines it; what cannot be parsed is a write
};

struct UseDecision {
  bool allowed = false;
  Reason reason = Reason::kNone;  // kPolicyDenied where denied
  bool visible = false;           // as in LeaseDecision
  std::string_view policy;        // that decided; for a denial without a deny policy: the nearest
  std::string_view rule;          // "allow[0]"; for a denial: the rule that came nearest, or "deny"
  // What the ledger records as the action: method and the rule's path pattern ("GET /repos/**"),
  // of bounded variety; for a denial the method alone. Owned by the CompiledPolicies or static.
  std::string action;
  // For people, only to be shown where `visible`: "policy triage-reads-github allows reads only".
  std::string hint;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_DECISION_H_
