// Going back to an older database.
//
// Everything that can fail for a reason that lies in the backup, the key or the disk happens in a
// folder of its own, `restore-<random>` in the data folder. Then the files in place are moved aside
// and the new ones take their names, the database last: until then there is none, and a server that
// starts after a power cut says so.

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <iterator>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/install/install.h"
#include "server/install/new_epoch.h"
#include "server/install/origin.h"
#include "server/install/stops_after.h"
#include "server/install/stored_vault.h"
#include "server/ledger/verify/verify.h"
#include "storage/sqlite/copy.h"
#include "storage/sqlite/files.h"
#include "storage/sqlite/sqlite_store.h"
#include "storage/sqlite/store_lock.h"

namespace leasehold {
namespace {

namespace fs = std::filesystem;

// What must move together: the database with its log of changes, and its head anchor. The reserve
// holds nothing and stays.
constexpr std::string_view kParts[] = {"", "-wal", "-shm", ".anchor"};

// A folder that goes with all that is in it.
class StagingFolder {
 public:
  static absl::StatusOr<StagingFolder> Make(const std::string& data_dir) {
    std::string path = data_dir + "/restore-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) return IoError("make a folder in", data_dir, errno);
    return StagingFolder(std::move(path));
  }
  StagingFolder(StagingFolder&& other) noexcept : path_(std::exchange(other.path_, "")) {}
  StagingFolder& operator=(StagingFolder&&) = delete;
  ~StagingFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  std::string database() const { return DatabasePath(path_); }

 private:
  explicit StagingFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

absl::Status VerifyBackup(const std::string& path) {
  ASSIGN_OR_RETURN(const VerifyReport report, VerifyDatabase(path, {}));
  if (report.outcome == VerifyOutcome::kOk) return absl::OkStatus();
  // What this version cannot judge it cannot serve either.
  return Error(Reason::kLedgerViolation,
               StrCat("the backup ", path, " does not verify: ", report.findings.front().sentence,
                      "; use another backup"));
}

RootKeySource RootKeyOf(const RestoreOptions& options) {
  if (options.root_key.empty()) return {.path = RootKeyPath(options.data_dir)};
  return {.path = options.root_key, .readers = RootKeyReaders::kGroupOfRoots};
}

absl::Status RefuseWrongKey(const RestoreOptions& options) {
  ASSIGN_OR_RETURN(const std::unique_ptr<StoreView> view, OpenReadOnly(options.from));
  return OpenStoredVault(RootKeyOf(options), options.passphrase, *view).status();
}

// What the database that is about to be moved aside stopped after the backup.
std::vector<StopAfter> StopsToKeep(StoreView& backup, RestoreReport& report) {
  StopsAfter after = ReadStopsAfter(backup, report.database);
  for (const StopAfter& stop : after.stops) report.stops_kept.push_back(stop.kept);
  report.changed_back = std::move(after.changed_back);
  report.stops_unknown = std::move(after.unknown);
  return after.stops;
}

// The restored store, complete, at `path`.
absl::Status Stage(const RestoreOptions& options, const std::string& path, RestoreReport& report) {
  RETURN_IF_ERROR(InstallCopy(options.from, path));
  ASSIGN_OR_RETURN(const std::unique_ptr<Store> store,
                   SqliteStore::Open({.path = path, .reserve_bytes = 0, .restoring = true}));
  ASSIGN_OR_RETURN(std::unique_ptr<StoreView> view, store->NewView());
  ASSIGN_OR_RETURN(const Vault vault,
                   OpenStoredVault(RootKeyOf(options), options.passphrase, *view));
  ASSIGN_OR_RETURN(report.backup, view->Head());
  const std::vector<StopAfter> stops = StopsToKeep(*view, report);
  ASSIGN_OR_RETURN(NewEpoch epoch, StartEpoch(*view, vault, options.clock, stops));
  view.reset();  // so that the log of changes can be checkpointed when the store closes
  report.head = epoch.batch.head;
  report.origin = epoch.origin;
  report.leases_ended = epoch.leases_ended;
  report.tokens_ended = epoch.tokens_ended;
  report.holds = std::move(epoch.holds);
  ASSIGN_OR_RETURN(report.verifier_key, VerifierKeyText(epoch.origin, vault));
  return store->Append(epoch.batch);
}

// Gives the file `from` + `part` the name `to` + `part`; false where there is none.
absl::StatusOr<bool> MovePart(const std::string& from, const std::string& to,
                              std::string_view part) {
  ASSIGN_OR_RETURN(const bool there, Exists(StrCat(from, part)));
  if (there) RETURN_IF_ERROR(RenameNew(StrCat(from, part), StrCat(to, part)));
  return there;
}

// The database goes first: one without its log of changes would lack what was committed last.
absl::StatusOr<std::vector<std::string>> MoveAside(const std::string& database,
                                                   const std::string& aside) {
  std::vector<std::string> moved;
  for (const std::string_view part : kParts) {
    ASSIGN_OR_RETURN(const bool there, MovePart(database, aside, part));
    if (there) moved.push_back(StrCat(aside, part));
  }
  return moved;
}

// The database comes last, for the same reason.
absl::Status MoveIn(const std::string& staged, const std::string& database) {
  for (auto part = std::rbegin(kParts); part != std::rend(kParts); ++part) {
    RETURN_IF_ERROR(MovePart(staged, database, *part).status());
  }
  return absl::OkStatus();
}

// A name beside the database that nothing has yet.
absl::StatusOr<std::string> AsideName(const std::string& database, const Clock& clock) {
  const std::string base =
      StrCat(database, ".before-restore-",
             absl::FormatTime("%Y%m%dT%H%M%SZ", clock.Now().wall, absl::UTCTimeZone()));
  std::string name = base;
  for (int n = 2;; ++n) {
    bool taken = false;
    for (const std::string_view part : kParts) {
      ASSIGN_OR_RETURN(const bool there, Exists(StrCat(name, part)));
      taken = taken || there;
    }
    if (!taken) return name;
    name = StrCat(base, "-", n);
  }
}

}  // namespace

absl::StatusOr<RestoreReport> RestoreServer(const RestoreOptions& given) {
  RestoreOptions options = given;
  std::error_code error;
  options.data_dir = fs::absolute(given.data_dir, error).lexically_normal().string();
  if (error) return IoError("find", given.data_dir, error.value());
  RestoreReport report{.database = DatabasePath(options.data_dir)};
  // The key first: it is the quickest to check, and without it the rest is for nothing.
  RETURN_IF_ERROR(RefuseWrongKey(options));
  ASSIGN_OR_RETURN(const StoreLock lock, StoreLock::Acquire(report.database + ".lock"));
  RETURN_IF_ERROR(VerifyBackup(options.from));
  ASSIGN_OR_RETURN(const StagingFolder staging, StagingFolder::Make(options.data_dir));
  RETURN_IF_ERROR(Stage(options, staging.database(), report));
  ASSIGN_OR_RETURN(const std::string aside, AsideName(report.database, options.clock));
  ASSIGN_OR_RETURN(report.moved_aside, MoveAside(report.database, aside));
  RETURN_IF_ERROR(MoveIn(staging.database(), report.database));
  return report;
}

}  // namespace leasehold
