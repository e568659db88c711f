#ifndef LEASEHOLD_STORAGE_SQLITE_CONNECTION_H_
#define LEASEHOLD_STORAGE_SQLITE_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct sqlite3;
struct sqlite3_stmt;

namespace leasehold {

// How long a statement waits for a lock. Nobody else writes, so that happens only where a person
// looks in with another program, or while another connection recovers the WAL. Longer is an error.
inline constexpr int kBusyTimeoutMs = 5000;

// A prepared statement. Bound bytes are not copied: they must live until the statement has run.
// Parameters and columns are counted from 1 and 0, as SQLite does. A failed Bind shows in the next
// Step or Run.
class Statement {
 public:
  Statement& Bind(int parameter, int64_t value);
  Statement& BindNumber(int parameter, uint64_t value) {
    return Bind(parameter, static_cast<int64_t>(value));
  }
  Statement& BindBlob(int parameter, std::string_view bytes);
  Statement& BindText(int parameter, std::string_view text);

  // True where there is a row, false after the last one; the statement can then be bound anew.
  absl::StatusOr<bool> Step();
  // For statements without rows: steps and resets.
  absl::Status Run();

  int64_t Number(int column) const;
  // Valid until the next Step. Empty for NULL.
  std::string_view Bytes(int column) const;
  bool IsNull(int column) const;

 private:
  friend class SqliteConnection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bind_error_ = 0;
};

// One connection to a database file. Used by one thread at a time. Statements must be gone before
// their connection.
class SqliteConnection {
 public:
  enum class Mode {
    kBuild,      // an empty file that nobody else knows: rollback journal, no WAL
    kWrite,      // the one connection that writes and checkpoints
    kRead,       // reads beside the writer, never checkpoints
    kImmutable,  // reads a file that nobody changes; makes no other file beside it
  };

  // Opens the existing file `path` and sets everything that is a property of the connection.
  // Does not read it yet.
  static absl::StatusOr<SqliteConnection> Open(const std::string& path, Mode mode);

  // Runs statements that give no rows or whose rows are of no interest.
  absl::Status Execute(const std::string& sql);
  absl::StatusOr<Statement> Prepare(std::string_view sql);
  // The integer that `sql` gives in its first row; kStoreDamaged where there is no row.
  absl::StatusOr<int64_t> QueryNumber(std::string_view sql);
  absl::StatusOr<std::string> QueryText(std::string_view sql);

  // Rows changed by the newest INSERT, UPDATE or DELETE.
  int64_t Changes() const;
  sqlite3* handle() const { return handle_.get(); }
  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  SqliteConnection(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}

  std::unique_ptr<sqlite3, Close> handle_;
  std::string path_;
};

// The error for what SQLite answered on `handle`. Damage (a file that is no database, a broken
// page, a row that must not be there) is kStoreDamaged, all that the disk or the system refused is
// kIo, the rest kInternal. Names the file, never the values that were bound.
absl::Status SqliteError(sqlite3* handle, int code, std::string_view doing);

}  // namespace leasehold

#endif  // LEASEHOLD_STORAGE_SQLITE_CONNECTION_H_
