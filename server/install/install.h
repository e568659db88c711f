#ifndef LEASEHOLD_SERVER_INSTALL_INSTALL_H_
#define LEASEHOLD_SERVER_INSTALL_INSTALL_H_

// The life of a data folder: made, opened by a server, restored from a backup. In the folder lie
// `leasehold.db` (with what SqliteOptions says lies beside it) and `root.key`. Nothing here runs
// while another thread uses the same folder; a server that has it open is found by its lock.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/base/ids.h"
#include "server/vault/root_key.h"
#include "server/vault/sealable_vault.h"
#include "storage/store.h"

namespace leasehold {

// Where things lie in a data folder.
std::string DatabasePath(const std::string& data_dir);
std::string RootKeyPath(const std::string& data_dir);

struct InitOptions {
  std::string data_dir;
  // One segment of a Name, stands in the checkpoints' origin. Empty: the host's name, or
  // "leasehold" where that makes no segment.
  std::string store_name;
  const Clock& clock;
  // Where the root key is to be under a passphrase.
  const SecretBytes* passphrase = nullptr;
};

struct InitReport {
  std::string data_dir;
  std::string database;
  // To be kept apart from backups of the database: both together are every secret, and without this
  // file a backup is none.
  std::string root_key;
  std::string origin;
  // By which others check signed checkpoints.
  std::string verifier_key;
};

// Makes a data folder (mode 0700) with a new root key and an empty store. A folder that is there
// already is taken where nobody else may enter it, or nothing is in it. ALREADY_EXISTS where there
// is a store or a root key; INVALID_ARGUMENT for a store name that is none and for a passphrase
// that is too short; FAILED_PRECONDITION, IO for a folder that cannot be used. After an error
// nothing that was made stays.
absl::StatusOr<InitReport> InitServer(const InitOptions& options);

// Where the root key comes from.
struct RootKeySource {
  std::string path;
  RootKeyReaders readers = RootKeyReaders::kOwner;
};

// A data folder's store, with the lock that keeps other servers out, and its keys.
struct OpenedStore {
  std::unique_ptr<Store> store;
  std::unique_ptr<SealableVault> vault;  // sealed where the root key is under a passphrase
};

// Opens a data folder to serve from it, with the root key in it or `root_key`. Errors: as of
// SqliteStore::Open (STORE_MISSING, STORE_LOCKED, STORE_DAMAGED, STORE_SCHEMA_NEWER,
// STORE_ROLLED_BACK), and STORE_ROLLED_BACK too where the ledger is longer than the head anchor
// says but another one; as of LoadRootKeyFile (ROOT_KEY_UNUSABLE) and Vault::Open (ROOT_KEY_WRONG).
absl::StatusOr<OpenedStore> OpenServerStore(const std::string& data_dir);
absl::StatusOr<OpenedStore> OpenServerStore(const std::string& data_dir,
                                            const RootKeySource& root_key);

// Opens the vault of a store that was opened sealed. ROOT_KEY_WRONG for another passphrase,
// FAILED_PRECONDITION where the vault is open; else as OpenServerStore. Takes some 100 ms.
absl::Status UnsealServerStore(Store& store, const RootKeySource& root_key,
                               const SecretBytes& passphrase, SealableVault& vault);

struct RestoreOptions {
  std::string data_dir;
  // A backup, or a copy of a database.
  std::string from;
  const Clock& clock;
  // The file of the root key where it is not in the data folder: a credential of systemd's. It may
  // belong to root alone or to a group of root's, as there.
  std::string root_key;
  // Of the root key, where it is under one.
  const SecretBytes* passphrase = nullptr;
};

// Something that had been stopped after the backup was made, and that the restored store stops too:
// what was held or deleted by a hold, a version that was disabled or destroyed by disabling it.
// Whoever restores because of the stop itself (an agent that was deleted by mistake) ends it with
// `leasehold resume` or `secret version enable`.
struct StopKept {
  enum class Kind { kHeld, kDeleted, kDisabled };
  Kind kind = Kind::kHeld;
  std::string name;  // agents/bot, secrets/db/login, workflows/triage, secrets/db/login/versions/2
  uint64_t entry = 0;  // that stopped it, in the database moved aside
};

struct RestoreReport {
  std::string database;
  TreeHead backup;  // what the backup held
  TreeHead head;    // with the start of the new epoch
  std::string origin;
  std::string verifier_key;
  // Leases and agent tokens that the backup knew: all of them ended.
  uint64_t leases_ended = 0;
  uint64_t tokens_ended = 0;
  // Files that lay there before, under their new names.
  std::vector<std::string> moved_aside;
  // In the order in which they had been stopped.
  std::vector<StopKept> stops_kept;
  // What else had been changed after the backup and is now as in the backup: "policies",
  // "keys", "groups/bots".
  std::vector<std::string> changed_back;
  // Why other things may have been stopped after the backup, and are not any more: a clause for
  // people. Empty where everything that was stopped is.
  std::string stops_unknown;
  // What gets no new leases now: "agents/bot".
  std::vector<std::string> holds;
};

// The one way to go back to an older database: makes a copy of `from` the folder's store and starts
// a new epoch in it, which ends all leases and agent tokens and makes them RESTORED_EPOCH. The
// folder needs the root key of the backup and may be without a database; one that is there is kept
// under another name.
//
// A restore brings nothing back to life that was stopped: what the database that is there says was
// stopped after the backup is stopped in the new epoch too, as far as that database can be read and
// goes on from the backup.
//
// The backup is verified and its keys are opened, and the new store is complete, before anything in
// place is touched. STORE_MISSING where there is no backup, LEDGER_VIOLATION and STORE_DAMAGED
// where it is not whole, STORE_LOCKED where a server runs, ROOT_KEY_UNUSABLE and ROOT_KEY_WRONG,
// SEALED where the root key is under a passphrase and none is given, IO.
absl::StatusOr<RestoreReport> RestoreServer(const RestoreOptions& options);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_INSTALL_INSTALL_H_
