#ifndef LEASEHOLD_CLIENT_CLI_SELECTOR_H_
#define LEASEHOLD_CLIENT_CLI_SELECTOR_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/arguments/command.h"

namespace leasehold {

class Session;
namespace v1 {
class Selector;
}  // namespace v1

// --agent, --secret, --workflow, --all.
std::vector<Flag> SelectorFlags();

// What was selected: one selector for every combination of the flags' values, for flags of
// different kinds narrow each other (--agent a --secret s: what a has on s) and repeated ones add
// up (--agent a --agent b: two selectors); and one for every lease named. Usage error where nothing
// is selected, or --all stands with something else.
absl::StatusOr<std::vector<v1::Selector>> SelectorsTyped(Session& session);

// "agents/a with secrets/s", "leases/..", "every lease".
std::string SelectorText(const v1::Selector& selector);

// As WithNearName, for whichever name of `selector` does not exist.
absl::Status WithNearSelector(Session& session, const absl::Status& error,
                              const v1::Selector& selector);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_SELECTOR_H_
