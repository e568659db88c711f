#ifndef LEASEHOLD_SERVER_IDENTITY_JWT_CLAIM_RULES_H_
#define LEASEHOLD_SERVER_IDENTITY_JWT_CLAIM_RULES_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/json.h"
#include "server/base/principal.h"
#include "server/identity/jwt/jwt_issuer.h"

namespace leasehold {

// Whom a verified token stands for: an agent, or a person with a role.
struct JwtIdentity {
  std::string agent;                // a Name; empty for people
  Role role = Role::kNone;          // of people
  std::string operator_name;        // of people: "operator:{alias}:{sub}"
  std::vector<std::string> groups;  // Names
  std::string user;                 // "{alias}:{claim}"; empty = on nobody's behalf
};

// An issuer's rules, compiled. Immutable; safe from any thread.
class ClaimRules {
 public:
  // Groups that one token can claim; more would make leases large.
  static constexpr size_t kGroupsMax = 64;

  // CONFIG_INVALID where a pattern is none, a template names no capture, or a rule says neither or
  // both of agent and role.
  static absl::StatusOr<ClaimRules> Compile(const JwtIssuer& issuer);
  ClaimRules(ClaimRules&&) noexcept;
  ClaimRules& operator=(ClaimRules&&) noexcept;
  ~ClaimRules();

  // By the first rule that matches. TOKEN_REJECTED where none does, or where what it gives is no
  // Name or Text: a later rule is not tried then.
  absl::StatusOr<JwtIdentity> Match(const JsonValue& claims) const;

 private:
  struct Rule;
  ClaimRules();

  std::string alias_;
  std::vector<std::unique_ptr<const Rule>> rules_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_IDENTITY_JWT_CLAIM_RULES_H_
