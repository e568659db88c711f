#ifndef LEASEHOLD_SERVER_API_CHECKPOINT_SIGNER_H_
#define LEASEHOLD_SERVER_API_CHECKPOINT_SIGNER_H_

#include <string>

#include "absl/status/statusor.h"
#include "leasehold/v1/ledger.pb.h"
#include "server/vault/vault.h"
#include "storage/rows.h"

namespace leasehold {

// `head` of the log `origin`, signed by the vault's checkpoint key. Safe from any thread; some tens
// of microseconds.
absl::StatusOr<v1::Checkpoint> SignedCheckpoint(const Vault& vault, const std::string& origin,
                                                const TreeHead& head);

// Who checks such a signature needs this; the note format's text form.
absl::StatusOr<std::string> VerifierKeyText(const Vault& vault, const std::string& origin);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_CHECKPOINT_SIGNER_H_
