#include "server/config/identity_rules.h"

#include <string>
#include <string_view>

#include "server/base/str_cat.h"
#include "server/identity/jwt/jwt_issuer.h"

namespace leasehold {
namespace {

// With its length, so that no value can look like the next line.
void Put(std::string* out, std::string_view key, std::string_view value) {
  StrAppend(out, key, " ", value.size(), " ", value, "\n");
}

}  // namespace

Hash IdentityRulesHash(const Config& config) {
  std::string text = "leasehold identity rules 1\n";
  for (const auto& [user, agent] : config.agent_socket_users) {
    Put(&text, "os_user", user);
    Put(&text, "agent", agent);
  }
  for (const std::string& user : config.adapter_socket_users) Put(&text, "adapter_os_user", user);
  Put(&text, "certificates", config.certificate_rules.CanonicalText());
  text += CanonicalText(config.jwt_issuers);
  return Sha256Of(AsBytes(text));
}

}  // namespace leasehold
