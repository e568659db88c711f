#include "storage/sqlite/sqlite_store.h"

#include <cerrno>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "storage/sqlite/copy.h"
#include "storage/sqlite/files.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/sqlite_view.h"

namespace leasehold {
namespace {

std::string LockPath(const std::string& path) { return path + ".lock"; }
std::string AnchorPath(const std::string& path) { return path + ".anchor"; }
std::string ReservePath(const std::string& path) { return path + ".reserve"; }
// Where a new database is built before it gets its name.
std::string BuildingPath(const std::string& path) { return path + ".new"; }

absl::Status RefuseWhereTaken(const std::string& path) {
  // A -wal of a lost database would be read as part of the new one.
  for (const char* suffix : {"", "-wal", "-journal"}) {
    ASSIGN_OR_RETURN(const bool taken, Exists(path + suffix));
    if (taken) {
      return Error(Reason::kAlreadyExists, StrCat("there is already a file ", path, suffix,
                                                  "; move it away or choose another folder"));
    }
  }
  return absl::OkStatus();
}

absl::Status RolledBack(const std::string& path, std::string_view what) {
  return Error(Reason::kStoreRolledBack,
               StrCat(path, ": ", what,
                      ": an older copy was put back by hand; use `leasehold "
                      "server restore`, which keeps old leases from coming back to life"));
}

// Whether the database is at least as new as the anchor says.
absl::Status CheckAnchor(const std::string& path, const std::optional<HeadAnchor>& anchor,
                         const TreeHead& head) {
  if (!anchor.has_value()) {
    return RolledBack(path, StrCat("its head anchor ", AnchorPath(path), " is missing"));
  }
  if (anchor->head().size > head.size) {
    return RolledBack(path, StrCat("the ledger ends at ", head.size, " entries, but it had ",
                                   anchor->head().size));
  }
  if (anchor->head().size == head.size && anchor->head().root != head.root) {
    return RolledBack(path, StrCat("the ledger of ", head.size,
                                   " entries is not the one that the head anchor knows"));
  }
  return absl::OkStatus();
}

absl::StatusOr<SqliteConnection> OpenWriter(const std::string& path) {
  ASSIGN_OR_RETURN(SqliteConnection writer,
                   SqliteConnection::Open(path, SqliteConnection::Mode::kWrite));
  RETURN_IF_ERROR(CheckSchema(writer));
  ASSIGN_OR_RETURN(const std::string mode, writer.QueryText("PRAGMA journal_mode=WAL"));
  if (mode != "wal") {
    return Error(Reason::kIo, StrCat(path,
                                     ": this file system cannot hold a database in WAL mode; "
                                     "use a local disk"));
  }
  RETURN_IF_ERROR(Migrate(writer));
  return writer;
}

}  // namespace

struct SqliteStore::Parts {
  std::string path;
  StoreLock lock;
  DiskReserve reserve;
  uint64_t low_water_bytes;
  std::optional<TreeHead> anchor_found;
  std::optional<HeadAnchor> anchor;
  std::unique_ptr<SqliteConnection> writer;
  BatchWriter batch_writer;
  uint64_t size;
};

SqliteStore::SqliteStore(Parts parts)
    : path_(std::move(parts.path)),
      anchor_found_(parts.anchor_found),
      lock_(std::move(parts.lock)),
      room_(path_, std::move(parts.reserve), parts.low_water_bytes),
      anchor_(std::move(parts.anchor)),
      writer_(std::move(parts.writer)),
      checkpointer_(writer_.get()),
      batch_writer_(std::move(parts.batch_writer)),
      size_(parts.size) {}

SqliteStore::~SqliteStore() {
  // An anchor that lags behind is no harm, so an error here is none either.
  if (anchor_.has_value()) anchor_->Sync().IgnoreError();
}

absl::StatusOr<std::unique_ptr<Store>> SqliteStore::Create(const SqliteOptions& given,
                                                           const Genesis& genesis,
                                                           const Batch& first) {
  SqliteOptions options = given;
  ASSIGN_OR_RETURN(options.path, CanonicalPath(given.path));
  const std::string& path = options.path;
  RETURN_IF_ERROR(RefuseWhereTaken(path));
  ASSIGN_OR_RETURN(StoreLock lock, StoreLock::Acquire(LockPath(path)));
  // Again, now that nobody else creates one.
  RETURN_IF_ERROR(RefuseWhereTaken(path));
  const std::string building = BuildingPath(path);
  absl::Status done = Build(options, genesis, first, building);
  if (done.ok()) done = RenameNew(building, path);
  const bool placed = done.ok();
  if (done.ok()) {
    absl::StatusOr<std::unique_ptr<Store>> store = OpenLocked(options, std::move(lock));
    if (store.ok()) return store;
    done = store.status();
  }
  for (const char* suffix : {"", "-journal"}) RemoveQuietly(building + suffix);
  if (placed) {
    for (const char* suffix : {"", "-journal", "-wal", "-shm"}) RemoveQuietly(path + suffix);
  }
  for (const std::string& file : {AnchorPath(path), ReservePath(path), LockPath(path)}) {
    RemoveQuietly(file);
  }
  return done;
}

absl::Status SqliteStore::Build(const SqliteOptions& options, const Genesis& genesis,
                                const Batch& first, const std::string& building) {
  // First the reserve: a disk without room for it is found before anything else is written.
  RETURN_IF_ERROR(DiskReserve::Create(ReservePath(options.path), options.reserve_bytes).status());
  // What an init that was cut short may have left.
  for (const char* suffix : {"", "-journal"}) RemoveQuietly(building + suffix);
  RETURN_IF_ERROR(CreatePrivateFile(building));
  ASSIGN_OR_RETURN(SqliteConnection connection,
                   SqliteConnection::Open(building, SqliteConnection::Mode::kBuild));
  RETURN_IF_ERROR(Migrate(connection));
  ASSIGN_OR_RETURN(BatchWriter writer, BatchWriter::Prepare(&connection));
  RETURN_IF_ERROR(writer.WriteGenesis(genesis));
  RETURN_IF_ERROR(writer.Write(first));
  return HeadAnchor::Create(AnchorPath(options.path), first.head).status();
}

absl::StatusOr<std::unique_ptr<Store>> SqliteStore::Open(const SqliteOptions& given) {
  SqliteOptions options = given;
  ASSIGN_OR_RETURN(const bool there, Exists(given.path));
  if (!there) {
    return Error(Reason::kStoreMissing, StrCat("there is no store at ", given.path,
                                               "; run `leasehold server init` to make one"));
  }
  ASSIGN_OR_RETURN(options.path, CanonicalPath(given.path));
  ASSIGN_OR_RETURN(StoreLock lock, StoreLock::Acquire(LockPath(options.path)));
  return OpenLocked(options, std::move(lock));
}

absl::StatusOr<std::unique_ptr<Store>> SqliteStore::OpenLocked(const SqliteOptions& options,
                                                               StoreLock lock) {
  ASSIGN_OR_RETURN(DiskReserve reserve,
                   DiskReserve::Open(ReservePath(options.path), options.reserve_bytes));
  // On a full disk SQLite could not even make its -shm file.
  if (reserve.FreeBytes() < DiskReserve::kStepBytes) {
    RETURN_IF_ERROR(reserve.Release(DiskReserve::kStepBytes));
  } else {
    reserve.Refill(options.low_water_bytes);
  }
  ASSIGN_OR_RETURN(SqliteConnection connection, OpenWriter(options.path));
  auto writer = std::make_unique<SqliteConnection>(std::move(connection));
  ASSIGN_OR_RETURN(const TreeHead head, ReadHead(*writer));
  std::optional<HeadAnchor> anchor;
  std::optional<TreeHead> anchor_found;
  if (!options.restoring) {
    ASSIGN_OR_RETURN(anchor, HeadAnchor::Open(AnchorPath(options.path)));
    RETURN_IF_ERROR(CheckAnchor(options.path, anchor, head));
    anchor_found = anchor->head();
  }
  ASSIGN_OR_RETURN(BatchWriter batch_writer, BatchWriter::Prepare(writer.get()));
  return std::unique_ptr<Store>(new SqliteStore(Parts{
      options.path, std::move(lock), std::move(reserve), options.low_water_bytes, anchor_found,
      std::move(anchor), std::move(writer), std::move(batch_writer), head.size}));
}

absl::Status SqliteStore::Append(const Batch& batch) {
  RETURN_IF_ERROR(failure_);
  if (batch.first_index != size_ || batch.head.size != size_ + batch.entries.size()) {
    return Error(Reason::kInternal, StrCat("a batch for entry ", batch.first_index,
                                           " does not follow a ledger of ", size_, " entries"));
  }
  const absl::Status admitted = room_.Admit(BytesOf(batch), batch.may_use_reserve);
  if (ReasonOf(admitted) == Reason::kLedgerFull) return admitted;
  failure_ = admitted.ok() ? Commit(batch) : admitted;
  return failure_;
}

absl::Status SqliteStore::Commit(const Batch& batch) {
  RETURN_IF_ERROR(batch_writer_.Write(batch));
  size_ = batch.head.size;
  RETURN_IF_ERROR(MoveAnchor(batch.head));
  return checkpointer_.AfterCommit(!batch.erased_texts.empty() ||
                                   !batch.destroyed_versions.empty());
}

absl::Status SqliteStore::MoveAnchor(const TreeHead& head) {
  if (anchor_.has_value()) return anchor_->Write(head);
  ASSIGN_OR_RETURN(anchor_, HeadAnchor::Create(AnchorPath(path_), head));
  return absl::OkStatus();
}

absl::Status SqliteStore::SaveMark(const TimeMark& mark) {
  RETURN_IF_ERROR(failure_);
  // The mark takes no room that was not taken before, but the WAL may grow by a page, and a server
  // that stops on that could not revoke.
  failure_ = room_.Admit(0, /*may_use_reserve=*/true);
  if (failure_.ok()) failure_ = batch_writer_.WriteMark(mark);
  if (failure_.ok()) failure_ = checkpointer_.AfterCommit(/*erased=*/false);
  return failure_;
}

absl::StatusOr<std::unique_ptr<StoreView>> SqliteStore::NewView() {
  ASSIGN_OR_RETURN(SqliteConnection connection,
                   SqliteConnection::Open(path_, SqliteConnection::Mode::kRead));
  return SqliteView::Open(std::move(connection));
}

Space SqliteStore::GetSpace() { return room_.Get(); }

absl::Status SqliteStore::BackupTo(const std::string& path) {
  ASSIGN_OR_RETURN(SqliteConnection connection,
                   SqliteConnection::Open(path_, SqliteConnection::Mode::kRead));
  ASSIGN_OR_RETURN(const auto view, SqliteView::Open(std::move(connection)));
  return CopyDatabase(view->connection(), path, room_.low_water_bytes());
}

absl::StatusOr<std::unique_ptr<StoreView>> OpenReadOnly(const std::string& path) {
  ASSIGN_OR_RETURN(SqliteConnection connection, OpenForReading(path));
  return SqliteView::Open(std::move(connection));
}

}  // namespace leasehold
