#include "server/install/stored_vault.h"

#include <utility>
#include <vector>

#include "server/base/status.h"
#include "server/vault/root_key.h"

namespace leasehold {

absl::StatusOr<Vault> OpenStoredVault(const RootKeySource& root_key, const SecretBytes* passphrase,
                                      StoreView& view) {
  // A passphrase that is not needed does no harm: a backup may be older than it.
  absl::StatusOr<SecretBytes> root = LoadRootKeyFile(root_key.path, root_key.readers);
  if (ReasonOf(root.status()) == Reason::kSealed && passphrase != nullptr) {
    root = UnsealRootKeyFile(root_key.path, *passphrase, root_key.readers);
  }
  RETURN_IF_ERROR(root.status());
  ASSIGN_OR_RETURN(const Genesis genesis, view.GetGenesis());
  ASSIGN_OR_RETURN(std::vector<KeyRow> rows, view.ReadKeys());
  std::vector<KeyRecord> records;
  for (KeyRow& row : rows) {
    records.push_back({static_cast<KeyClass>(row.key_class), row.number, std::move(row.sealed)});
  }
  return Vault::Open(*root, genesis.log, std::move(records));
}

}  // namespace leasehold
