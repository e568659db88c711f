#ifndef LEASEHOLD_SERVER_IDENTITY_JWT_JWT_ISSUER_H_
#define LEASEHOLD_SERVER_IDENTITY_JWT_JWT_ISSUER_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "server/base/principal.h"
#include "server/identity/jwt/signature_algorithm.h"

namespace leasehold {

// How the configuration describes whom it trusts; see docs/identity.md.

// Turns claims into groups: each string of `claim` (an array, or one string) that `pattern` matches
// whole gives the group that `name` makes of the pattern's captures. Others are passed over.
struct JwtGroupRule {
  std::string claim;
  std::string pattern = "(?P<group>.*)";
  std::string name = "{group}";
};

// Whom a token stands for, where every claim in `when` matches its pattern whole.
struct JwtRule {
  // Claim and RE2 pattern. A claim that begins with '/' is a JSON pointer (RFC 6901). A truth value
  // is matched as "true" or "false".
  std::vector<std::pair<std::string, std::string>> when;
  // The agent's name with {captures} of `when`; empty where `role` is set.
  std::string agent;
  // admin, security or auditor, for people; kNone where `agent` is set.
  Role role = Role::kNone;
  std::vector<JwtGroupRule> groups;
  // The claim that names the user on whose behalf the agent acts; empty = none.
  std::string on_behalf_of;
};

// What people need to know to log in there.
struct JwtLogin {
  std::string client_id;  // empty = nobody logs in there
  std::vector<std::string> scopes = {"openid"};
};

struct JwtIssuer {
  // More are a mistaken file.
  static constexpr size_t kIssuersMax = 16;
  static constexpr size_t kRulesMax = 256;

  std::string issuer;  // exactly as `iss` has it
  // What stands for the issuer in the names of users and operators: "{alias}:{sub}". One segment of
  // a Name.
  std::string alias;
  std::vector<std::string> audiences;  // one of them must be in `aud`
  std::vector<SignatureAlgorithm> algorithms;
  // One of the two is set.
  std::string jwks_file;  // absolute
  std::string jwks_url;   // https
  std::string ca_file;    // for jwks_url, instead of the system's certificates; may be empty
  std::vector<JwtRule> rules;
  JwtLogin login;
};

// The issuers in a form that is the same for the same meaning, for the ledger's hash of the
// identity rules. How keys are fetched is a part of it.
std::string CanonicalText(const std::vector<JwtIssuer>& issuers);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_IDENTITY_JWT_JWT_ISSUER_H_
