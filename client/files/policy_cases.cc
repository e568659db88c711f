#include "client/files/policy_cases.h"

#include <array>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "client/files/policy_words.h"
#include "client/files/text_file.h"
#include "client/files/yaml_fields.h"
#include "client/files/yaml_message.h"
#include "client/files/yaml_tree.h"
#include "server/base/reason.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr std::array<PolicyWord<ExpectedOutcome>, 3> kExpectWords = {
    {{"allow", ExpectedOutcome::kAllow},
     {"deny", ExpectedOutcome::kDeny},
     {"approval", ExpectedOutcome::kApproval}}};
constexpr std::array<PolicyWord<v1::Access>, 2> kReadWords = {
    {{"true", v1::ACCESS_READ}, {"false", v1::ACCESS_WRITE}}};

// An optional name as a resource name: "bot" is "agents/bot".
absl::Status ReadName(YamlFields* fields, std::string_view key, std::string_view collection,
                      std::string* out) {
  std::string name;
  RETURN_IF_ERROR(ReadText(fields, key, &name));
  if (!name.empty()) *out = StrCat(collection, name);
  return absl::OkStatus();
}

absl::Status RequireName(YamlFields* fields, std::string_view key, std::string_view collection,
                         std::string* out) {
  RETURN_IF_ERROR(fields->Require(key).status());
  return ReadName(fields, key, collection, out);
}

absl::Status ReadTime(YamlFields* fields, v1::ExplainDecisionRequest* out) {
  const YamlNode* node = fields->Find("time");
  if (node == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string text, YamlText(*node, "time"));
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, ToAbsl(text), &time, &error)) {
    return YamlErrorAt(*node,
                       StrCat("time is ", YamlQuoted(text), "; write it as 2026-03-02T09:00:00Z"));
  }
  out->mutable_time()->set_seconds(absl::ToUnixSeconds(time));
  return absl::OkStatus();
}

absl::Status ReadWho(YamlFields* fields, v1::ExplainDecisionRequest* out) {
  RETURN_IF_ERROR(RequireName(fields, "agent", "agents/", out->mutable_agent()));
  RETURN_IF_ERROR(ReadTexts(fields, "groups", out->mutable_groups()));
  RETURN_IF_ERROR(ReadText(fields, "user", out->mutable_user()));
  RETURN_IF_ERROR(ReadTexts(fields, "user_groups", out->mutable_user_groups()));
  out->set_override_groups(out->groups_size() + out->user_groups_size() > 0);
  RETURN_IF_ERROR(ReadName(fields, "workflow", "workflows/", out->mutable_workflow()));
  return RequireName(fields, "secret", "secrets/", out->mutable_secret());
}

absl::Status ReadUse(YamlFields* fields, v1::ExplainDecisionRequest* out) {
  RETURN_IF_ERROR(ReadName(fields, "target", "targets/", out->mutable_target()));
  RETURN_IF_ERROR(ReadText(fields, "method", out->mutable_method()));
  RETURN_IF_ERROR(ReadText(fields, "path", out->mutable_path()));
  RETURN_IF_ERROR(ReadText(fields, "tool", out->mutable_tool()));
  RETURN_IF_ERROR(ReadText(fields, "args", out->mutable_arguments_json()));
  v1::Access access = v1::ACCESS_UNSPECIFIED;
  RETURN_IF_ERROR(ReadWord(fields, "read", kReadWords, &access));
  out->set_access(access);
  v1::Delivery delivery = v1::DELIVERY_UNSPECIFIED;
  RETURN_IF_ERROR(ReadWord(fields, "delivery", kDeliveryWords, &delivery));
  out->set_delivery(delivery);
  return ReadTime(fields, out);
}

absl::Status ReadExpectation(YamlFields* fields, PolicyCase* out) {
  RETURN_IF_ERROR(fields->Require("expect").status());
  RETURN_IF_ERROR(ReadWord(fields, "expect", kExpectWords, &out->expect));
  RETURN_IF_ERROR(ReadText(fields, "policy", &out->policy));
  RETURN_IF_ERROR(ReadText(fields, "rule", &out->rule));
  RETURN_IF_ERROR(ReadText(fields, "reason", &out->reason));
  // A reason that does not exist would never be met, and nobody would know why.
  if (!out->reason.empty() && !ParseReason(out->reason).has_value()) {
    return YamlErrorAt(*fields->Find("reason"),
                       StrCat("reason is ", YamlQuoted(out->reason), ", which is none"));
  }
  return absl::OkStatus();
}

absl::StatusOr<PolicyCase> ReadCase(const YamlNode& node) {
  ASSIGN_OR_RETURN(YamlFields fields, YamlFields::Open(node, "a case"));
  PolicyCase out;
  out.line = node.line;
  ASSIGN_OR_RETURN(const YamlNode* name, fields.Require("name"));
  ASSIGN_OR_RETURN(out.name, YamlText(*name, "name"));
  RETURN_IF_ERROR(ReadWho(&fields, &out.request));
  RETURN_IF_ERROR(ReadUse(&fields, &out.request));
  RETURN_IF_ERROR(ReadExpectation(&fields, &out));
  RETURN_IF_ERROR(fields.Finish());
  return out;
}

// Where `name` lies for the file of cases at `file`.
std::string Beside(std::string_view file, const std::string& name) {
  const size_t slash = file.rfind('/');
  if (name.starts_with('/') || slash == std::string_view::npos) return name;
  return StrCat(file.substr(0, slash + 1), name);
}

absl::StatusOr<PolicyCases> Read(std::string_view text, std::string_view file) {
  ASSIGN_OR_RETURN(const YamlNode root, ParseYaml(text));
  if (root.kind == YamlNode::Kind::kNull) {
    return YamlErrorAt(root, "the file says nothing; it starts with version: 1");
  }
  ASSIGN_OR_RETURN(YamlFields fields, YamlFields::Open(root, "the file"));
  ASSIGN_OR_RETURN(const YamlNode* version, fields.Require("version"));
  ASSIGN_OR_RETURN(const std::string number, YamlText(*version, "version"));
  if (number != "1") return YamlErrorAt(*version, "version is not 1, which alone is known here");
  PolicyCases out;
  if (const YamlNode* targets = fields.Find("targets"); targets != nullptr) {
    ASSIGN_OR_RETURN(const std::vector<std::string> files, YamlTexts(*targets, "targets"));
    for (const std::string& name : files) out.target_files.push_back(Beside(file, name));
  }
  ASSIGN_OR_RETURN(const YamlNode* cases, fields.Require("cases"));
  RETURN_IF_ERROR(fields.Finish());
  ASSIGN_OR_RETURN(const std::vector<YamlNode>* items,
                   YamlItems(*cases, "cases", "write one case an item"));
  if (items->empty()) return YamlErrorAt(*cases, "cases is empty, so nothing would be tested");
  for (const YamlNode& item : *items) {
    ASSIGN_OR_RETURN(PolicyCase each, ReadCase(item));
    out.cases.push_back(std::move(each));
  }
  return out;
}

}  // namespace

absl::StatusOr<PolicyCases> ParsePolicyCases(std::string_view text, std::string_view file) {
  auto cases = Read(text, file);
  RETURN_IF_ERROR(InFile(file, cases.status()));
  return cases;
}

absl::StatusOr<PolicyCases> ReadPolicyCases(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kYamlBytesMax));
  return ParsePolicyCases(text, path);
}

}  // namespace leasehold
