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

// --agent, --group, --user, --secret, --workflow: what can be held. A command may declare --all
// beside them.
std::vector<Flag> SelectorFlags();
// The same flags, where they name holds.
std::vector<Flag> HeldFlags();
// --policy, --credential, --run: what can be revoked beside that.
std::vector<Flag> MoreSelectorFlags();

// What was selected: one selector for every value of a flag (--agent a --agent b: two), for every
// combination of the values of different flags (--agent a --secret s: one, of what they have in
// common), and for every lease that is named. Usage error where nothing is selected, or where
// --all or a lease stands with something else.
absl::StatusOr<std::vector<v1::Selector>> SelectorsTyped(Session& session);

// "agents/a", "leases/...", "every lease"; "agents/a with secrets/s".
std::string SelectorText(const v1::Selector& selector);

// As WithNearName, for whichever name of `selector` does not exist.
absl::Status WithNearSelector(Session& session, const absl::Status& error,
                              const v1::Selector& selector);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_SELECTOR_H_
