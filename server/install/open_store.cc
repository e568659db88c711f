// A data folder as a server opens it.

#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/install/install.h"
#include "server/install/stored_vault.h"
#include "server/ledger/merkle_log.h"
#include "storage/sqlite/sqlite_store.h"

namespace leasehold {
namespace {

// The store compares sizes; whether a longer ledger is the same one, the tree has to say.
absl::Status CheckAnchorRoot(const Store& store, StoreView& view) {
  const std::optional<TreeHead> anchor = store.AnchorHead();
  if (!anchor.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Hash root, MerkleLog::RootAt(view, anchor->size));
  if (root == anchor->root) return absl::OkStatus();
  return Error(Reason::kStoreRolledBack,
               StrCat("the first ", anchor->size,
                      " entries of the ledger are not those that the head anchor knows: another "
                      "database was put in this one's place; use `leasehold server restore`, which "
                      "keeps old leases from coming back to life"));
}

}  // namespace

absl::StatusOr<OpenedStore> OpenServerStore(const std::string& data_dir) {
  ASSIGN_OR_RETURN(std::unique_ptr<Store> store,
                   SqliteStore::Open({.path = DatabasePath(data_dir)}));
  ASSIGN_OR_RETURN(const std::unique_ptr<StoreView> view, store->NewView());
  RETURN_IF_ERROR(CheckAnchorRoot(*store, *view));
  ASSIGN_OR_RETURN(Vault vault, OpenStoredVault(RootKeyPath(data_dir), *view));
  return OpenedStore{std::move(store), std::move(vault)};
}

}  // namespace leasehold
