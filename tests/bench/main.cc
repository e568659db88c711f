// leasehold-bench: measures leaseholdd against a bare echo, and writes the results as JSON.
// docs/benchmarks.md says what is measured and how to read it.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/bench/peers.h"
#include "tests/bench/results.h"
#include "tests/bench/rounds.h"

namespace leasehold {
namespace {

struct Arguments {
  std::string output = "build/bench/results.json";
  std::string folder;
  int rounds = 7;
  bool quick = false;
  std::vector<std::string> only;
  std::string peer;
};

// Says whether everything runs, not how fast: the figures of so short a run mean nothing.
constexpr int kQuickRounds = 2;
constexpr LoadWindow kQuickWindow = {absl::Milliseconds(20), absl::Milliseconds(100)};
constexpr uint64_t kManyLeases = 1'000'000;
constexpr uint64_t kQuickManyLeases = 2000;
constexpr uint64_t kQuickSizedUses = 2000;

// Long enough for a hundred commits and more in each load, short enough that all rows of a round
// see the same machine.
constexpr LoadWindow kWindow = {absl::Milliseconds(400), absl::Milliseconds(1600)};
constexpr absl::Duration kSyncMeasured = absl::Milliseconds(500);
// 20 blocks with their summaries and 80 tiles: the rest of what is not yet written is below 1 %.
constexpr uint64_t kSizedUses = 20'000;

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "leasehold-bench: error: %s\n", std::string(status.message()).c_str());
  return 1;
}

RoundOptions OptionsFrom(const Arguments& arguments) {
  RoundOptions options;
  options.folder = arguments.folder;
  options.window = arguments.quick ? kQuickWindow : kWindow;
  options.sync_measured = arguments.quick ? kQuickWindow.measured : kSyncMeasured;
  options.sized_uses = arguments.quick ? kQuickSizedUses : kSizedUses;
  options.many_leases = arguments.quick ? kQuickManyLeases : kManyLeases;
  options.only = {arguments.only.begin(), arguments.only.end()};
  return options;
}

absl::Status MakeEmpty(const std::string& folder) {
  std::error_code failed;
  std::filesystem::remove_all(folder, failed);
  if (!failed) std::filesystem::create_directories(folder, failed);
  if (!failed) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failed);
  if (!failed) return absl::OkStatus();
  return Error(Reason::kIo, StrCat("cannot make ", folder, ": ", failed.message()));
}

absl::Status Measure(const Arguments& arguments, Results& results) {
  RETURN_IF_ERROR(MakeEmpty(arguments.folder));
  {
    ASSIGN_OR_RETURN(const std::unique_ptr<Rounds> rounds, Rounds::Prepare(OptionsFrom(arguments)));
    const int count = arguments.quick ? kQuickRounds : arguments.rounds;
    for (int round = 1; round <= count; ++round) {
      std::fprintf(stderr, "leasehold-bench: round %d of %d\n", round, count);
      RETURN_IF_ERROR(rounds->RunOne(results));
    }
  }
  std::error_code ignored;
  std::filesystem::remove_all(arguments.folder, ignored);
  return absl::OkStatus();
}

int Run(Arguments arguments) {
  if (arguments.folder.empty()) {
    arguments.folder = std::filesystem::path(arguments.output).parent_path() / "run";
  }
  // The programs that are started lie beside this one.
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  setenv("LEASEHOLD_BIN_DIR", self.parent_path().c_str(), /*overwrite=*/0);
  std::signal(SIGPIPE, SIG_IGN);
  Results results;
  if (absl::Status measured = Measure(arguments, results); !measured.ok()) return Fail(measured);
  std::ofstream out(arguments.output, std::ios::trunc);
  out << results.ToJson();
  out.close();
  if (!out.good()) return Fail(Error(Reason::kIo, StrCat("cannot write ", arguments.output)));
  std::fputs(results.ToTable().c_str(), stdout);
  return 0;
}

}  // namespace
}  // namespace leasehold

int main(int argc, char** argv) {
  leasehold::Arguments arguments;
  CLI::App app("leasehold-bench: measures leaseholdd against a bare echo", "leasehold-bench");
  app.add_option("--output", arguments.output, "where the results go, as JSON");
  app.add_option("--folder", arguments.folder,
                 "an empty folder on the disk to measure; what is in it is removed "
                 "(default: run, beside the results)");
  app.add_option("--rounds", arguments.rounds, "how often everything is measured")
      ->check(CLI::PositiveNumber);
  app.add_flag("--quick", arguments.quick, "only see whether everything runs");
  app.add_option("--only", arguments.only, "rows to measure, with echo and fdatasync")
      ->delimiter(',');
  app.add_option("--peer", arguments.peer, "be one of the servers to compare with")->group("");
  app.footer("Example:\n  leasehold-bench --output build/bench/results.json");
  CLI11_PARSE(app, argc, argv);
  if (!arguments.peer.empty()) return leasehold::RunPeer(arguments.peer);
  return leasehold::Run(std::move(arguments));
}
