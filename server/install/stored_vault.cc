#include "server/install/stored_vault.h"

#include <utility>
#include <vector>

#include "server/base/status.h"
#include "server/vault/root_key.h"

namespace leasehold {

absl::StatusOr<Vault> OpenStoredVault(const std::string& root_key_path, StoreView& view) {
  ASSIGN_OR_RETURN(const SecretBytes root, LoadRootKeyFile(root_key_path));
  ASSIGN_OR_RETURN(const Genesis genesis, view.GetGenesis());
  ASSIGN_OR_RETURN(std::vector<KeyRow> rows, view.ReadKeys());
  std::vector<KeyRecord> records;
  for (KeyRow& row : rows) {
    records.push_back({static_cast<KeyClass>(row.key_class), row.number, std::move(row.sealed)});
  }
  return Vault::Open(root, genesis.log, std::move(records));
}

}  // namespace leasehold
