#ifndef LEASEHOLD_CLIENT_CLI_CHECKPOINT_STORE_H_
#define LEASEHOLD_CLIENT_CLI_CHECKPOINT_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "leasehold/v1/ledger.pb.h"
#include "server/ledger/checkpoint.h"

namespace leasehold {

// A checkpoint whose signature was checked, as it came.
struct KeptCheckpoint {
  std::string note;
  std::string verifier_key;
  Checkpoint checkpoint;
  // How the keys of its origin followed each other, as the server says; unproven.
  std::vector<v1::CheckpointKeyChange> key_changes;
};

// Checks that the key in `answer` signed its note. LEDGER_VIOLATION where it did not.
absl::StatusOr<KeptCheckpoint> CheckAnswer(const v1::Checkpoint& answer);

// Checks that `verifier_key` signed `note`. LEDGER_VIOLATION where it did not.
absl::StatusOr<KeptCheckpoint> CheckNote(const std::string& note, const std::string& verifier_key);

// The last checkpoint that this user saw of each server, as ssh keeps known hosts: a file a server
// in `folder`, named by a hash of the origin, with the verifier key in the first line and the note
// behind it. So every user of a default installation is a witness.
class CheckpointStore {
 public:
  explicit CheckpointStore(std::string folder) : folder_(std::move(folder)) {}

  // $XDG_STATE_HOME/leasehold/checkpoints, else ~/.local/state/leasehold/checkpoints.
  static std::string DefaultFolder();

  // What is kept of `origin`; nullopt where nothing is. FAILURE where the file is damaged: it may
  // be the only witness, so it is not replaced silently.
  absl::StatusOr<std::optional<KeptCheckpoint>> Load(const std::string& origin) const;

  // Compares `seen` with what is kept and keeps the newer one. LEDGER_VIOLATION, with nothing
  // changed, where the ledger became shorter, or has another root at the same size, or another key
  // signs for the same origin that the kept one did not sign for, by itself or through others. That
  // a longer ledger extends the kept one is not checked here: that takes the entries (`ledger
  // verify`).
  absl::Status Keep(const KeptCheckpoint& seen) const;

  std::string PathOf(const std::string& origin) const;

 private:
  std::string folder_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_CHECKPOINT_STORE_H_
