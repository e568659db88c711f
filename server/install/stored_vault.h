#ifndef LEASEHOLD_SERVER_INSTALL_STORED_VAULT_H_
#define LEASEHOLD_SERVER_INSTALL_STORED_VAULT_H_

#include "absl/status/statusor.h"
#include "server/install/install.h"
#include "server/vault/vault.h"
#include "storage/store.h"

namespace leasehold {

// The vault that the keys in `view` make under the root key in a file, with the passphrase of that
// file or nullptr. Errors as of LoadRootKeyFile, UnsealRootKeyFile, Vault::Open and the view.
absl::StatusOr<Vault> OpenStoredVault(const RootKeySource& root_key, const SecretBytes* passphrase,
                                      StoreView& view);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_INSTALL_STORED_VAULT_H_
