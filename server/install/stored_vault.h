#ifndef LEASEHOLD_SERVER_INSTALL_STORED_VAULT_H_
#define LEASEHOLD_SERVER_INSTALL_STORED_VAULT_H_

#include <string>

#include "absl/status/statusor.h"
#include "server/vault/vault.h"
#include "storage/store.h"

namespace leasehold {

// The vault that the keys in `view` make under the root key in a file. Errors as of
// LoadRootKeyFile, Vault::Open and the view.
absl::StatusOr<Vault> OpenStoredVault(const std::string& root_key_path, StoreView& view);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_INSTALL_STORED_VAULT_H_
