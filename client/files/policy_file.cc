#include "client/files/policy_file.h"

#include <array>
#include <cstdint>
#include <limits>

#include "client/files/policy_places.h"
#include "client/files/policy_sections_file.h"
#include "client/files/policy_words.h"
#include "client/files/text_file.h"
#include "client/files/yaml_fields.h"
#include "client/files/yaml_message.h"
#include "client/files/yaml_tree.h"
#include "leasehold/v1/policy.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// Sections of the policy language that come with a later version.
constexpr std::array<std::string_view, 3> kLaterInLease = {"max_uses", "networks", "use_limit"};
constexpr std::array<std::string_view, 2> kLaterInRule = {"operations", "statements"};
constexpr uint64_t kCountMax = std::numeric_limits<uint32_t>::max();

absl::Status ReadSubjects(const YamlNode& node, v1::Subjects* out) {
  ASSIGN_OR_RETURN(YamlFields fields, YamlFields::Open(node, "subjects"));
  RETURN_IF_ERROR(ReadTexts(&fields, "agents", out->mutable_agents()));
  RETURN_IF_ERROR(ReadTexts(&fields, "groups", out->mutable_groups()));
  RETURN_IF_ERROR(ReadOnBehalfOf(&fields, out));
  return fields.Finish();
}

absl::Status ReadLease(const YamlNode& node, v1::LeaseTerms* out) {
  ASSIGN_OR_RETURN(YamlFields fields, YamlFields::Open(node, "lease"));
  RETURN_IF_ERROR(fields.RefuseUnenforced(kLaterInLease));
  RETURN_IF_ERROR(ReadDuration(&fields, "ttl", [out] { return out->mutable_ttl(); }));
  RETURN_IF_ERROR(ReadDuration(&fields, "max_ttl", [out] { return out->mutable_max_ttl(); }));
  v1::Delivery delivery = v1::DELIVERY_UNSPECIFIED;
  RETURN_IF_ERROR(ReadWord(&fields, "delivery", kDeliveryWords, &delivery));
  out->set_delivery(delivery);
  uint64_t max_active = 0;
  RETURN_IF_ERROR(ReadCount(&fields, "max_active", kCountMax, &max_active));
  out->set_max_active(static_cast<uint32_t>(max_active));
  v1::Binding binding = v1::BINDING_UNSPECIFIED;
  RETURN_IF_ERROR(ReadWord(&fields, "binding", kBindingWords, &binding));
  out->set_binding(binding);
  return fields.Finish();
}

absl::Status ReadRule(const YamlNode& node, v1::AllowRule* out) {
  ASSIGN_OR_RETURN(YamlFields fields, YamlFields::Open(node, "an item of allow"));
  RETURN_IF_ERROR(fields.RefuseUnenforced(kLaterInRule));
  ASSIGN_OR_RETURN(const YamlNode* target, fields.Require("target"));
  ASSIGN_OR_RETURN(*out->mutable_target(), YamlText(*target, "target"));
  v1::Access access = v1::ACCESS_UNSPECIFIED;
  RETURN_IF_ERROR(ReadWord(&fields, "access", kAccessWords, &access));
  out->set_access(access);
  RETURN_IF_ERROR(ReadTexts(&fields, "methods", out->mutable_methods()));
  RETURN_IF_ERROR(ReadTexts(&fields, "paths", out->mutable_paths()));
  RETURN_IF_ERROR(ReadTools(&fields, out));
  return fields.Finish();
}

absl::Status ReadPolicy(const YamlNode& node, v1::Policy* out) {
  ASSIGN_OR_RETURN(YamlFields fields, YamlFields::Open(node, "policy"));
  ASSIGN_OR_RETURN(const YamlNode* name, fields.Require("name"));
  ASSIGN_OR_RETURN(*out->mutable_name(), YamlText(*name, "name"));
  RETURN_IF_ERROR(ReadMode(&fields, out));
  v1::Effect effect = v1::EFFECT_UNSPECIFIED;
  RETURN_IF_ERROR(ReadWord(&fields, "effect", kEffectWords, &effect));
  out->set_effect(effect);
  ASSIGN_OR_RETURN(const YamlNode* subjects, fields.Require("subjects"));
  RETURN_IF_ERROR(ReadSubjects(*subjects, out->mutable_subjects()));
  RETURN_IF_ERROR(ReadTexts(&fields, "workflows", out->mutable_workflows()));
  ASSIGN_OR_RETURN(const YamlNode* secrets, fields.Require("secrets"));
  ASSIGN_OR_RETURN(const std::vector<std::string> names, YamlTexts(*secrets, "secrets"));
  out->mutable_secrets()->Assign(names.begin(), names.end());
  if (const YamlNode* lease = fields.Find("lease"); lease != nullptr) {
    RETURN_IF_ERROR(ReadLease(*lease, out->mutable_lease()));
  }
  RETURN_IF_ERROR(
      ReadItems(&fields, "allow", "write one rule an item",
                [out](const YamlNode& item) { return ReadRule(item, out->add_allow()); }));
  RETURN_IF_ERROR(ReadWhen(&fields, out));
  RETURN_IF_ERROR(ReadApproval(&fields, out));
  RETURN_IF_ERROR(ReadLimits(&fields, out));
  return fields.Finish();
}

absl::StatusOr<v1::PolicySet> Read(std::string_view text, std::string_view file,
                                   PolicyPlaces* places) {
  ASSIGN_OR_RETURN(const YamlNode root, ParseYaml(text));
  if (root.kind == YamlNode::Kind::kNull) {
    return YamlErrorAt(root, "the file says nothing; it starts with version: 1");
  }
  ASSIGN_OR_RETURN(YamlFields fields, YamlFields::Open(root, "the file"));
  ASSIGN_OR_RETURN(const YamlNode* version, fields.Require("version"));
  ASSIGN_OR_RETURN(const std::string number, YamlText(*version, "version"));
  if (number != "1") return YamlErrorAt(*version, "version is not 1, which alone is known here");
  ASSIGN_OR_RETURN(const YamlNode* policies, fields.Require("policies"));
  RETURN_IF_ERROR(fields.Finish());
  if (policies->kind != YamlNode::Kind::kList) {
    return YamlErrorAt(*policies, "policies is not a list; write [] for none");
  }
  v1::PolicySet set;
  for (const YamlNode& item : policies->items) {
    RETURN_IF_ERROR(ReadPolicy(item, set.add_policies()));
    if (places != nullptr) places->Add(file, item);
  }
  return set;
}

}  // namespace

absl::StatusOr<v1::PolicySet> ParsePolicies(std::string_view text, std::string_view file,
                                            PolicyPlaces* places) {
  auto set = Read(text, file, places);
  RETURN_IF_ERROR(InFile(file, set.status()));
  return set;
}

absl::StatusOr<v1::PolicySet> ReadPolicyFile(const std::string& path, PolicyPlaces* places) {
  ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kYamlBytesMax));
  return ParsePolicies(text, path, places);
}

}  // namespace leasehold
