#ifndef LEASEHOLD_SERVER_LEDGER_CHECKPOINT_H_
#define LEASEHOLD_SERVER_LEDGER_CHECKPOINT_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/ledger/note.h"
#include "storage/rows.h"

namespace leasehold {

// A tree head with the log it belongs to (c2sp.org/tlog-checkpoint). As text three lines: origin,
// size in decimal, root in base64; signed as a note by a key whose name is the origin.
struct Checkpoint {
  std::string origin;
  TreeHead head;
  bool operator==(const Checkpoint&) const = default;
};

// Everything here is safe from any thread.

std::string CheckpointText(const Checkpoint& checkpoint);

// INVALID_ARGUMENT for anything but what CheckpointText makes. Extension lines, which the standard
// tolerates, are refused: our logs write none, and nobody could check them.
absl::StatusOr<Checkpoint> ParseCheckpointText(std::string_view text);

// The signed note. `key` has the checkpoint's origin as its name (else INVALID_ARGUMENT).
absl::StatusOr<std::string> SignCheckpoint(const Checkpoint& checkpoint, const NoteVerifier& key,
                                           const NoteSigner& sign);

// The checkpoint in a note that `key` has signed. Errors as in OpenNote and ParseCheckpointText,
// and LEDGER_VIOLATION where the origin is not the key's name.
absl::StatusOr<Checkpoint> OpenCheckpoint(std::string_view note, const NoteVerifier& key);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_CHECKPOINT_H_
