// A data folder as a server opens it.

#include <memory>
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
  return OpenServerStore(data_dir, {.path = RootKeyPath(data_dir)});
}

absl::StatusOr<OpenedStore> OpenServerStore(const std::string& data_dir,
                                            const RootKeySource& root_key) {
  ASSIGN_OR_RETURN(std::unique_ptr<Store> store,
                   SqliteStore::Open({.path = DatabasePath(data_dir)}));
  ASSIGN_OR_RETURN(const std::unique_ptr<StoreView> view, store->NewView());
  RETURN_IF_ERROR(CheckAnchorRoot(*store, *view));
  absl::StatusOr<Vault> vault = OpenStoredVault(root_key, nullptr, *view);
  if (ReasonOf(vault.status()) == Reason::kSealed) {
    return OpenedStore{std::move(store), std::make_unique<SealableVault>()};
  }
  RETURN_IF_ERROR(vault.status());
  return OpenedStore{std::move(store), std::make_unique<SealableVault>(*std::move(vault))};
}

absl::Status UnsealServerStore(Store& store, const RootKeySource& root_key,
                               const SecretBytes& passphrase, SealableVault& vault) {
  if (vault.CheckOpen().ok()) {
    return Error(Reason::kFailedPrecondition, "the server is not sealed");
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<StoreView> view, store.NewView());
  ASSIGN_OR_RETURN(Vault opened, OpenStoredVault(root_key, &passphrase, *view));
  return vault.Unseal(std::move(opened));
}

}  // namespace leasehold
