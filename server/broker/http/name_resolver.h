#ifndef LEASEHOLD_SERVER_BROKER_HTTP_NAME_RESOLVER_H_
#define LEASEHOLD_SERVER_BROKER_HTTP_NAME_RESOLVER_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"

namespace leasehold {

// Looks up host names for the broker. The system's resolver blocks, cannot be cancelled, and waits
// for name servers that do not answer; so it runs on threads of its own, "lh-resolve", one name
// hangs at most one of them however many requests want it, and whoever waits does so only for a
// while. Belongs to the broker's thread.
class NameResolver {
 public:
  // Threads, each started when all before it are busy. So many names may hang at a time before
  // others are held up.
  static constexpr size_t kThreadsMax = 8;
  // Names that are looked up or wait for a thread. More are refused: with eight threads, what would
  // wait behind them hardly gets its turn within the time limit.
  static constexpr size_t kNamesMax = 64;

  // The addresses of a name, none where it has none or the lookup failed. Runs on any thread,
  // several at once, and may block for long.
  using Lookup = std::function<std::vector<boost::asio::ip::address>(const std::string& host)>;
  // Asks the system: files, name servers.
  static std::vector<boost::asio::ip::address> AskSystem(const std::string& host);

  NameResolver(boost::asio::io_context* io, absl::Duration timeout, Lookup lookup = &AskSystem);
  // Closes. A lookup that hangs is left to its thread, which touches nothing of this any more.
  ~NameResolver();
  NameResolver(const NameResolver&) = delete;
  NameResolver& operator=(const NameResolver&) = delete;

  struct Resolved {
    enum class State { kFound, kUnknown, kTimedOut, kTooMany, kClosed };
    State state = State::kTimedOut;
    std::vector<boost::asio::ip::address> addresses;  // not empty where found
  };
  boost::asio::awaitable<Resolved> Resolve(std::string host);

  // All that wait are told kClosed, as are those that ask later.
  void Close();

 private:
  struct Waiter;
  class Threads;

  // Tells all that wait for `host`.
  void Deliver(const std::string& host, const Resolved& resolved);

  boost::asio::io_context* const io_;
  const absl::Duration timeout_;
  const std::shared_ptr<Threads> threads_;
  bool closed_ = false;
  // Every name that is with threads_, with who waits for it; nobody, where all have given up.
  absl::flat_hash_map<std::string, std::vector<Waiter*>> waiting_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_HTTP_NAME_RESOLVER_H_
