#ifndef LEASEHOLD_SERVER_CONFIG_JWT_SECTION_H_
#define LEASEHOLD_SERVER_CONFIG_JWT_SECTION_H_

#include "absl/status/status.h"
#include "server/config/config.h"
#include "server/config/settings.h"
#include "server/config/yaml_walk.h"

namespace leasehold {

// Reads `jwt:` of `identity:`, the issuers whose JSON Web Tokens count:
//
//   jwt:
//   - issuer: https://token.actions.githubusercontent.com
//     alias: github
//     audiences: [leasehold]
//     algorithms: [RS256]
//     jwks_url: https://token.actions.githubusercontent.com/.well-known/jwks
//     rules:
//     - when: {repository: "acme/(?P<repo>.+)", ref: refs/heads/main}
//       agent: "ci-{repo}"
//       on_behalf_of: actor
//     login: {client_id: leasehold-cli, scopes: [openid, groups]}
//
// What stands there is checked by CheckJwtIssuers.
absl::Status ReadJwtSection(const YamlWalk& walk, const YAML::Node& node, Settings& settings);

// Puts the issuers and how long sessions last into `config`, if they make sense: CONFIG_INVALID
// with the place of the issuer that does not.
absl::Status CheckJwtIssuers(const Settings& settings, Config& config);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_CONFIG_JWT_SECTION_H_
