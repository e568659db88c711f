#ifndef LEASEHOLD_CLIENT_FILES_POLICY_WORDS_H_
#define LEASEHOLD_CLIENT_FILES_POLICY_WORDS_H_

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "client/files/yaml_fields.h"
#include "client/files/yaml_tree.h"
#include "leasehold/v1/identity.pb.h"
#include "leasehold/v1/lease.pb.h"
#include "leasehold/v1/policy.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {

// How policy and target files spell the API's enumerations; the unspecified value is said by
// leaving it out.
template <typename Enum>
struct PolicyWord {
  std::string_view text;
  Enum value;
};

inline constexpr std::array<PolicyWord<v1::Effect>, 2> kEffectWords = {
    {{"allow", v1::EFFECT_ALLOW}, {"deny", v1::EFFECT_DENY}}};
inline constexpr std::array<PolicyWord<v1::Access>, 2> kAccessWords = {
    {{"read", v1::ACCESS_READ}, {"write", v1::ACCESS_WRITE}}};
inline constexpr std::array<PolicyWord<v1::Delivery>, 2> kDeliveryWords = {
    {{"brokered", v1::DELIVERY_BROKERED}, {"revealed", v1::DELIVERY_REVEALED}}};

inline constexpr std::array<PolicyWord<v1::Binding>, 3> kBindingWords = {
    {{"identity", v1::BINDING_IDENTITY},
     {"certificate", v1::BINDING_CERTIFICATE},
     {"os_user", v1::BINDING_OS_USER}}};
inline constexpr std::array<PolicyWord<v1::Mode>, 2> kModeWords = {
    {{"enforce", v1::MODE_ENFORCE}, {"observe", v1::MODE_OBSERVE}}};
inline constexpr std::array<PolicyWord<v1::Limit::By>, 7> kLimitByWords = {
    {{"agent", v1::Limit::BY_AGENT},
     {"secret", v1::Limit::BY_SECRET},
     {"workflow", v1::Limit::BY_WORKFLOW},
     {"user", v1::Limit::BY_USER},
     {"lease", v1::Limit::BY_LEASE},
     {"target", v1::Limit::BY_TARGET},
     {"policy", v1::Limit::BY_POLICY}}};
inline constexpr std::array<PolicyWord<v1::RecordMode>, 2> kRecordWords = {
    {{"rule", v1::RECORD_MODE_RULE}, {"path", v1::RECORD_MODE_PATH}}};

// The value of the word at `key`; an absent key changes nothing.
template <typename Enum, size_t n>
absl::Status ReadWord(YamlFields* fields, std::string_view key,
                      const std::array<PolicyWord<Enum>, n>& words, Enum* out) {
  const YamlNode* node = fields->Find(key);
  if (node == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string text, YamlText(*node, key));
  std::string list;
  for (size_t i = 0; i < n; ++i) {
    if (words[i].text == text) {
      *out = words[i].value;
      return absl::OkStatus();
    }
    StrAppend(&list, i == 0 ? "" : i + 1 == n ? " or " : ", ", words[i].text);
  }
  return YamlErrorAt(*node, StrCat(key, " is ", YamlQuoted(text), "; write ", list));
}

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_FILES_POLICY_WORDS_H_
