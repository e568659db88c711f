// kill -9 at random moments. The usual run does 20, the long one (LEASEHOLD_TEST_KILLS) 300.

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "tests/support/installation.h"
#include "tests/support/load.h"

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
  // A random moment, not a synchronisation: every one of them has to be good.
  const timespec moment{0, static_cast<long>(random() % 40'000'000)};
  nanosleep(&moment, nullptr);
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

}  // namespace
}  // namespace leasehold
