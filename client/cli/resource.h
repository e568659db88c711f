#ifndef LEASEHOLD_CLIENT_CLI_RESOURCE_H_
#define LEASEHOLD_CLIENT_CLI_RESOURCE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace leasehold {

class Session;

// The full name of what was typed: "github/pat" and "secrets/github/pat" are both
// "secrets/github/pat". `collection` is "secrets/", "agents/", "groups/", "targets/" or
// "workflows/". A usage error where the rest is no canonical name.
absl::StatusOr<std::string> ResourceName(std::string_view collection, std::string_view typed);

// What is left without its collection, for tables: "github/pat". Texts without one stay whole.
std::string ShortName(std::string_view resource);

// "leases/{epoch}-{number}" from that or from "{epoch}-{number}".
std::string LeaseName(std::string_view typed);

// `error` where it is not a NOT_FOUND about `resource`; else the same with the name of `collection`
// that is nearest as its hint. Asks the server for the names; keeps `error` if that fails.
absl::Status WithNearName(Session& session, const absl::Status& error, std::string_view collection,
                          std::string_view resource);

// For an empty answer about `resource`: a typing error must not look like "nothing happened". A not
// found error where the server says that there is no such agent, secret or target now; OK
// otherwise, also where this caller may not ask.
absl::Status CheckExists(Session& session, std::string_view collection,
                         const std::string& resource);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_RESOURCE_H_
