#include "storage/sqlite/connection.h"

#include <sqlite3.h>

#include <cstddef>
#include <system_error>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// The writer's page cache in KiB; the last pages of each table fit many times over.
constexpr int kWriterCacheKib = 16384;

absl::Status OpenError(sqlite3* handle, int code, const std::string& path) {
  const int error_number = handle == nullptr ? 0 : sqlite3_system_errno(handle);
  std::string message = StrCat("cannot open the database ", path, ": ", sqlite3_errstr(code));
  if (error_number != 0) {
    StrAppend(&message, " (", std::generic_category().message(error_number), ")");
  }
  return Error(Reason::kIo, message);
}

// "file:" URI for `path`, whose special characters it escapes.
std::string ImmutableUri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      StrAppend(&uri, c == '%' ? "%25" : c == '?' ? "%3f" : "%23");
    } else {
      uri.push_back(c);
    }
  }
  return uri + "?immutable=1";
}

int OpenFlags(SqliteConnection::Mode mode) {
  // NOMUTEX: a connection has one user at a time, see the header.
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  switch (mode) {
    case SqliteConnection::Mode::kBuild:
    case SqliteConnection::Mode::kWrite:
      return flags | SQLITE_OPEN_READWRITE;
    case SqliteConnection::Mode::kRead:
      return flags | SQLITE_OPEN_READONLY;
    case SqliteConnection::Mode::kImmutable:
      return flags | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
  }
  return flags;
}

// What defends against a file that somebody prepared or damaged.
constexpr char kDefences[] =
    "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON;"
    "PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY;";

}  // namespace

Statement& Statement::Bind(int parameter, int64_t value) {
  bind_error_ |= sqlite3_bind_int64(statement_.get(), parameter, value);
  return *this;
}

Statement& Statement::BindBlob(int parameter, std::string_view bytes) {
  // A null pointer would bind NULL, and an empty view may have one.
  const char* data = bytes.empty() ? "" : bytes.data();
  bind_error_ |=
      sqlite3_bind_blob64(statement_.get(), parameter, data, bytes.size(), SQLITE_STATIC);
  return *this;
}

Statement& Statement::BindText(int parameter, std::string_view text) {
  const char* data = text.empty() ? "" : text.data();
  bind_error_ |= sqlite3_bind_text64(statement_.get(), parameter, data, text.size(), SQLITE_STATIC,
                                     SQLITE_UTF8);
  return *this;
}

absl::StatusOr<bool> Statement::Step() {
  sqlite3* handle = sqlite3_db_handle(statement_.get());
  if (const int error = std::exchange(bind_error_, 0); error != SQLITE_OK) {
    return SqliteError(handle, SQLITE_TOOBIG, "bind a value");
  }
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_.get());
    return false;
  }
  const absl::Status error = SqliteError(handle, code, "run a statement");
  sqlite3_reset(statement_.get());
  return error;
}

absl::Status Statement::Run() {
  const absl::StatusOr<bool> row = Step();
  if (row.ok() && *row) sqlite3_reset(statement_.get());
  return row.status();
}

int64_t Statement::Number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::Bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (data == nullptr || size <= 0) return {};
  return {static_cast<const char*>(data), static_cast<size_t>(size)};
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void SqliteConnection::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

absl::StatusOr<SqliteConnection> SqliteConnection::Open(const std::string& path, Mode mode) {
  sqlite3* handle = nullptr;
  const std::string name = mode == Mode::kImmutable ? ImmutableUri(path) : path;
  const int code = sqlite3_open_v2(name.c_str(), &handle, OpenFlags(mode), nullptr);
  // SQLite wants a failed handle closed too.
  SqliteConnection connection(handle, path);
  if (code != SQLITE_OK) return OpenError(handle, code, path);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  std::string pragmas = kDefences;
  if (mode == Mode::kBuild || mode == Mode::kWrite) {
    // FULL, not NORMAL: in WAL mode NORMAL does not sync at a commit.
    StrAppend(&pragmas, "PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA cache_size=-",
              kWriterCacheKib, ";");
    if (mode == Mode::kBuild) StrAppend(&pragmas, "PRAGMA page_size=4096;");
  } else {
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    StrAppend(&pragmas, "PRAGMA query_only=ON; PRAGMA wal_autocheckpoint=0;");
  }
  RETURN_IF_ERROR(connection.Execute(pragmas));
  return connection;
}

absl::Status SqliteConnection::Execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return SqliteError(handle_.get(), code, "run a statement");
  return absl::OkStatus();
}

absl::StatusOr<Statement> SqliteConnection::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return SqliteError(handle_.get(), code, "prepare a statement");
  return Statement(statement);
}

absl::StatusOr<int64_t> SqliteConnection::QueryNumber(std::string_view sql) {
  ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  ASSIGN_OR_RETURN(const bool found, statement.Step());
  if (!found) return Error(Reason::kStoreDamaged, StrCat(path_, " lacks a row that must be there"));
  return statement.Number(0);
}

absl::StatusOr<std::string> SqliteConnection::QueryText(std::string_view sql) {
  ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  ASSIGN_OR_RETURN(const bool found, statement.Step());
  if (!found) return Error(Reason::kStoreDamaged, StrCat(path_, " lacks a row that must be there"));
  return std::string(statement.Bytes(0));
}

int64_t SqliteConnection::Changes() const { return sqlite3_changes64(handle_.get()); }

absl::Status SqliteError(sqlite3* handle, int code, std::string_view doing) {
  const char* name = sqlite3_db_filename(handle, "main");
  const std::string context = StrCat("the database ", name == nullptr ? "" : name, ": cannot ",
                                     doing, ": ", sqlite3_errstr(code), " (SQLite ", code, ")");
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_EMPTY:
    case SQLITE_FORMAT:
      return Error(Reason::kStoreDamaged, StrCat(context, "; restore a backup"));
    case SQLITE_FULL:
      return Error(Reason::kIo, StrCat(context, "; make room on its disk"));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error(Reason::kIo, StrCat(context, "; another program holds a lock on it"));
    case SQLITE_IOERR: {
      const int error_number = sqlite3_system_errno(handle);
      if (error_number == 0) return Error(Reason::kIo, context);
      return Error(Reason::kIo,
                   StrCat(context, ": ", std::generic_category().message(error_number)));
    }
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
    case SQLITE_PROTOCOL:
    case SQLITE_NOLFS:
      return Error(Reason::kIo, context);
    default:
      return Error(Reason::kInternal, context);
  }
}

}  // namespace leasehold
