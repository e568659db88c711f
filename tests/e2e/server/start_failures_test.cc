// A server that cannot start says why in one sentence that says what to do, ends with the
// documented status, and leaves everything as it was.

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "server/base/crypto_bytes.h"
#include "tests/support/installation.h"

namespace leasehold {
namespace {

namespace fs = std::filesystem;

// Hash of every file in the data folder. The lock's file says who had it last.
std::map<std::string, std::string> FilesOf(const Installation& installation) {
  std::map<std::string, std::string> hashes;
  if (!fs::is_directory(installation.data_dir())) return hashes;
  for (const auto& file : fs::directory_iterator(installation.data_dir())) {
    const std::string name = file.path().filename();
    if (!file.is_regular_file() || name == "leasehold.db.lock") continue;
    // 64 MiB without meaning.
    hashes[name] = name == "leasehold.db.reserve"
                       ? std::to_string(file.file_size())
                       : HexEncode(Sha256Of(AsBytes(ContentsOf(file.path()))));
  }
  return hashes;
}

void Sql(const Installation& installation, const std::string& statement) {
  const Ran ran = RunProgram({"sqlite3", installation.DataFile("leasehold.db"), statement});
  INFO(statement << ": " << ran.err);
  REQUIRE(ran.status == 0);
}

void Write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::trunc) << text;
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
}

// A stopped server's folder with some history: leases, a revocation and a hold.
void MakeHistory(Installation& installation) {
  installation.Start();
  installation.SetUp({"bot", "other"});
  for (int i = 0; i < 5; ++i) {
    RequireOk("AcquireLease",
              installation.Agent("bot").Call<v1::AcquireLeaseResponse>(
                  "LeaseService/AcquireLease", AcquireRequestFor("billing/key", "work")));
  }
  RequireOk("Revoke", installation.Operator().Call<v1::Revocation>(
                          "RevocationService/Revoke", RevokeRequestFor(AgentSelector("bot"))));
  REQUIRE(installation.server().Stop() == 0);
}

// One line "leaseholdd: error: ... [REASON]" and no other.
void CheckRefused(Installation& installation, int status, const std::string& reason,
                  const std::string& advice) {
  const auto before = FilesOf(installation);
  const Installation::Refusal refusal = installation.StartRefused();
  INFO(refusal.log);
  CHECK(refusal.status == status);
  CHECK(std::count(refusal.log.begin(), refusal.log.end(), '\n') == 1);
  CHECK(refusal.log.starts_with("leaseholdd: error: "));
  CHECK(refusal.log.ends_with(" [" + reason + "]\n"));
  CHECK(refusal.log.find(advice) != std::string::npos);
  CHECK(FilesOf(installation) == before);
}

struct Row {
  std::string what;
  std::function<void(Installation&)> damage;
  std::string reason;
  std::string advice;
};

std::vector<Row> StoreRows() {
  return {
      {"a database of a newer schema", [](Installation& i) { Sql(i, "PRAGMA user_version = 99"); },
       "STORE_SCHEMA_NEWER", "use the server version that wrote it or a newer one"},
      {"a database that was cut in half",
       [](Installation& i) {
         const std::string path = i.DataFile("leasehold.db");
         fs::resize_file(path, fs::file_size(path) / 2);
       },
       "STORE_DAMAGED", "restore a backup"},
      {"a database that was cut to nothing",
       [](Installation& i) { fs::resize_file(i.DataFile("leasehold.db"), 0); }, "STORE_DAMAGED",
       "restore a backup"},
      {"a file that is no database",
       [](Installation& i) { Write(i.DataFile("leasehold.db"), std::string(8192, 'x')); },
       "STORE_DAMAGED", "restore a backup"},
      {"no database", [](Installation& i) { fs::remove(i.DataFile("leasehold.db")); },
       "STORE_MISSING", "leasehold server init"},
      {"a data folder that does not exist", [](Installation& i) { fs::remove_all(i.data_dir()); },
       "STORE_MISSING", "leasehold server init"},
      {"a deleted revocation",
       [](Installation& i) { Sql(i, "DELETE FROM snapshot WHERE section = 'revocations'"); },
       "STORE_DAMAGED", "restore a backup"},
      {"a changed entry",
       [](Installation& i) {
         Sql(i,
             "UPDATE entries SET bytes = CAST(substr(bytes, 1, length(bytes) - 1) || x'00' "
             "AS BLOB) WHERE idx = 3");
       },
       "STORE_DAMAGED", "restore a backup"},
      {"a removed entry", [](Installation& i) { Sql(i, "DELETE FROM entries WHERE idx = 3"); },
       "STORE_DAMAGED", "restore a backup"},
      {"a head anchor that was lost",
       [](Installation& i) { fs::remove(i.DataFile("leasehold.db.anchor")); }, "STORE_ROLLED_BACK",
       "server restore"},
      {"no root key", [](Installation& i) { fs::remove(i.DataFile("root.key")); },
       "ROOT_KEY_UNUSABLE", "leasehold server init"},
      {"a root key that others may read",
       [](Installation& i) {
         fs::permissions(i.DataFile("root.key"), fs::perms::group_read, fs::perm_options::add);
       },
       "ROOT_KEY_UNUSABLE", "chmod 0600"},
      {"a root key that was cut",
       [](Installation& i) { fs::resize_file(i.DataFile("root.key"), 20); }, "ROOT_KEY_UNUSABLE",
       "restore it from its backup"},
      {"the root key of another store",
       [](Installation& i) {
         const Installation stranger;
         fs::copy_file(stranger.DataFile("root.key"), i.DataFile("root.key"),
                       fs::copy_options::overwrite_existing);
       },
       "ROOT_KEY_WRONG", "root key"},
  };
}

TEST_CASE("a store that cannot be trusted is refused with one sentence, and nothing is changed") {
  Installation original;
  MakeHistory(original);
  const std::string kept = original.data_dir() + ".kept";
  fs::copy(original.data_dir(), kept);
  for (const Row& row : StoreRows()) {
    INFO(row.what);
    fs::remove_all(original.data_dir());
    fs::copy(kept, original.data_dir());
    fs::permissions(original.data_dir(), fs::perms::owner_all);
    row.damage(original);
    CheckRefused(original, 1, row.reason, row.advice);
  }
  // The copy that all of them began with is good.
  fs::remove_all(original.data_dir());
  fs::copy(kept, original.data_dir());
  original.Start();
}

TEST_CASE("an older copy of the database that was put back by hand is refused") {
  Installation installation;
  MakeHistory(installation);
  const std::string database = installation.DataFile("leasehold.db");
  fs::copy_file(database, database + ".older");
  installation.Start();
  RequireOk("Revoke", installation.Operator().Call<v1::Revocation>(
                          "RevocationService/Revoke", RevokeRequestFor(AgentSelector("other"))));
  REQUIRE(installation.server().Stop() == 0);
  fs::rename(database + ".older", database);
  CheckRefused(installation, 1, "STORE_ROLLED_BACK", "leasehold server restore");
}

TEST_CASE("a second server on the same folder is refused and the first goes on") {
  Installation installation;
  installation.Start();
  installation.SetUp({"bot"});
  {
    ServerProcess second(installation.options());
    // Its log lies in the same file; the first server has nothing to say meanwhile.
    REQUIRE_FALSE(second.AwaitServing());
    INFO(second.Log());
    CHECK(second.AwaitEnd() == 7);
    CHECK(second.Log().starts_with("leaseholdd: error: "));
    CHECK(second.Log().ends_with(" [STORE_LOCKED]\n"));
  }
  RequireOk("AcquireLease",
            installation.Agent("bot").Call<v1::AcquireLeaseResponse>(
                "LeaseService/AcquireLease", AcquireRequestFor("billing/key", "work")));
  RequireOk("Revoke", installation.Revoker().Call<v1::Revocation>(
                          "RevocationService/Revoke", RevokeRequestFor(AgentSelector("bot"))));
}

TEST_CASE("a port that is in use is named together with its flag") {
  Installation first;
  first.Start();
  const std::string taken = first.server().Endpoint("grpc");
  Installation second;
  const ServerOptions good = second.options();
  const std::pair<std::string, std::string ServerOptions::*> rows[] = {
      {"--listen", &ServerOptions::listen},
      {"--broker-listen", &ServerOptions::broker_listen},
      {"--metrics-listen", &ServerOptions::metrics_listen},
  };
  for (const auto& [flag, address] : rows) {
    INFO(flag);
    second.options() = good;
    second.options().*address = taken;
    CheckRefused(second, 7, "ADDRESS_IN_USE", "choose another address with " + flag);
    CHECK_FALSE(fs::exists(second.DataFile("endpoints.json")));
    CHECK_FALSE(fs::exists(second.DataFile("admin.sock")));
  }
  second.options() = good;
  second.Start();
}

TEST_CASE("a data folder that cannot be written to is refused") {
  Installation installation;
  MakeHistory(installation);
  fs::permissions(installation.data_dir(), fs::perms::owner_read | fs::perms::owner_exec);
  // Without its capabilities root is bound by the mode too.
  installation.options().wrapper = {"setpriv",    "--bounding-set", "-all",
                                    "--inh-caps", "-all",           "--"};
  CheckRefused(installation, 1, "IO", installation.data_dir());
  fs::permissions(installation.data_dir(), fs::perms::owner_all);
  installation.Start();
}

TEST_CASE("wrong flags and a wrong configuration end with status 2 and name the offender") {
  struct ConfigRow {
    std::vector<std::string> arguments;
    std::string file;  // leaseholdd.yaml
    std::string named;
  };
  const std::vector<ConfigRow> rows = {
      {{"--listne", "127.0.0.1:0"}, "", "--listne"},
      {{"stray"}, "", "stray"},
      {{"--revoke-all-at-start", ""}, "", "--revoke-all-at-start"},
      {{"--config", "/nonexistent/leaseholdd.yaml"}, "", "/nonexistent/leaseholdd.yaml"},
      {{}, "listne: 127.0.0.1:0\n", "unknown key \"listne\""},
      {{}, "log_level: loud\n", "leaseholdd.yaml:1:12"},
      {{}, "limits: {grpc_connections: none}\n", "limits.grpc_connections"},
      {{}, "revoke_all_at_start: always\n", "unknown key \"revoke_all_at_start\""},
      {{}, "agent_socket: relative.sock\n", "agent_socket"},
      {{}, "a: [\n", "leaseholdd.yaml"},
  };
  Installation installation;
  for (const ConfigRow& row : rows) {
    INFO(row.named);
    installation.options().arguments = row.arguments;
    Write(installation.DataFile("leaseholdd.yaml"), row.file);
    CheckRefused(installation, 2, "CONFIG_INVALID", row.named);
  }
}

TEST_CASE("an address that others can reach is refused, without TLS") {
  Installation installation;
  installation.options().listen = "0.0.0.0:0";
  CheckRefused(installation, 2, "CONFIG_INVALID", "listen at 127.0.0.1");
}

TEST_CASE("a data folder is made once") {
  Installation installation;
  const auto before = FilesOf(installation);
  const Ran again = installation.Cli({"server", "init"});
  INFO(again.err);
  CHECK(again.status == 1);
  CHECK(FilesOf(installation) == before);
}

}  // namespace
}  // namespace leasehold
