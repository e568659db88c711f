#ifndef LEASEHOLD_SERVER_API_METHOD_TABLE_H_
#define LEASEHOLD_SERVER_API_METHOD_TABLE_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "server/base/principal.h"

namespace leasehold {

// A set of roles.
class Roles {
 public:
  template <typename... R>
  static constexpr Roles Of(R... roles) {
    return Roles(((1u << static_cast<int>(roles)) | ... | 0u));
  }
  // Whoever calls, without a credential too: for methods whose request brings one to be checked.
  static constexpr Roles Anyone() { return Roles(~0u); }
  constexpr bool IsAnyone() const { return bits_ == ~0u; }
  constexpr bool Has(Role role) const {
    if (IsAnyone()) return true;
    return role != Role::kNone && (bits_ >> static_cast<int>(role) & 1) != 0;
  }

 private:
  constexpr explicit Roles(uint32_t bits) : bits_(bits) {}
  uint32_t bits_;
};

// Whether a method can do its work without the keys of the store. What cannot answers SEALED
// while the server is sealed.
enum class Keys { kNone, kNeeded };

// A method of the API and who may call it.
struct ApiMethod {
  std::string_view service;  // "leasehold.v1.LeaseService"
  std::string_view name;     // "AcquireLease"
  Roles roles;
  Keys keys = Keys::kNone;
};

// Every method there is; a test compares it with the descriptors.
std::span<const ApiMethod> AllApiMethods();
// The method; our code asks for those that exist, so another name stops the process.
const ApiMethod& FindApiMethod(std::string_view service, std::string_view name);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_METHOD_TABLE_H_
