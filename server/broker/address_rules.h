#ifndef LEASEHOLD_SERVER_BROKER_ADDRESS_RULES_H_
#define LEASEHOLD_SERVER_BROKER_ADDRESS_RULES_H_

#include <span>
#include <string_view>

#include "server/policy/compiled_target.h"

namespace leasehold {

// Which addresses the broker connects to. A target's name comes from an operator, but what it
// resolves to comes from whoever runs the name's zone; without these rules that person could point
// the broker, and the credential, at the services of this machine or network.

// Why `address` (network order, 4 or 16 bytes) is not for the public: "a loopback address",
// "a private address", ...; empty for a public one. IPv6 forms that carry an IPv4 address are
// judged by it.
std::string_view InternalAddressKind(std::string_view address);

// Whether the broker may connect: the address is public, or one of `allowed` contains it. IPv4
// mapped into IPv6 counts as IPv4.
bool MayConnect(std::string_view address, std::span<const Cidr> allowed);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_ADDRESS_RULES_H_
