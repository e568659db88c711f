#ifndef LEASEHOLD_CLIENT_FILES_POLICY_WORDS_H_
#define LEASEHOLD_CLIENT_FILES_POLICY_WORDS_H_

#include <array>
#include <string_view>

#include "leasehold/v1/lease.pb.h"
#include "leasehold/v1/policy.pb.h"

namespace leasehold {

// How policy files spell the API's enumerations; the unspecified value is said by leaving it out.
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

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_FILES_POLICY_WORDS_H_
