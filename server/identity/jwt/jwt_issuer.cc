#include "server/identity/jwt/jwt_issuer.h"

#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// With its length, so that no value can look like the next key.
void Put(std::string* out, std::string_view key, std::string_view value) {
  StrAppend(out, key, " ", value.size(), " ", value, "\n");
}

void PutRule(std::string* out, const JwtRule& rule) {
  out->append("rule\n");
  for (const auto& [claim, pattern] : rule.when) {
    Put(out, "when", claim);
    Put(out, "matches", pattern);
  }
  Put(out, "agent", rule.agent);
  Put(out, "role", StrCat(static_cast<int>(rule.role)));
  for (const JwtGroupRule& group : rule.groups) {
    Put(out, "group_claim", group.claim);
    Put(out, "group_pattern", group.pattern);
    Put(out, "group_name", group.name);
  }
  Put(out, "on_behalf_of", rule.on_behalf_of);
}

}  // namespace

std::string CanonicalText(const std::vector<JwtIssuer>& issuers) {
  std::string out;
  for (const JwtIssuer& issuer : issuers) {
    Put(&out, "jwt_issuer", issuer.issuer);
    Put(&out, "alias", issuer.alias);
    for (const std::string& audience : issuer.audiences) Put(&out, "audience", audience);
    for (const SignatureAlgorithm algorithm : issuer.algorithms) {
      Put(&out, "algorithm", FactsOf(algorithm).name);
    }
    Put(&out, "jwks_file", issuer.jwks_file);
    Put(&out, "jwks_url", issuer.jwks_url);
    Put(&out, "ca_file", issuer.ca_file);
    for (const JwtRule& rule : issuer.rules) PutRule(&out, rule);
    Put(&out, "client_id", issuer.login.client_id);
    for (const std::string& scope : issuer.login.scopes) Put(&out, "scope", scope);
  }
  return out;
}

}  // namespace leasehold
