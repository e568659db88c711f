#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/files/duration_text.h"
#include "client/files/policy_file.h"
#include "client/files/policy_words.h"
#include "client/files/proto_duration.h"
#include "leasehold/v1/policy.pb.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// Words that other readers of YAML take for something else than text.
constexpr std::array<std::string_view, 9> kTakenWords = {"null", "true", "false", "yes", "no",
                                                         "on",   "off",  "y",     "n"};

// Whether `text` needs no quotes: letters first, then what names are made of.
bool IsPlain(std::string_view text) {
  if (text.empty() || text.front() < 'a' || text.front() > 'z') return false;
  if (std::find(kTakenWords.begin(), kTakenWords.end(), text) != kTakenWords.end()) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
           c == '/';
  });
}

bool IsMethod(std::string_view text) {
  return !text.empty() && text.size() <= 16 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; }) &&
         text != "NULL" && text != "Y" && text != "N" && text != "NO" && text != "ON" &&
         text != "YES" && text != "OFF" && text != "TRUE" && text != "FALSE";
}

std::string Scalar(std::string_view text) {
  if (IsPlain(text) || IsMethod(text)) return std::string(text);
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out += kHexDigits[byte >> 4];
      out += kHexDigits[byte & 0xf];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

// Collects "key: value" pairs for one line: {a: b, c: [d]}.
class FlowMap {
 public:
  void Add(std::string_view key, std::string_view value) {
    if (!text_.empty()) text_ += ", ";
    StrAppend(&text_, key, ": ", value);
  }
  std::string Text() const { return StrCat("{", text_, "}"); }

 private:
  std::string text_;
};

std::string FlowList(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) StrAppend(&out, out.empty() ? "" : ", ", Scalar(text));
  return StrCat("[", out, "]");
}

template <typename Messages, typename Write>
std::string FlowItems(const Messages& messages, const Write& write) {
  std::string out;
  for (const auto& message : messages) StrAppend(&out, out.empty() ? "" : ", ", write(message));
  return StrCat("[", out, "]");
}

template <typename Enum, size_t n>
std::string Word(const std::array<PolicyWord<Enum>, n>& words, Enum value) {
  for (const PolicyWord<Enum>& word : words) {
    if (word.value == value) return std::string(word.text);
  }
  return StrCat(static_cast<int>(value));
}

std::string Subjects(const v1::Subjects& subjects) {
  FlowMap map;
  if (!subjects.agents().empty()) map.Add("agents", FlowList(subjects.agents()));
  if (!subjects.groups().empty()) map.Add("groups", FlowList(subjects.groups()));
  if (subjects.has_on_behalf_of()) {
    FlowMap users;
    const v1::OnBehalfOf& on_behalf_of = subjects.on_behalf_of();
    if (!on_behalf_of.users().empty()) users.Add("users", FlowList(on_behalf_of.users()));
    if (!on_behalf_of.groups().empty()) users.Add("groups", FlowList(on_behalf_of.groups()));
    map.Add("on_behalf_of", users.Text());
  }
  return map.Text();
}

std::string Window(const v1::TimeWindow& window) {
  FlowMap map;
  if (!window.days().empty()) map.Add("days", FlowList(window.days()));
  if (!window.start().empty()) map.Add("start", Scalar(window.start()));
  if (!window.end().empty()) map.Add("end", Scalar(window.end()));
  map.Add("zone", Scalar(window.zone()));
  return map.Text();
}

std::string Approval(const v1::ApprovalTerms& terms) {
  FlowMap map;
  if (terms.approvers() != 0) map.Add("approvers", StrCat(terms.approvers()));
  map.Add("group", Scalar(terms.group()));
  if (terms.has_valid_for()) {
    map.Add("valid_for", DurationText(FromProtoDuration(terms.valid_for())));
  }
  if (terms.uses() != 0) map.Add("uses", StrCat(terms.uses()));
  if (terms.has_expires()) map.Add("expires", DurationText(FromProtoDuration(terms.expires())));
  return map.Text();
}

std::string Argument(const v1::ArgumentRule& rule) {
  FlowMap map;
  if (!rule.equals().empty()) map.Add("equals", Scalar(rule.equals()));
  if (!rule.one_of().empty()) map.Add("one_of", FlowList(rule.one_of()));
  if (!rule.prefix().empty()) map.Add("prefix", Scalar(rule.prefix()));
  if (!rule.matches().empty()) map.Add("matches", Scalar(rule.matches()));
  return map.Text();
}

std::string Tool(const v1::ToolRule& tool) {
  FlowMap map;
  map.Add("name", Scalar(tool.name()));
  if (tool.args().empty()) return map.Text();
  // A protobuf map has no order of its own.
  FlowMap args;
  for (const auto& [pointer, rule] :
       std::map<std::string, v1::ArgumentRule>(tool.args().begin(), tool.args().end())) {
    args.Add(Scalar(pointer), Argument(rule));
  }
  map.Add("args", args.Text());
  return map.Text();
}

std::string Lease(const v1::LeaseTerms& lease) {
  FlowMap map;
  if (lease.has_ttl()) map.Add("ttl", DurationText(FromProtoDuration(lease.ttl())));
  if (lease.has_max_ttl()) map.Add("max_ttl", DurationText(FromProtoDuration(lease.max_ttl())));
  if (lease.delivery() != v1::DELIVERY_UNSPECIFIED) {
    map.Add("delivery", Word(kDeliveryWords, lease.delivery()));
  }
  if (lease.max_active() != 0) map.Add("max_active", StrCat(lease.max_active()));
  if (lease.binding() != v1::BINDING_UNSPECIFIED) {
    map.Add("binding", Word(kBindingWords, lease.binding()));
  }
  return map.Text();
}

std::string Rule(const v1::AllowRule& rule) {
  FlowMap map;
  map.Add("target", Scalar(rule.target()));
  if (rule.access() != v1::ACCESS_UNSPECIFIED) map.Add("access", Word(kAccessWords, rule.access()));
  if (!rule.methods().empty()) map.Add("methods", FlowList(rule.methods()));
  if (!rule.paths().empty()) map.Add("paths", FlowList(rule.paths()));
  if (!rule.tools().empty()) map.Add("tools", FlowItems(rule.tools(), Tool));
  return map.Text();
}

std::string Limit(const v1::Limit& limit) {
  FlowMap map;
  map.Add("by", Word(kLimitByWords, limit.by()));
  map.Add("max", StrCat(limit.max()));
  map.Add("per", DurationText(FromProtoDuration(limit.per())));
  return map.Text();
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  return Scalar(absl::FormatTime(
      absl::RFC3339_full, absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos()),
      absl::UTCTimeZone()));
}

void AppendPolicy(const v1::Policy& policy, std::string* out) {
  StrAppend(out, "- name: ", Scalar(policy.name()), "\n");
  if (policy.effect() != v1::EFFECT_UNSPECIFIED) {
    StrAppend(out, "  effect: ", Word(kEffectWords, policy.effect()), "\n");
  }
  if (policy.mode() != v1::MODE_UNSPECIFIED) {
    StrAppend(out, "  mode: ", Word(kModeWords, policy.mode()), "\n");
  }
  if (policy.has_observe_until()) {
    StrAppend(out, "  observe_until: ", TimeText(policy.observe_until()), "\n");
  }
  if (policy.has_subjects()) StrAppend(out, "  subjects: ", Subjects(policy.subjects()), "\n");
  if (!policy.workflows().empty()) {
    StrAppend(out, "  workflows: ", FlowList(policy.workflows()), "\n");
  }
  if (!policy.secrets().empty()) StrAppend(out, "  secrets: ", FlowList(policy.secrets()), "\n");
  if (policy.has_lease()) StrAppend(out, "  lease: ", Lease(policy.lease()), "\n");
  if (!policy.when().empty()) {
    StrAppend(out, "  when: ", FlowItems(policy.when(), Window), "\n");
  }
  if (policy.has_approval()) StrAppend(out, "  approval: ", Approval(policy.approval()), "\n");
  if (!policy.limits().empty()) {
    StrAppend(out, "  limits: ", FlowItems(policy.limits(), Limit), "\n");
  }
  if (policy.allow().empty()) return;
  *out += "  allow:\n";
  for (const v1::AllowRule& rule : policy.allow()) StrAppend(out, "  - ", Rule(rule), "\n");
}

}  // namespace

std::string DumpPolicySet(const v1::PolicySet& set) {
  std::string out = "version: 1\n";
  if (set.policies().empty()) return out + "policies: []\n";
  out += "policies:\n";
  for (const v1::Policy& policy : set.policies()) AppendPolicy(policy, &out);
  return out;
}

}  // namespace leasehold
