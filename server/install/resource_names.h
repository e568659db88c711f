#ifndef LEASEHOLD_SERVER_INSTALL_RESOURCE_NAMES_H_
#define LEASEHOLD_SERVER_INSTALL_RESOURCE_NAMES_H_

#include <string>
#include <string_view>

#include "server/leases/state/state.h"

namespace leasehold {

inline constexpr std::string_view kWorkflows = "workflows/";
// Users are no resources; this tells them from what is.
inline constexpr std::string_view kUsers = "user ";

// "agents/bot", as the API and the command line name it.
std::string ResourceNameOf(const Entity& entity);
// The same of what a hold is about.
std::string ResourceNameOf(const Selector& held, const State& state);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_INSTALL_RESOURCE_NAMES_H_
