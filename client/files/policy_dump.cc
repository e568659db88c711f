#include <algorithm>
#include <array>
#include <string>
#include <vector>

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
  return map.Text();
}

std::string Lease(const v1::LeaseTerms& lease) {
  FlowMap map;
  if (lease.has_ttl()) map.Add("ttl", DurationText(FromProtoDuration(lease.ttl())));
  if (lease.has_max_ttl()) map.Add("max_ttl", DurationText(FromProtoDuration(lease.max_ttl())));
  if (lease.delivery() != v1::DELIVERY_UNSPECIFIED) {
    map.Add("delivery", Word(kDeliveryWords, lease.delivery()));
  }
  return map.Text();
}

std::string Rule(const v1::AllowRule& rule) {
  FlowMap map;
  map.Add("target", Scalar(rule.target()));
  if (rule.access() != v1::ACCESS_UNSPECIFIED) map.Add("access", Word(kAccessWords, rule.access()));
  if (!rule.methods().empty()) map.Add("methods", FlowList(rule.methods()));
  if (!rule.paths().empty()) map.Add("paths", FlowList(rule.paths()));
  return map.Text();
}

void AppendPolicy(const v1::Policy& policy, std::string* out) {
  StrAppend(out, "- name: ", Scalar(policy.name()), "\n");
  if (policy.effect() != v1::EFFECT_UNSPECIFIED) {
    StrAppend(out, "  effect: ", Word(kEffectWords, policy.effect()), "\n");
  }
  if (policy.has_subjects()) StrAppend(out, "  subjects: ", Subjects(policy.subjects()), "\n");
  if (!policy.workflows().empty()) {
    StrAppend(out, "  workflows: ", FlowList(policy.workflows()), "\n");
  }
  if (!policy.secrets().empty()) StrAppend(out, "  secrets: ", FlowList(policy.secrets()), "\n");
  if (policy.has_lease()) StrAppend(out, "  lease: ", Lease(policy.lease()), "\n");
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
