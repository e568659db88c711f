#ifndef LEASEHOLD_SERVER_CONFIG_IDENTITY_SECTION_H_
#define LEASEHOLD_SERVER_CONFIG_IDENTITY_SECTION_H_

#include "absl/status/status.h"
#include "server/config/settings.h"
#include "server/config/yaml_walk.h"

namespace leasehold {

// Reads `identity:`, the rules that say who callers are:
//
//   identity:
//     trust_domain: prod.example
//     certificates:
//     - {spiffe: "/ns/{ns}/sa/{name}", agent: "{ns}.{name}"}
//     - {dns: broker-1.prod.example, adapter: true}
//     - {subject: "CN=mia,O=Example", role: security}
//
// and what jwt_section.h describes.
absl::Status ReadIdentitySection(const YamlWalk& walk, const YAML::Node& node, Settings& settings);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_CONFIG_IDENTITY_SECTION_H_
