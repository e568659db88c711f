#include "server/api/checkpoint_signer.h"

#include <algorithm>
#include <memory>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/ledger/checkpoint.h"
#include "server/ledger/note.h"

namespace leasehold {

absl::StatusOr<v1::Checkpoint> SignedCheckpoint(const SealableVault& vault,
                                                const CheckpointToSign& given) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Vault> keys, vault.Open());
  const std::array<uint8_t, 32>* public_key = keys->CheckpointPublicKeyOf(given.key);
  if (public_key == nullptr) {
    return Error(Reason::kInternal,
                 StrCat("the vault lacks checkpoint key ", given.key, ", which the ledger names"));
  }
  ASSIGN_OR_RETURN(NoteVerifier key, NoteVerifier::Make(given.origin, *public_key));
  ASSIGN_OR_RETURN(std::string note,
                   SignCheckpoint({.origin = given.origin, .head = given.head}, key,
                                  [&](ByteView message) -> absl::StatusOr<Ed25519Signature> {
                                    return *keys->SignCheckpoint(given.key, message);
                                  }));
  v1::Checkpoint checkpoint;
  checkpoint.set_note(std::move(note));
  checkpoint.set_verifier_key(key.ToText());
  return checkpoint;
}

void AddKeyChanges(const State& state, v1::Checkpoint* checkpoint) {
  for (const KeyChange& change : state.keys().all()) {
    if (change.cls != KeyClass::kCheckpoint || change.index < state.epochs().back().first_index) {
      continue;
    }
    v1::CheckpointKeyChange* added = checkpoint->add_key_changes();
    added->set_number(change.number);
    added->set_public_key(change.public_key);
    added->set_signature(change.signature);
    added->set_index(change.index.value());
  }
}

absl::StatusOr<std::string> VerifierKeyText(const State& state) {
  Ed25519PublicKey key{};
  if (state.checkpoint_key().size() != key.size()) {
    return Error(Reason::kInternal, "the ledger names no key for its checkpoints");
  }
  std::copy(state.checkpoint_key().begin(), state.checkpoint_key().end(), key.begin());
  ASSIGN_OR_RETURN(const NoteVerifier verifier, NoteVerifier::Make(state.origin(), key));
  return verifier.ToText();
}

}  // namespace leasehold
