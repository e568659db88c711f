#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "server/metrics/metrics_server.h"
#include "server/net/socket/listen_tcp.h"
#include "tests/support/pause.h"
#include "tests/support/temp_folder.h"

namespace leasehold {
namespace {

// The tests run in the repository's root.
constexpr char kDeploy[] = "deploy/prometheus";

// What a shell command prints, and whether it succeeded.
struct Ran {
  bool ok;
  std::string output;
};

Ran Run(const std::string& command) {
  std::FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  char buffer[4096];
  for (size_t n; (n = fread(buffer, 1, sizeof(buffer), pipe)) > 0;) output.append(buffer, n);
  return {pclose(pipe) == 0, output};
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

// Metrics in which every group has been fed, as in a server that has done everything once.
class FedMetrics {
 public:
  FedMetrics() {
    metrics_.ForMethod("leasehold.v1.LeaseService", "AcquireLease")
        ->Handled(absl::StatusCode::kOk, absl::Milliseconds(2));
    metrics_.ForAdapter("broker")->Decided({.decision = UseMetrics::Decision::kDenied,
                                            .reason = Reason::kPolicyDenied,
                                            .enforced = true,
                                            .took = absl::Milliseconds(1)});
    metrics_.ForCommits()->duration.Observe(absl::Milliseconds(1));
    metrics_.ForCommits()->batch_entries.Observe(3);
    metrics_.ForLeases()->issued_brokered.Increment();
    metrics_.ForRevocations()->Revoked("agent", absl::Milliseconds(1));
    metrics_.ForRevocations()->StreamCut(absl::Milliseconds(1));
    metrics_.ForAuthentication()->Failed("agent_token", Reason::kTokenForeign);
    metrics_.ForBroker()->RequestFinished(200);
    metrics_.ForBroker()->AddedSeconds(0.0005);
    metrics_.SetSampler([] {
      StateSample sample;
      sample.ready = true;
      sample.leases_active = 2;
      sample.commit_queue_length = 0;
      sample.ledger_entries = 1234;
      sample.ledger_bytes = 1 << 20;
      sample.storage_free_bytes = uint64_t{1} << 40;
      sample.last_backup = absl::UnixEpoch() + absl::Hours(2);
      sample.policy_revision = 7;
      sample.approvals_pending = 3;
      sample.clock_adjustments = 0;
      return sample;
    });
    auto server = MetricsServer::Start(SocketAddress::LoopbackV4(0), &metrics_,
                                       [] { return absl::OkStatus(); });
    REQUIRE(server.ok());
    server_ = *std::move(server);
  }

  std::string address() const { return server_->address(); }

 private:
  Metrics metrics_{"1.2.3"};
  std::unique_ptr<MetricsServer> server_;
};

// Names of the metrics in `text`; a histogram counts by its own name.
std::set<std::string> NamesIn(const std::string& text) {
  static const std::regex name("\\b(leasehold|grpc_server)_[a-z_]+");
  static const std::regex suffix("_(bucket|sum|count)$");
  std::set<std::string> names;
  for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it) {
    names.insert(std::regex_replace(it->str(), suffix, ""));
  }
  return names;
}

TEST_CASE("promtool finds nothing wrong with what the server serves", "[metrics]") {
  const FedMetrics metrics;
  const TempFolder folder;
  const std::string file = folder.File("metrics");
  const Ran fetched =
      Run("curl -sS --fail -o " + file + " http://" + metrics.address() + "/metrics");
  INFO(fetched.output);
  REQUIRE(fetched.ok);
  const Ran checked = Run("promtool check metrics < " + file);
  INFO(checked.output);
  CHECK(checked.ok);
  CHECK(checked.output.empty());
  // It would say so if something were.
  std::ofstream(file, std::ios::app) << "# TYPE wrong counter\nwrong 1\n";
  CHECK_FALSE(Run("promtool check metrics < " + file).ok);
}

TEST_CASE("the configuration and the alerts for Prometheus are in order", "[metrics]") {
  const Ran config = Run(std::string("promtool check config ") + kDeploy + "/prometheus.yml");
  INFO(config.output);
  CHECK(config.ok);
  const Ran rules = Run("promtool test rules tests/integration/metrics/alerts_test.yml");
  INFO(rules.output);
  CHECK(rules.ok);
}

TEST_CASE("the alerts speak of metrics that the server has", "[metrics]") {
  const FedMetrics metrics;
  const Ran served = Run("curl -sS --fail http://" + metrics.address() + "/metrics");
  REQUIRE(served.ok);
  const std::set<std::string> known = NamesIn(served.output);
  const std::string rules = ReadFile(std::string(kDeploy) + "/leasehold.rules.yml");
  const std::set<std::string> used = NamesIn(rules);
  CHECK(used.size() > 5);
  for (const std::string& name : used) {
    INFO(name);
    CHECK(known.count(name) == 1);
  }
}

// A process of the test's own, ended with it.
class Child {
 public:
  Child(std::vector<std::string> arguments, const std::string& log) {
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    REQUIRE(posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  bool HasEnded() {
    if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
    return pid_ < 0;
  }

 private:
  pid_t pid_ = -1;
};

// A port that was free a moment ago.
std::string FreeAddress() {
  const auto fd = ListenTcp(SocketAddress::LoopbackV4(0), "--listen");
  REQUIRE(fd.ok());
  return SocketAddress::OfSocket(fd->get()).ToString();
}

// The value that Prometheus has of `query`, once it has one; "" where it ended or takes too long.
std::string AskPrometheus(Child& prometheus, const std::string& address, const std::string& query) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  static const std::regex value("\"value\":\\[[0-9.]+,\"([^\"]*)\"\\]");
  while (std::chrono::steady_clock::now() < deadline && !prometheus.HasEnded()) {
    const Ran ran = Run("curl -sS --get --data-urlencode 'query=" + query + "' http://" + address +
                        "/api/v1/query");
    std::smatch match;
    if (ran.ok && std::regex_search(ran.output, match, value)) return match[1];
    Pause(50);  // Not too often; how long it takes does not matter.
  }
  return "";
}

TEST_CASE("Debian's Prometheus scrapes the server with the configuration that we ship",
          "[metrics]") {
  const FedMetrics metrics;
  const TempFolder folder;
  std::string config = ReadFile(std::string(kDeploy) + "/prometheus.yml");
  const auto replace = [&config](const std::string& from, const std::string& to) {
    const size_t place = config.find(from);
    REQUIRE(place != std::string::npos);
    config.replace(place, from.size(), to);
  };
  replace("127.0.0.1:8643", metrics.address());
  replace("scrape_interval: 15s", "scrape_interval: 1s");
  std::ofstream(folder.File("prometheus.yml")) << config;
  std::ofstream(folder.File("leasehold.rules.yml"))
      << ReadFile(std::string(kDeploy) + "/leasehold.rules.yml");
  const std::string log = folder.File("log");
  std::string ready;
  // Somebody else may take the port in between, so it is tried again.
  for (int attempt = 0; attempt < 3 && ready.empty(); ++attempt) {
    const std::string address = FreeAddress();
    Child prometheus(
        {"prometheus", "--config.file=" + folder.File("prometheus.yml"),
         "--storage.tsdb.path=" + folder.File("data"), "--web.listen-address=" + address},
        log);
    ready = AskPrometheus(prometheus, address, "leasehold_ready{job=\"leasehold\"}");
    if (ready.empty()) continue;
    CHECK(AskPrometheus(prometheus, address, "leasehold_ledger_entries_total") == "1234");
    CHECK(AskPrometheus(prometheus, address,
                        "leasehold_uses_total{adapter=\"broker\",decision=\"denied\"}") == "1");
    CHECK(AskPrometheus(prometheus, address,
                        "grpc_server_handling_seconds_bucket{le=\"0.0025\"}") == "1");
    CHECK(AskPrometheus(prometheus, address, "up{job=\"leasehold\"}") == "1");
  }
  INFO(ReadFile(log));
  CHECK(ready == "1");
}

}  // namespace
}  // namespace leasehold
