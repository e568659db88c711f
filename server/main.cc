// leaseholdd: configuration, start, signals, stop.

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>
#include <variant>

#include "server/base/process.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/base/version.h"
#include "server/config/load_config.h"
#include "server/logging/log.h"
#include "server/server.h"
#include "server/vault/secret_arena.h"

namespace {

using leasehold::Reason;

// The same numbers as the command line has for the same things; scripts and systemd units rely on
// them.
constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;
constexpr int kExitUnavailable = 7;

int Fail(const absl::Status& status, int exit) {
  std::fprintf(stderr, "leaseholdd: error: %s [%s]\n", std::string(status.message()).c_str(),
               std::string(leasehold::ReasonName(leasehold::ReasonOf(status))).c_str());
  return exit;
}

int ExitFor(const absl::Status& status) {
  switch (leasehold::ReasonOf(status)) {
    case Reason::kConfigInvalid:
      return kExitUsage;
    case Reason::kAddressInUse:
    case Reason::kStoreLocked:
      return kExitUnavailable;
    default:
      return kExitFailure;
  }
}

// Blocks SIGTERM and SIGINT in this thread and those it starts, so that Wait alone takes them.
class StopSignal {
 public:
  StopSignal() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    // A peer that hangs up is an error of a write, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
  }
  int Wait() const {
    int signal = 0;
    sigwait(&set_, &signal);
    return signal;
  }

 private:
  sigset_t set_;
};

}  // namespace

int main(int argc, char** argv) {
  if (absl::Status hardened = leasehold::HardenProcess(); !hardened.ok()) {
    return Fail(hardened, kExitFailure);
  }
  leasehold::PrepareForLoad();
  auto loaded = leasehold::LoadConfig(leasehold::ConfigSources::OfProcess(argc, argv),
                                      std::string(leasehold::kLeaseholdVersion));
  if (!loaded.ok()) {
    return Fail(loaded.status(), kExitUsage);
  }
  if (const auto* print = std::get_if<leasehold::PrintAndEnd>(&*loaded)) {
    std::fputs(print->text.c_str(), stdout);
    return 0;
  }
  auto& config = std::get<leasehold::Config>(*loaded);
  leasehold::SetLogOptions(config.log);
  if (auto arena = leasehold::SecretArena::OfProcess(); !arena.ok()) {
    return Fail(arena.status(), kExitFailure);
  }
  StopSignal stop;
  leasehold::SystemClock clock;
  auto server = leasehold::Server::Start(std::move(config), clock);
  if (!server.ok()) {
    return Fail(server.status(), ExitFor(server.status()));
  }
  leasehold::LogInfo("serving",
                     {{"where", (*server)->Where()}, {"version", leasehold::kLeaseholdVersion}});
  int signal = stop.Wait();
  leasehold::LogInfo("stopping", {{"signal", signal}});
  server->reset();
  leasehold::LogInfo("stopped");
  return 0;
}
