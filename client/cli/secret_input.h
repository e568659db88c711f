#ifndef LEASEHOLD_CLIENT_CLI_SECRET_INPUT_H_
#define LEASEHOLD_CLIENT_CLI_SECRET_INPUT_H_

#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/arguments/command.h"

namespace leasehold {

class Session;
namespace v1 {
class AddVersionRequest;
}  // namespace v1

// The flags that say where values come from. There is none that takes a value itself: arguments
// are visible to every user of the machine and stay in the shell's history.
std::vector<Flag> SecretInputFlags();

// Reads the fields that these flags name into `request`: files, the standard input, or a prompt on
// a terminal. Bytes are kept as they are. Usage errors for what the server would refuse anyway
// (nothing given, an empty field, more than 64 KiB together), before anything was changed.
absl::Status ReadSecretFields(Session& session, v1::AddVersionRequest* request);

// Overwrites the values in `request`.
void WipeSecretFields(v1::AddVersionRequest* request);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_SECRET_INPUT_H_
