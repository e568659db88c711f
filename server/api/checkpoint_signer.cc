#include "server/api/checkpoint_signer.h"

#include "server/base/status.h"
#include "server/ledger/checkpoint.h"
#include "server/ledger/note.h"

namespace leasehold {

absl::StatusOr<v1::Checkpoint> SignedCheckpoint(const Vault& vault, const std::string& origin,
                                                const TreeHead& head) {
  ASSIGN_OR_RETURN(NoteVerifier key, NoteVerifier::Make(origin, vault.CheckpointPublicKey()));
  ASSIGN_OR_RETURN(std::string note,
                   SignCheckpoint({.origin = origin, .head = head}, key,
                                  [&](ByteView message) -> absl::StatusOr<Ed25519Signature> {
                                    return vault.SignCheckpoint(message);
                                  }));
  v1::Checkpoint checkpoint;
  checkpoint.set_note(std::move(note));
  checkpoint.set_verifier_key(key.ToText());
  return checkpoint;
}

absl::StatusOr<std::string> VerifierKeyText(const Vault& vault, const std::string& origin) {
  ASSIGN_OR_RETURN(NoteVerifier key, NoteVerifier::Make(origin, vault.CheckpointPublicKey()));
  return key.ToText();
}

}  // namespace leasehold
