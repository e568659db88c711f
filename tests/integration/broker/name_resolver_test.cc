#include "server/broker/http/name_resolver.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace leasehold {
namespace {

namespace asio = boost::asio;
using State = NameResolver::Resolved::State;

// Name servers of which some never answer: names that begin with "hang" wait until the test lets
// them go on, others are found at once, "unknown" is not. Shared with threads that may outlive the
// test.
class NameServers {
 public:
  std::vector<asio::ip::address> Lookup(const std::string& host) {
    {
      absl::MutexLock lock(&mu_);
      ++lookups_[host];
    }
    if (host.starts_with("hang")) let_go_.WaitForNotification();
    if (host == "unknown") return {};
    return {asio::ip::make_address("192.0.2.7")};
  }
  void LetGo() { let_go_.Notify(); }
  int Lookups(const std::string& host) {
    absl::MutexLock lock(&mu_);
    return lookups_[host];
  }
  void AwaitLookup(const std::string& host) {
    const auto there = [&] { return lookups_[host] > 0; };
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(&there));
  }

 private:
  absl::Mutex mu_;
  std::map<std::string, int> lookups_;
  absl::Notification let_go_;
};

class ResolverFixture {
 public:
  // An hour: no test waits for it.
  explicit ResolverFixture(absl::Duration timeout = absl::Hours(1))
      : resolver_(std::in_place, &io_, timeout,
                  [servers = servers](const std::string& host) { return servers->Lookup(host); }) {}
  ~ResolverFixture() {
    if (hangs) servers->LetGo();
  }

  // Asks; the answer is in the list of this name when it comes.
  void Ask(const std::string& host) {
    asio::co_spawn(io_, AskAndNote(host), [](const std::exception_ptr& failure) {
      if (failure != nullptr) std::terminate();
    });
  }
  // Runs until `count` answers have come.
  void RunUntilAnswered(size_t count) {
    while (answers_ < count) io_.run_one();
  }
  size_t Count(const std::string& host, State state) {
    size_t count = 0;
    for (const State one : answers[host]) count += one == state ? 1 : 0;
    return count;
  }
  void Close() { resolver_->Close(); }
  // Everything that asio can do without an answer of a thread.
  void Poll() {
    while (io_.poll() > 0) {
    }
  }
  void Destroy() { resolver_.reset(); }

  bool hangs = true;
  const std::shared_ptr<NameServers> servers = std::make_shared<NameServers>();
  std::map<std::string, std::vector<State>> answers;

 private:
  asio::awaitable<void> AskAndNote(std::string host) {
    const NameResolver::Resolved resolved = co_await resolver_->Resolve(host);
    CHECK((resolved.state == State::kFound) == !resolved.addresses.empty());
    answers[host].push_back(resolved.state);
    ++answers_;
  }

  asio::io_context io_{1};
  // So that it may be run again after it had nothing to do.
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  size_t answers_ = 0;
  std::optional<NameResolver> resolver_;
};

TEST_CASE("names are found, or they are not") {
  ResolverFixture fixture;
  fixture.Ask("shop");
  fixture.Ask("unknown");
  fixture.RunUntilAnswered(2);
  CHECK(fixture.Count("shop", State::kFound) == 1);
  CHECK(fixture.Count("unknown", State::kUnknown) == 1);
}

TEST_CASE("a name whose servers do not answer delays no other name") {
  ResolverFixture fixture;
  // More requests for it than there are threads: they share one.
  for (size_t i = 0; i < 3 * NameResolver::kThreadsMax; ++i) fixture.Ask("hang");
  fixture.Poll();
  fixture.servers->AwaitLookup("hang");
  for (int i = 0; i < 20; ++i) fixture.Ask("shop-" + std::to_string(i));
  fixture.RunUntilAnswered(20);
  CHECK(fixture.Count("shop-19", State::kFound) == 1);
  CHECK(fixture.servers->Lookups("hang") == 1);
  CHECK(fixture.answers["hang"].empty());
  fixture.servers->LetGo();
  fixture.hangs = false;
  fixture.RunUntilAnswered(20 + 3 * NameResolver::kThreadsMax);
  CHECK(fixture.Count("hang", State::kFound) == 3 * NameResolver::kThreadsMax);
}

TEST_CASE("whoever waits for a name gives up after the time limit, and nobody asks twice") {
  ResolverFixture fixture(absl::Milliseconds(20));
  fixture.Ask("hang");
  fixture.RunUntilAnswered(1);
  fixture.Ask("hang");
  fixture.RunUntilAnswered(2);
  CHECK(fixture.Count("hang", State::kTimedOut) == 2);
  CHECK(fixture.servers->Lookups("hang") == 1);
}

TEST_CASE("more names than may wait are refused at once") {
  ResolverFixture fixture;
  for (size_t i = 0; i < NameResolver::kNamesMax + 5; ++i) fixture.Ask("hang-" + std::to_string(i));
  fixture.Ask("hang-0");  // is among them already
  fixture.RunUntilAnswered(5);
  CHECK(fixture.answers.size() == 5);
  for (const auto& [host, states] : fixture.answers) CHECK(states[0] == State::kTooMany);
}

TEST_CASE("closing ends all waiting while lookups hang") {
  ResolverFixture fixture;
  fixture.Ask("hang");
  fixture.Poll();
  fixture.servers->AwaitLookup("hang");
  CHECK(fixture.answers.empty());
  fixture.Close();
  fixture.Ask("shop");
  fixture.RunUntilAnswered(2);
  CHECK(fixture.Count("hang", State::kClosed) == 1);
  CHECK(fixture.Count("shop", State::kClosed) == 1);
  // The thread comes back to a resolver that is gone.
  fixture.Destroy();
}

TEST_CASE("the system is asked for real names") {
  const auto found = NameResolver::AskSystem("localhost");
  REQUIRE_FALSE(found.empty());
  for (const auto& address : found) CHECK(address.is_loopback());
  CHECK(NameResolver::AskSystem("no-such-host.invalid").empty());
}

}  // namespace
}  // namespace leasehold
