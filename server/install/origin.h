#ifndef LEASEHOLD_SERVER_INSTALL_ORIGIN_H_
#define LEASEHOLD_SERVER_INSTALL_ORIGIN_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/base/ids.h"
#include "server/vault/vault.h"

namespace leasehold {

// The first line of a checkpoint: `{store}.leasehold/{epoch}`, the epoch as 16 hexadecimal digits.
std::string MakeOrigin(std::string_view store_name, Epoch epoch);

// The store's name in an origin. STORE_DAMAGED where it is none of ours.
absl::StatusOr<std::string> StoreNameOf(std::string_view origin);

// The text form of the key that signs the checkpoints of `origin`.
absl::StatusOr<std::string> VerifierKeyText(std::string_view origin, const Vault& vault);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_INSTALL_ORIGIN_H_
