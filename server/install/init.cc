// A new data folder.

#include <unistd.h>

#include <array>
#include <optional>
#include <utility>

#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/install/data_folder.h"
#include "server/install/install.h"
#include "server/install/origin.h"
#include "server/leases/ledger_clock.h"
#include "server/ledger/entry_codec.h"
#include "server/ledger/merkle_log.h"
#include "server/vault/root_key.h"
#include "storage/sqlite/files.h"
#include "storage/sqlite/sqlite_store.h"

namespace leasehold {
namespace {

// A segment of a Name.
constexpr size_t kStoreNameMax = 64;

bool IsStoreName(const std::string& name) {
  return name.find('/') == std::string::npos && Name::Parse(name).ok();
}

// The first label of the host's name, in lower case, without what no Name may hold.
std::string HostStoreName() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) return "leasehold";
  std::string name;
  for (const char c : std::string_view(host.data())) {
    if (c == '.' || name.size() == kStoreNameMax) break;
    if (c >= 'A' && c <= 'Z') name.push_back(static_cast<char>(c - 'A' + 'a'));
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-') name.push_back(c);
  }
  return IsStoreName(name) ? name : "leasehold";
}

absl::StatusOr<std::string> ChooseStoreName(const std::string& asked) {
  if (asked.empty()) return HostStoreName();
  if (IsStoreName(asked)) return asked;
  return Error(Reason::kInvalidArgument,
               StrCat("'", asked,
                      "' is no name for a store: it takes a to z, 0 to 9, '.', '_' and '-', at "
                      "most 64, the first and last a letter or digit"));
}

// Entry 0 and what belongs to it.
absl::StatusOr<Batch> FirstBatch(LogId log, Epoch epoch, const std::string& origin,
                                 const Vault& vault, const Clock& clock) {
  Batch batch;
  batch.mark = LedgerClock(clock, TimeMark{}).Mark();
  ledger::v1::Entry entry;
  ledger::v1::LogCreated* created = entry.mutable_log_created();
  created->set_log(log.value());
  created->set_epoch(epoch.value());
  created->set_format(kEntryFormat);
  created->set_origin(origin);
  created->set_checkpoint_key(std::string(AsText(vault.CheckpointPublicKey())));
  created->set_start_time_ms(static_cast<uint64_t>(absl::ToUnixMillis(batch.mark.now)));
  std::string bytes;
  RETURN_IF_ERROR(EncodeEntry(entry, &bytes));
  MerkleLog tree;
  tree.Append(AsBytes(bytes));
  batch.entries.push_back(std::move(bytes));
  batch.head = tree.Head();
  for (const KeyRecord& record : vault.Records()) {
    batch.keys.push_back({static_cast<int>(record.cls), record.number, record.sealed});
  }
  return batch;
}

absl::Status RefuseExisting(const std::string& data_dir) {
  for (const std::string& file : {DatabasePath(data_dir), RootKeyPath(data_dir)}) {
    ASSIGN_OR_RETURN(const bool there, Exists(file));
    if (there) {
      return Error(Reason::kAlreadyExists,
                   StrCat("there is already a file ", file,
                          "; choose another folder, or use `leasehold server restore` to bring "
                          "back a backup"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::string DatabasePath(const std::string& data_dir) { return data_dir + "/leasehold.db"; }
std::string RootKeyPath(const std::string& data_dir) { return data_dir + "/root.key"; }

absl::StatusOr<InitReport> InitServer(const InitOptions& options) {
  ASSIGN_OR_RETURN(const std::string store_name, ChooseStoreName(options.store_name));
  // Before the folder's mode is looked at: that it is taken says more.
  RETURN_IF_ERROR(RefuseExisting(options.data_dir));
  ASSIGN_OR_RETURN(NewDataFolder folder, NewDataFolder::Prepare(options.data_dir));
  InitReport report{.data_dir = folder.path(),
                    .database = DatabasePath(folder.path()),
                    .root_key = RootKeyPath(folder.path())};
  RETURN_IF_ERROR(CreateRootKeyFile(report.root_key, options.passphrase));
  folder.Remember(report.root_key);
  // Read back, so that a file that cannot be is found before anything rests on it.
  ASSIGN_OR_RETURN(const SecretBytes root,
                   options.passphrase == nullptr
                       ? LoadRootKeyFile(report.root_key)
                       : UnsealRootKeyFile(report.root_key, *options.passphrase));
  const LogId log(RandomNonZero64());
  const Epoch epoch(RandomNonZero64());
  ASSIGN_OR_RETURN(const Vault vault, Vault::Create(root, log));
  report.origin = MakeOrigin(store_name, epoch);
  ASSIGN_OR_RETURN(report.verifier_key, VerifierKeyText(report.origin, vault));
  ASSIGN_OR_RETURN(const Batch first, FirstBatch(log, epoch, report.origin, vault, options.clock));
  RETURN_IF_ERROR(
      SqliteStore::Create({.path = report.database}, {.log = log, .origin = report.origin}, first)
          .status());
  folder.Keep();
  return report;
}

}  // namespace leasehold
