// A disk that fails: a build of leaseholdd with a layer under SQLite that fails the Nth write or
// sync. The server stops rather than going on, and what it acknowledged is there afterwards.
// LEASEHOLD_TEST_FAULTS=all tries every N, the usual run a sample.

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/installation.h"
#include "tests/support/load.h"

namespace leasehold {
namespace {

constexpr char kFaultyServer[] = LEASEHOLD_FAULTY_SERVER;
// A server that has answered so much has met every fault that is planned here.
constexpr uint64_t kAnswersMax = 4000;

std::vector<int> Places(std::vector<int> sample) {
  if (std::getenv("LEASEHOLD_TEST_FAULTS") == nullptr) return sample;
  std::vector<int> all;
  for (int n = 1; n <= 150; ++n) all.push_back(n);
  return all;
}

// Runs the load against a server with this fault until it ends. Its exit status, or -SIGKILL where
// it went on for so long that it had to be killed.
int RunFaulty(Installation& installation, Load& load, const std::string& plan) {
  ServerOptions& options = installation.options();
  options.program = kFaultyServer;
  options.environment = {"LEASEHOLD_FAULT_VFS=" + plan};
  int status = 0;
  if (!installation.StartOrRefuse()) {
    status = installation.server().AwaitEnd();
  } else {
    load.Start();
    load.AwaitAnswers(kAnswersMax);
    if (load.answers() >= kAnswersMax) installation.server().Kill();
    load.Join();
    status = installation.server().AwaitEnd();
  }
  options.program.clear();
  options.environment.clear();
  return status;
}

void TryPlaces(const std::string& calls, const std::string& how, const std::vector<int>& places,
               bool must_stop) {
  Installation installation;
  installation.Start();
  const std::vector<std::string> agents = {"a0", "a1", "a2", "a3"};
  installation.SetUp(agents);
  Load load(installation, agents, 1);
  REQUIRE(installation.server().Stop() == 0);
  for (const int place : places) {
    const std::string plan = calls + ":" + std::to_string(place) + how;
    INFO(plan);
    const int status = RunFaulty(installation, load, plan);
    const std::string log = installation.server().Log();
    INFO(log);
    if (must_stop || status != -SIGKILL) {
      CHECK(status == 1);
      // The last thing it says is why.
      const size_t line = log.rfind('\n', log.size() - 2) + 1;
      CHECK(log.substr(line).starts_with("leaseholdd: "));
    }
    installation.Start();
    load.Check();
    REQUIRE(installation.server().Stop() == 0);
  }
  installation.CheckLedgerVerifies();
}

const std::vector<int> kSample = {1, 2, 3, 4, 5, 6, 7, 9, 12, 20, 33, 54, 88, 143};
const std::vector<int> kSmallSample = {1, 2, 3, 4, 5, 8, 17, 60};

TEST_CASE("when syncs fail from the Nth on, the server stops and loses nothing acknowledged") {
  TryPlaces("sync", ":lasting", Places(kSample), /*must_stop=*/true);
}

TEST_CASE("when one sync fails, the server stops and loses nothing acknowledged") {
  TryPlaces("sync", "", Places(kSmallSample), /*must_stop=*/true);
}

TEST_CASE("when writes fail from the Nth on, the server stops and loses nothing acknowledged") {
  TryPlaces("write", ":lasting", Places(kSample), /*must_stop=*/true);
}

TEST_CASE("when one write fails, the server stops and loses nothing acknowledged") {
  TryPlaces("write", "", Places(kSmallSample), /*must_stop=*/true);
}

// Where only one write is refused for want of room, the reserve may take it and all goes on.
TEST_CASE("when a disk is full from the Nth write on, nothing acknowledged is lost") {
  TryPlaces("sync+write", ":lasting:full", Places(kSmallSample), /*must_stop=*/false);
}

TEST_CASE("when one write finds the disk full, nothing acknowledged is lost") {
  TryPlaces("sync+write", ":full", Places(kSmallSample), /*must_stop=*/false);
}

}  // namespace
}  // namespace leasehold
