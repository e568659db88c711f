#include "client/files/target_file.h"

#include <array>
#include <unordered_set>

#include "client/files/policy_words.h"
#include "client/files/proto_duration.h"
#include "client/files/text_file.h"
#include "client/files/yaml_fields.h"
#include "client/files/yaml_message.h"
#include "client/files/yaml_tree.h"
#include "leasehold/v1/identity.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// As much as the server takes for one target.
constexpr size_t kCaBytesMax = 64 * 1024;

// What a target may say in a later version.
constexpr std::array<std::string_view, 4> kLaterInTarget = {"tools", "operations", "statements",
                                                            "client_certificate"};
constexpr std::array<std::string_view, 3> kLaterInInject = {"query", "env", "login"};

absl::Status RequireText(YamlFields* fields, std::string_view key, std::string* out) {
  ASSIGN_OR_RETURN(const YamlNode* node, fields->Require(key));
  ASSIGN_OR_RETURN(*out, YamlText(*node, key));
  return absl::OkStatus();
}

absl::Status ReadInject(const YamlNode& node, v1::Injection* out) {
  ASSIGN_OR_RETURN(YamlFields fields, YamlFields::Open(node, "inject"));
  RETURN_IF_ERROR(fields.RefuseUnenforced(kLaterInInject));
  const YamlNode* header = fields.Find("header");
  const YamlNode* value = fields.Find("template");
  const YamlNode* basic = fields.Find("basic");
  RETURN_IF_ERROR(fields.Finish());
  if (basic != nullptr) {
    if (header != nullptr || value != nullptr) {
      return YamlErrorAt(node, "inject has basic and a header; choose one");
    }
    ASSIGN_OR_RETURN(YamlFields names, YamlFields::Open(*basic, "basic"));
    v1::BasicInjection* injection = out->mutable_basic();
    RETURN_IF_ERROR(ReadText(&names, "user_field", injection->mutable_user_field()));
    RETURN_IF_ERROR(ReadText(&names, "password_field", injection->mutable_password_field()));
    return names.Finish();
  }
  if (header == nullptr || value == nullptr) {
    return YamlErrorAt(node, "inject has neither basic nor both header and template");
  }
  ASSIGN_OR_RETURN(*out->mutable_header()->mutable_name(), YamlText(*header, "header"));
  ASSIGN_OR_RETURN(*out->mutable_header()->mutable_template_(), YamlText(*value, "template"));
  return absl::OkStatus();
}

absl::Status ReadReadRule(const YamlNode& node, v1::ReadRule* out) {
  ASSIGN_OR_RETURN(YamlFields fields, YamlFields::Open(node, "read"));
  RETURN_IF_ERROR(ReadTexts(&fields, "methods", out->mutable_methods()));
  RETURN_IF_ERROR(ReadTexts(&fields, "paths", out->mutable_paths()));
  RETURN_IF_ERROR(ReadTexts(&fields, "tools", out->mutable_tools()));
  return fields.Finish();
}

absl::Status ReadCaFile(const YamlNode& node, std::string_view folder, std::string* out) {
  ASSIGN_OR_RETURN(std::string path, YamlText(node, "ca_file"));
  if (path.empty()) return YamlErrorAt(node, "ca_file is empty");
  if (path.front() != '/') path = StrCat(folder, path);
  auto pem = ReadTextFile(path, kCaBytesMax);
  if (!pem.ok()) return YamlErrorAt(node, StrCat("ca_file: ", pem.status().message()));
  *out = *std::move(pem);
  return absl::OkStatus();
}

absl::Status ReadTarget(const YamlNode& node, std::string_view folder, v1::Target* out) {
  ASSIGN_OR_RETURN(YamlFields fields, YamlFields::Open(node, "target"));
  RETURN_IF_ERROR(fields.RefuseUnenforced(kLaterInTarget));
  std::string name;
  RETURN_IF_ERROR(RequireText(&fields, "name", &name));
  out->set_name(StrCat("targets/", name));
  RETURN_IF_ERROR(ReadText(&fields, "description", out->mutable_description()));
  RETURN_IF_ERROR(RequireText(&fields, "base_url", out->mutable_base_url()));
  ASSIGN_OR_RETURN(const YamlNode* secrets, fields.Require("secrets"));
  ASSIGN_OR_RETURN(const std::vector<std::string> names, YamlTexts(*secrets, "secrets"));
  out->mutable_secrets()->Assign(names.begin(), names.end());
  ASSIGN_OR_RETURN(const YamlNode* inject, fields.Require("inject"));
  RETURN_IF_ERROR(ReadInject(*inject, out->mutable_injection()));
  if (const YamlNode* read = fields.Find("read"); read != nullptr) {
    RETURN_IF_ERROR(ReadReadRule(*read, out->mutable_read()));
  }
  RETURN_IF_ERROR(ReadTexts(&fields, "allow_cidrs", out->mutable_allow_cidrs()));
  v1::RecordMode record = v1::RECORD_MODE_UNSPECIFIED;
  RETURN_IF_ERROR(ReadWord(&fields, "record", kRecordWords, &record));
  out->set_record(record);
  if (const YamlNode* timeout = fields.Find("timeout"); timeout != nullptr) {
    ASSIGN_OR_RETURN(const absl::Duration duration, YamlDuration(*timeout, "timeout"));
    SetProtoDuration(duration, out->mutable_timeout());
  }
  const YamlNode* ca_file = fields.Find("ca_file");
  RETURN_IF_ERROR(fields.Finish());
  if (ca_file == nullptr) return absl::OkStatus();
  return ReadCaFile(*ca_file, folder, out->mutable_ca_pem());
}

absl::StatusOr<std::vector<v1::Target>> Read(std::string_view text, std::string_view folder) {
  ASSIGN_OR_RETURN(const YamlNode root, ParseYaml(text));
  if (root.kind == YamlNode::Kind::kNull) {
    return YamlErrorAt(root, "the file says nothing; it starts with targets:");
  }
  ASSIGN_OR_RETURN(YamlFields fields, YamlFields::Open(root, "the file"));
  std::string version = "1";
  RETURN_IF_ERROR(ReadText(&fields, "version", &version));
  if (version != "1") return YamlErrorAt(root, "version is not 1, which alone is known here");
  ASSIGN_OR_RETURN(const YamlNode* list, fields.Require("targets"));
  RETURN_IF_ERROR(fields.Finish());
  if (list->kind != YamlNode::Kind::kList || list->items.empty()) {
    return YamlErrorAt(*list, "targets is not a list of at least one target");
  }
  std::vector<v1::Target> targets;
  std::unordered_set<std::string> names;
  for (const YamlNode& item : list->items) {
    RETURN_IF_ERROR(ReadTarget(item, folder, &targets.emplace_back()));
    if (!names.insert(targets.back().name()).second) {
      return YamlErrorAt(item, StrCat(YamlQuoted(targets.back().name()), " stands here twice"));
    }
  }
  return targets;
}

}  // namespace

absl::StatusOr<std::vector<v1::Target>> ParseTargets(std::string_view text, std::string_view file) {
  // With the last '/', or empty.
  const std::string_view folder = file.substr(0, file.rfind('/') + 1);
  auto targets = Read(text, folder);
  RETURN_IF_ERROR(InFile(file, targets.status()));
  return targets;
}

absl::StatusOr<std::vector<v1::Target>> ReadTargetFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kYamlBytesMax));
  return ParseTargets(text, path);
}

}  // namespace leasehold
