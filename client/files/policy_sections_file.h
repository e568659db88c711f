#ifndef LEASEHOLD_CLIENT_FILES_POLICY_SECTIONS_FILE_H_
#define LEASEHOLD_CLIENT_FILES_POLICY_SECTIONS_FILE_H_

#include "absl/status/status.h"
#include "client/files/yaml_fields.h"
#include "client/files/yaml_tree.h"
#include "leasehold/v1/policy.pb.h"

namespace leasehold {

// The sections of a policy file that not every policy has. Each reads its keys of the map that
// `fields` or `node` is; an absent key changes nothing.

// mode, observe_until.
absl::Status ReadMode(YamlFields* fields, v1::Policy* out);
absl::Status ReadWhen(YamlFields* fields, v1::Policy* out);
absl::Status ReadApproval(YamlFields* fields, v1::Policy* out);
absl::Status ReadLimits(YamlFields* fields, v1::Policy* out);
// on_behalf_of, of subjects.
absl::Status ReadOnBehalfOf(YamlFields* fields, v1::Subjects* out);
// tools, of an item of allow.
absl::Status ReadTools(YamlFields* fields, v1::AllowRule* out);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_FILES_POLICY_SECTIONS_FILE_H_
