#ifndef LEASEHOLD_CLIENT_CLI_PASSPHRASE_INPUT_H_
#define LEASEHOLD_CLIENT_CLI_PASSPHRASE_INPUT_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/cli/arguments/command.h"
#include "server/vault/secret_bytes.h"

namespace leasehold {

class Session;

// Says where the passphrase comes from, if not from a prompt or the standard input. There is no
// flag that takes it: arguments are visible to every user of the machine.
Flag PassphraseFileFlag();

// The passphrase of the root key: from --passphrase-file, else typed on a terminal, else the
// standard input. One line end at its end is dropped.
class PassphraseInput {
 public:
  enum class Which {
    kNew,       // typed twice
    kExisting,  // typed once: a mistake shows at once
  };

  // Usage error where there is none or it is too long.
  static absl::StatusOr<SecretBytes> Read(Session& session, Which which);
  // The same in ordinary memory, for a request; the caller wipes it.
  static absl::StatusOr<std::string> ReadText(Session& session, Which which);
};

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_PASSPHRASE_INPUT_H_
