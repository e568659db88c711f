// The keys of a real server: sealed starts, and rotations while it serves or is killed.

#include <sqlite3.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "leasehold/v1/admin.pb.h"
#include "leasehold/v1/identity.pb.h"
#include "leasehold/v1/secret.pb.h"
#include "tests/support/installation.h"
#include "tests/support/load.h"
#include "tests/support/pause.h"

namespace leasehold {
namespace {

// A number that the database of a running server holds.
int64_t NumberIn(const Installation& installation, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open_v2(installation.DataFile("leasehold.db").c_str(), &database,
                          SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  sqlite3_busy_timeout(database, 10'000);
  sqlite3_stmt* statement = nullptr;
  REQUIRE(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
  const int64_t number = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return number;
}

int64_t VersionsUnder(const Installation& installation, int key) {
  return NumberIn(installation,
                  "SELECT count(*) FROM versions WHERE key_number = " + std::to_string(key));
}

int64_t EncryptionKeys(const Installation& installation) {
  return NumberIn(installation, "SELECT count(*) FROM keys WHERE class = 1");
}

void AddVersions(const Installation& installation, const std::string& secret, int count) {
  const ApiClient admin = installation.Operator();
  for (int i = 0; i < count; ++i) {
    v1::AddVersionRequest add;
    add.set_parent("secrets/" + secret);
    add.add_fields()->set_name("value");
    add.mutable_fields(0)->set_value(RandomText());
    RequireOk("AddVersion", admin.Call<v1::Version>("SecretService/AddVersion", add));
  }
}

v1::AcquireLeaseResponse Acquire(const Installation& installation, const std::string& agent) {
  v1::AcquireLeaseRequest request = AcquireRequestFor("billing/key", "w");
  request.set_delivery(v1::DELIVERY_REVEALED);
  const auto lease = installation.Agent(agent).Call<v1::AcquireLeaseResponse>(
      "LeaseService/AcquireLease", request);
  RequireOk("AcquireLease", lease);
  return lease.value;
}

// The value that a lease's agent gets.
std::string Revealed(const Installation& installation, const std::string& agent,
                     const std::string& token) {
  v1::RevealSecretRequest request;
  request.set_token(token);
  const auto revealed =
      installation.Agent(agent).Call<v1::RevealSecretResponse>("UseService/RevealSecret", request);
  RequireOk("RevealSecret", revealed);
  REQUIRE(revealed.value.fields_size() == 1);
  return revealed.value.fields(0).value();
}

// A passphrase in a file of the test's folder.
class PassphraseFile {
 public:
  PassphraseFile() : passphrase_(RandomText()) {
    std::ofstream(folder_.File("passphrase")) << passphrase_ << "\n";
    std::ofstream(folder_.File("wrong")) << RandomText() << "\n";
  }
  std::string right() const { return folder_.File("passphrase"); }
  std::string wrong() const { return folder_.File("wrong"); }
  const std::string& passphrase() const { return passphrase_; }

 private:
  TempFolder folder_;
  const std::string passphrase_;
};

std::string Metrics(Installation& installation) {
  return RunProgram(
             {"curl", "-sS", "http://" + installation.server().Endpoint("metrics") + "/metrics"})
      .out;
}

}  // namespace

TEST_CASE("a server under a passphrase starts sealed and serves once it has it") {
  const PassphraseFile file;
  Installation installation("", {"--root-key", "passphrase", "--passphrase-file", file.right()});
  CHECK(ContentsOf(installation.DataFile("root.key")).starts_with("lhroot2_"));
  installation.Start();
  const Ran status = installation.Cli({"server", "status"});
  CHECK(status.status == 0);
  CHECK_THAT(status.out, Catch::Contains("sealed: run `leasehold server unseal`"));
  CHECK_THAT(Metrics(installation), Catch::Contains("leasehold_ready 0"));
  CHECK(RunProgram({"curl", "-sS", "--fail",
                    "http://" + installation.server().Endpoint("metrics") + "/readyz"})
            .status != 0);
  CHECK_THAT(installation.Cli({"doctor"}).out, Catch::Contains("leasehold server unseal"));
  installation.AddAgent("bot");
  const auto refused = installation.Agent("bot").Call<v1::AcquireLeaseResponse>(
      "LeaseService/AcquireLease", AcquireRequestFor("billing/key", "w"));
  CHECK(refused.reason == "SEALED");
  CHECK(refused.code == 14);  // UNAVAILABLE
  // What stops goes through, on its own socket too.
  RequireOk("Revoke", installation.Revoker().Call<v1::Revocation>(
                          "RevocationService/Revoke", RevokeRequestFor(AgentSelector("bot"))));
  CHECK(installation.Cli({"resume", "--agent", "bot", "--reason", "a test"}).status == 0);

  const Ran wrong = installation.Cli({"server", "unseal", "--passphrase-file", file.wrong()});
  CHECK(wrong.status == 1);
  CHECK_THAT(wrong.err, Catch::Contains("the passphrase is not that of the root key"));
  CHECK_THAT(
      Metrics(installation),
      Catch::Contains(
          R"(leasehold_auth_failures_total{method="passphrase",reason="ROOT_KEY_WRONG"} 1)"));
  const Ran right = installation.Cli({"server", "unseal", "--passphrase-file", file.right()});
  INFO(right.err);
  CHECK(right.status == 0);
  CHECK_THAT(Metrics(installation), Catch::Contains("leasehold_ready 1"));
  CHECK(installation.Cli({"server", "unseal", "--passphrase-file", file.right()}).status == 1);

  installation.SetUp({"worker"}, "not-a-real-key");
  const std::string token = Acquire(installation, "worker").token();
  CHECK(Revealed(installation, "worker", token) == "not-a-real-key");

  // Sealed again after a restart, and tokens of before count after it is unsealed.
  CHECK(installation.server().Stop() == 0);
  installation.options().arguments = {"--revoke-all-at-start", "stolen laptop"};
  installation.Start();
  CHECK_THAT(installation.WholeLog(), Catch::Contains("all leases were revoked before serving"));
  installation.options().arguments.clear();
  CHECK(installation.Cli({"server", "unseal", "--passphrase-file", file.right()}).status == 0);
  v1::RevealSecretRequest reveal;
  reveal.set_token(token);
  CHECK(installation.Agent("worker")
            .Call<v1::RevealSecretResponse>("UseService/RevealSecret", reveal)
            .reason == "LEASE_REVOKED");
  CHECK(installation.WholeLog().find(file.passphrase()) == std::string::npos);
  installation.CheckLedgerVerifies();
}

TEST_CASE("a backup of a server under a passphrase is restored with the passphrase") {
  const PassphraseFile file;
  Installation installation("", {"--root-key", "passphrase", "--passphrase-file", file.right()});
  installation.Start();
  CHECK(installation.Cli({"server", "unseal", "--passphrase-file", file.right()}).status == 0);
  installation.SetUp({"bot"}, "not-a-real-key");
  const std::string backup = installation.DataFile("backup.db");
  REQUIRE(installation.Cli({"server", "backup", backup}).status == 0);
  CHECK(installation.server().Stop() == 0);
  const std::vector<std::string> restore = {"server", "restore", "--from", backup, "--yes"};
  const auto with = [&](const std::string& passphrase) {
    std::vector<std::string> command = restore;
    command.insert(command.end(), {"--passphrase-file", passphrase});
    return installation.Cli(command).status;
  };
  CHECK(with(file.wrong()) == 1);
  CHECK(with(file.right()) == 0);
  installation.Start();
  CHECK(installation.Cli({"server", "unseal", "--passphrase-file", file.right()}).status == 0);
  installation.AddAgent("other");
  CHECK(Revealed(installation, "other", Acquire(installation, "other").token()) ==
        "not-a-real-key");
}

TEST_CASE("keys are rotated under load, and nobody notices") {
  Installation installation;
  installation.Start();
  const std::vector<std::string> agents = {"a0", "a1", "a2", "a3"};
  installation.SetUp({"a0", "a1", "a2", "a3", "keeper"});
  AddVersions(installation, "billing/key", 100);
  const auto early = Acquire(installation, "keeper");
  const std::string backup = installation.DataFile("old-keys.db");
  REQUIRE(installation.Cli({"server", "backup", backup}).status == 0);
  REQUIRE(installation.Cli({"ledger", "checkpoint"}).status == 0);
  const std::string value = Revealed(installation, "keeper", early.token());

  Load load(installation, agents, 11);
  load.Start();
  for (int round = 1; round <= 3; ++round) {
    load.AwaitAnswers(static_cast<uint64_t>(round) * 60);
    const Ran rotated = installation.Cli({"server", "rotate-keys", "-o", "json"});
    INFO(rotated.out << rotated.err);
    REQUIRE(rotated.status == 0);
    CHECK(EncryptionKeys(installation) == 1);
    CHECK(VersionsUnder(installation, round + 1) == 101);
    // The kept checkpoint follows.
    const Ran checkpoint = installation.Cli({"ledger", "checkpoint"});
    INFO(checkpoint.err);
    CHECK(checkpoint.status == 0);
  }
  load.AwaitAnswers(300);
  load.Stop();
  load.Join();
  load.Check();
  installation.CheckLedgerVerifies();
  CHECK(Revealed(installation, "keeper", early.token()) == value);

  // After a restart too.
  REQUIRE(installation.server().Kill() == -SIGKILL);
  installation.Start();
  load.Check();
  CHECK(Revealed(installation, "keeper", early.token()) == value);
  installation.CheckLedgerVerifies();
  CHECK(installation.Cli({"ledger", "checkpoint"}).status == 0);

  // A backup has the keys of its time, and needs the root key alone.
  CHECK(installation.server().Stop() == 0);
  const Ran restored = installation.Cli({"server", "restore", "--from", backup, "--yes"});
  REQUIRE(restored.status == 0);
  CHECK_THAT(restored.out, Catch::Contains("keys (changed later)"));
  installation.Start();
  installation.AddAgent("late");
  CHECK(Revealed(installation, "late", Acquire(installation, "late").token()) == value);
  CHECK(VersionsUnder(installation, 1) == 101);
  CHECK(installation.Cli({"server", "rotate-keys"}).status == 0);
  installation.CheckLedgerVerifies();
}

TEST_CASE("a rotation that kill -9 cuts short is finished by the next start") {
  Installation installation;
  installation.Start();
  installation.SetUp({"bot"}, "not-a-real-key");
  constexpr int kVersions = 400;
  AddVersions(installation, "billing/key", kVersions - 1);
  const auto lease = Acquire(installation, "bot");
  const std::string value = Revealed(installation, "bot", lease.token());
  for (int key = 2; key < 5; ++key) {
    INFO("key " << key);
    v1::RotateKeysRequest rotate;
    rotate.add_uses(v1::KEY_USE_ENCRYPTION);
    {
      const ApiClient admin = installation.Operator();
      // Its end is awaited: a connection must not go while a call on it is under way.
      absl::Notification over;
      admin.Start("AdminService/RotateKeys", rotate,
                  [&over](const CallStatus&, const std::string&) { over.Notify(); });
      // Between any two batches: the first, one in the middle, the last.
      const int64_t some = key == 2 ? 1 : key == 3 ? kVersions / 2 : kVersions - 1;
      while (VersionsUnder(installation, key) < some) continue;
      REQUIRE(installation.server().Kill() == -SIGKILL);
      over.WaitForNotification();
    }
    installation.Start();
    CHECK(Revealed(installation, "bot", lease.token()) == value);
    while (EncryptionKeys(installation) > 1) Pause(5);
    CHECK(VersionsUnder(installation, key) == kVersions);
    CHECK(Revealed(installation, "bot", lease.token()) == value);
  }
  installation.CheckLedgerVerifies();
}

}  // namespace leasehold
