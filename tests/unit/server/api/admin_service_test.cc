#include "server/api/admin_service.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <utility>

#include "server/api/backup.h"
#include "server/base/status.h"
#include "server/base/version.h"
#include "storage/sqlite/connection.h"
#include "tests/unit/server/api/api_world.h"

namespace leasehold {
namespace {

using Stub = v1::AdminService::Stub;

v1::Status GetStatus(ApiWorld& world) {
  auto answer = Ask(*world.admin, &Stub::GetStatus, v1::GetStatusRequest());
  REQUIRE(answer.status.ok());
  return answer.response;
}

bool Warns(const v1::Status& status, std::string_view about) {
  return std::any_of(
      status.warnings().begin(), status.warnings().end(),
      [&](const std::string& warning) { return warning.find(about) != std::string::npos; });
}

TEST_CASE("the status tells how the server is and what is unsafe") {
  ApiWorld world;
  v1::Status before = GetStatus(world);
  CHECK(before.ready());
  CHECK(before.log().size() == 16);
  CHECK(before.epoch().size() == 16);
  CHECK(before.root().size() == 64);
  CHECK(before.database_bytes() > 0);
  CHECK(before.free_bytes() > 0);
  CHECK(before.database() == world.server.File("leasehold.db"));
  CHECK_FALSE(before.has_last_backup_time());
  CHECK(Warns(before, "not isolated"));
  CHECK(Warns(before, "no backup"));

  world.CreateSecret("secrets/a");
  world.AddVersion("secrets/a");
  world.CreateAgent("agents/a");
  std::string token = world.IssueToken("agents/a").token();
  world.Apply({ApiWorld::ReadPolicy("a", "github")});
  REQUIRE(world.Acquire(token, "secrets/a").status.ok());
  v1::Status after = GetStatus(world);
  CHECK(after.tree_size() > before.tree_size());
  CHECK(after.policy_revision() == 1);
  CHECK(after.active_leases() == 1);
  v1::RevokeRequest revoke;
  revoke.mutable_selector()->set_agent("agents/a");
  revoke.set_reason("test");
  REQUIRE(Ask(*world.revocations, &v1::RevocationService::Stub::Revoke, revoke).status.ok());
  v1::Status revoked = GetStatus(world);
  CHECK(revoked.active_leases() == 0);
  CHECK(revoked.holds() == 1);
}

TEST_CASE("policies in observe mode are in the status, and what they would refuse in the ledger") {
  ApiWorld world;
  world.CreateSecret("secrets/a");
  world.AddVersion("secrets/a");
  world.CreateAgent("agents/a");
  const std::string token = world.IssueToken("agents/a").token();
  v1::Policy trial = ApiWorld::ReadPolicy("trial", "github");
  trial.clear_allow();
  trial.set_effect(v1::EFFECT_DENY);
  trial.set_mode(v1::MODE_OBSERVE);
  world.Apply({ApiWorld::ReadPolicy("all", "github"), trial});
  const v1::Status status = GetStatus(world);
  REQUIRE(status.observed_policies_size() == 1);
  CHECK(status.observed_policies(0) == "trial");

  const auto lease = world.Acquire(token, "secrets/a");
  REQUIRE(lease.status.ok());
  v1::ListEntriesRequest list;
  list.add_kinds("lease_issued");
  const auto entries = Ask(*world.ledger, &v1::LedgerService::Stub::ListEntries, list);
  REQUIRE(entries.response.entries_size() == 1);
  CHECK(entries.response.entries(0).policy() == "all");
  CHECK(entries.response.entries(0).not_enforced());
  CHECK(entries.response.entries(0).summary().find("policy trial would have refused it") !=
        std::string::npos);

  trial.set_mode(v1::MODE_ENFORCE);
  world.Apply({ApiWorld::ReadPolicy("all", "github"), trial});
  CHECK(GetStatus(world).observed_policies().empty());
  CHECK(world.Acquire(token, "secrets/a").reason() == "POLICY_DENIED");
}

TEST_CASE("a server says what it is") {
  ApiWorld world;
  auto answer = Ask(*world.admin, &Stub::GetServerInfo, v1::GetServerInfoRequest());
  CHECK(answer.response.version() == kLeaseholdVersion);
  CHECK(answer.response.ledger_format() == 1);
  CHECK(answer.response.verifier_key().starts_with(answer.response.origin() + "+"));
}

TEST_CASE("a backup holds the ledger as it was, and is recorded") {
  ApiWorld world;
  world.CreateSecret("secrets/a");
  world.AddVersion("secrets/a");
  v1::Status before = GetStatus(world);
  v1::BackupRequest request;
  request.set_path(world.server.File("copy.db"));
  auto answer = Ask(*world.admin, &Stub::Backup, request);
  REQUIRE(answer.status.error_message() == "");
  CHECK(answer.response.tree_size() == before.tree_size());
  CHECK(answer.response.root() == before.root());
  CHECK(answer.response.bytes() == std::filesystem::file_size(request.path()));
  v1::Status after = GetStatus(world);
  CHECK(after.has_last_backup_time());
  CHECK(after.tree_size() > before.tree_size());
  CHECK_FALSE(Warns(after, "backup"));
  CHECK(Ask(*world.admin, &Stub::Backup, request).reason() == "ALREADY_EXISTS");
}

TEST_CASE("a backup goes to an absolute path that can be written") {
  ApiWorld world;
  for (const char* path : {"", "copy.db", "./copy.db", "/tmp/", "/tmp/a\nb"}) {
    CAPTURE(path);
    v1::BackupRequest request;
    request.set_path(path);
    CHECK(Ask(*world.admin, &Stub::Backup, request).reason() == "INVALID_ARGUMENT");
  }
  v1::BackupRequest request;
  request.set_path(world.server.File("no/such/folder/copy.db"));
  CHECK(Ask(*world.admin, &Stub::Backup, request).reason() == "IO");
}

// A store whose copies come out wrong.
class BadCopier final : public Store {
 public:
  BadCopier(Store& store, std::function<absl::Status(const std::string&)> copy)
      : store_(store), copy_(std::move(copy)) {}
  absl::Status Append(const Batch& batch) override { return store_.Append(batch); }
  absl::Status SaveMark(const TimeMark& mark) override { return store_.SaveMark(mark); }
  absl::StatusOr<std::unique_ptr<StoreView>> NewView() override { return store_.NewView(); }
  Space GetSpace() override { return store_.GetSpace(); }
  absl::Status BackupTo(const std::string& path) override { return copy_(path); }

 private:
  Store& store_;
  const std::function<absl::Status(const std::string&)> copy_;
};

// One bit in each page but the first.
void FlipBits(const std::string& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  auto size = static_cast<std::streamoff>(std::filesystem::file_size(path));
  for (std::streamoff at = 4096 + 4000; at < size; at += 4096) {
    file.seekg(at);
    char byte = static_cast<char>(file.get());
    file.seekp(at);
    file.put(static_cast<char>(byte ^ 1));
  }
}

absl::Status RunSql(const std::string& path, const std::string& sql) {
  absl::StatusOr<SqliteConnection> connection =
      SqliteConnection::Open(path, SqliteConnection::Mode::kBuild);
  REQUIRE(connection.ok());
  return connection->Execute(sql);
}

TEST_CASE("a copy that does not verify is removed and not called a backup") {
  ApiWorld world;
  world.CreateSecret("secrets/a");
  ApiWorld other;
  Store& good = world.server.store();
  struct Row {
    const char* what;
    std::function<absl::Status(const std::string&)> copy;
  };
  auto then = [&](std::function<absl::Status(const std::string&)> spoil) {
    return [&good, spoil = std::move(spoil)](const std::string& path) {
      RETURN_IF_ERROR(good.BackupTo(path));
      return spoil(path);
    };
  };
  const Row rows[] = {
      {"damaged pages", then([](const std::string& path) {
         FlipBits(path);
         return absl::OkStatus();
       })},
      {"an entry is missing", then([](const std::string& path) {
         return RunSql(path, "DELETE FROM entries WHERE idx = 3");
       })},
      {"an entry is that of another place", then([](const std::string& path) {
         return RunSql(path,
                       "UPDATE entries SET (bytes, crc) = (SELECT bytes, crc FROM entries "
                       "WHERE idx = 4) WHERE idx = 3");
       })},
      {"a body is missing",
       then([](const std::string& path) { return RunSql(path, "DELETE FROM bodies"); })},
      {"another store",
       [&](const std::string& path) { return other.server.store().BackupTo(path); }},
  };
  const std::string path = world.server.File("copy.db");
  for (const Row& row : rows) {
    CAPTURE(row.what);
    BadCopier bad(good, row.copy);
    absl::StatusOr<BackupMade> made = MakeBackup(bad, path);
    REQUIRE_FALSE(made.ok());
    CHECK(ReasonCode(ReasonOf(made.status())) == absl::StatusCode::kInternal);
    CHECK(made.status().message().find("does not verify") != std::string_view::npos);
    CHECK_FALSE(std::filesystem::exists(path));
  }
  CHECK(MakeBackup(good, path).ok());
}

}  // namespace
}  // namespace leasehold
