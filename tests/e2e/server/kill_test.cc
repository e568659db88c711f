// kill -9 at random moments. The usual run does 20, the long one (LEASEHOLD_TEST_KILLS) 300.

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "tests/support/installation.h"
#include "tests/support/load.h"
#include "tests/support/pause.h"

namespace leasehold {
namespace {

// A fresh ledger after so many kills: every check reads it whole.
constexpr int kKillsOfOneLedger = 20;

int Kills() {
  const char* const asked = std::getenv("LEASEHOLD_TEST_KILLS");
  return asked == nullptr ? 20 : std::atoi(asked);
}

// Kills a server that is about to serve; what it does then it has to be able to do again.
void KillWhileStarting(Installation& installation, std::mt19937_64& random) {
  ServerProcess starting(installation.options());
  // Waits for nothing: whatever moment this turns out to be has to be good.
  Pause(static_cast<int>(random() % 40));
  starting.Kill();
}

void KillSeries(int kills, std::mt19937_64& random) {
  Installation installation;
  installation.Start();
  const std::vector<std::string> agents = {"a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7"};
  installation.SetUp(agents);
  Load load(installation, agents, random());
  for (int kill = 0; kill < kills; ++kill) {
    INFO("kill " << kill);
    load.Start();
    load.AwaitAnswers(1 + random() % 800);
    REQUIRE(installation.server().Kill() == -SIGKILL);
    load.Join();
    if (kill % 4 == 3) KillWhileStarting(installation, random);
    installation.Start();
    load.Check();
  }
  installation.CheckLedgerVerifies();
  CHECK(installation.server().Stop() == 0);
  installation.CheckLedgerVerifies();
}

TEST_CASE("after kill -9 at a random moment everything acknowledged is there") {
  const uint64_t seed = Catch::rngSeed() != 0 ? Catch::rngSeed() : std::random_device()();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int left = Kills(); left > 0; left -= kKillsOfOneLedger) {
    KillSeries(std::min(left, kKillsOfOneLedger), random);
  }
}

// The test above is worth what this finds: database and anchor of a moment before are put back, as
// a disk would do that forgets what was synced.
TEST_CASE("a server that lost what it acknowledged would be found out") {
  Installation installation;
  installation.Start();
  installation.SetUp({"a0", "a1"});
  Load load(installation, {"a0", "a1"}, 7);
  REQUIRE(installation.server().Stop() == 0);
  const std::vector<std::string> files = {"leasehold.db", "leasehold.db.anchor"};
  for (const std::string& file : files) {
    std::filesystem::copy(installation.DataFile(file), installation.DataFile(file + ".before"));
  }
  installation.Start();
  load.Start();
  load.AwaitAnswers(200);
  REQUIRE(installation.server().Stop() == 0);
  load.Join();
  for (const std::string& file : files) {
    std::filesystem::rename(installation.DataFile(file + ".before"), installation.DataFile(file));
  }
  installation.Start();
  CHECK_FALSE(load.Examine().empty());
}

}  // namespace
}  // namespace leasehold
