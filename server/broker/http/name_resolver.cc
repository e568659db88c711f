#include "server/broker/http/name_resolver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <deque>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace leasehold {
namespace asio = boost::asio;

namespace {

asio::ip::address AddressOf(const addrinfo& info) {
  if (info.ai_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, info.ai_addr, sizeof(four));
    return asio::ip::address_v4(ntohl(four.sin_addr.s_addr));
  }
  sockaddr_in6 six{};
  std::memcpy(&six, info.ai_addr, sizeof(six));
  asio::ip::address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), &six.sin6_addr, bytes.size());
  return asio::ip::address_v6(bytes, six.sin6_scope_id);
}

}  // namespace

// What a coroutine waits with; it lies in the coroutine.
struct NameResolver::Waiter {
  asio::steady_timer timer;
  std::optional<Resolved> resolved;
};

// The threads and their queue. They are detached and share this among themselves, so that one which
// hangs keeps nobody from ending and finds what it needs when it comes back.
class NameResolver::Threads : public std::enable_shared_from_this<Threads> {
 public:
  Threads(NameResolver* owner, asio::io_context* io, Lookup lookup)
      : lookup_(std::move(lookup)), owner_(owner), io_(io) {}

  // Queues `host`. False where there is no thread and none can be started.
  bool Add(const std::string& host) {
    absl::MutexLock lock(&mu_);
    if (idle_ <= queue_.size() && count_ < kThreadsMax && !StartLocked() && count_ == 0) {
      return false;
    }
    queue_.push_back(host);
    return true;
  }

  // Nothing is delivered afterwards, and idle threads end.
  void Close() {
    absl::MutexLock lock(&mu_);
    owner_ = nullptr;
    queue_.clear();
  }

 private:
  bool StartLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    try {
      std::thread([self = shared_from_this()] { self->Run(); }).detach();
    } catch (const std::system_error&) {
      return false;
    }
    ++count_;
    return true;
  }

  void Run() {
    pthread_setname_np(pthread_self(), "lh-resolve");
    while (const std::optional<std::string> host = Next()) {
      std::vector<asio::ip::address> found = lookup_(*host);
      const auto state = found.empty() ? Resolved::State::kUnknown : Resolved::State::kFound;
      absl::MutexLock lock(&mu_);
      if (owner_ == nullptr) return;
      asio::post(*io_,
                 [owner = owner_, host = *host, resolved = Resolved{state, std::move(found)}] {
                   // Of an owner that is closed nobody waits, and it lives as long as its thread
                   // runs this.
                   owner->Deliver(host, resolved);
                 });
    }
  }

  // Waits for a name; nullopt where there will be none.
  std::optional<std::string> Next() {
    absl::MutexLock lock(&mu_);
    ++idle_;
    const auto ready = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
      return owner_ == nullptr || !queue_.empty();
    };
    mu_.Await(absl::Condition(&ready));
    --idle_;
    if (owner_ == nullptr) return std::nullopt;
    std::string host = std::move(queue_.front());
    queue_.pop_front();
    return host;
  }

  const Lookup lookup_;
  absl::Mutex mu_;
  NameResolver* owner_ ABSL_GUARDED_BY(mu_);
  asio::io_context* const io_;  // not used without an owner
  std::deque<std::string> queue_ ABSL_GUARDED_BY(mu_);
  size_t count_ ABSL_GUARDED_BY(mu_) = 0;
  size_t idle_ ABSL_GUARDED_BY(mu_) = 0;
};

std::vector<asio::ip::address> NameResolver::AskSystem(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  std::vector<asio::ip::address> found;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &first) != 0) return found;
  for (const addrinfo* info = first; info != nullptr; info = info->ai_next) {
    if (info->ai_family == AF_INET || info->ai_family == AF_INET6) {
      found.push_back(AddressOf(*info));
    }
  }
  freeaddrinfo(first);
  return found;
}

NameResolver::NameResolver(asio::io_context* io, absl::Duration timeout, Lookup lookup)
    : io_(io),
      timeout_(timeout),
      threads_(std::make_shared<Threads>(this, io, std::move(lookup))) {}

NameResolver::~NameResolver() { Close(); }

asio::awaitable<NameResolver::Resolved> NameResolver::Resolve(std::string host) {
  using State = Resolved::State;
  if (closed_) co_return Resolved{State::kClosed, {}};
  auto place = waiting_.find(host);
  if (place == waiting_.end()) {
    if (waiting_.size() >= kNamesMax || !threads_->Add(host)) {
      co_return Resolved{State::kTooMany, {}};
    }
    place = waiting_.try_emplace(host).first;
  }
  Waiter waiter{asio::steady_timer(*io_), std::nullopt};
  place->second.push_back(&waiter);
  waiter.timer.expires_after(absl::ToChronoNanoseconds(timeout_));
  boost::system::error_code ignored;
  co_await waiter.timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  if (waiter.resolved.has_value()) co_return *std::move(waiter.resolved);
  // The name stays, so that nobody has it looked up a second time while the first hangs.
  if (const auto still = waiting_.find(host); still != waiting_.end()) {
    std::erase(still->second, &waiter);
  }
  co_return Resolved{State::kTimedOut, {}};
}

void NameResolver::Deliver(const std::string& host, const Resolved& resolved) {
  const auto place = waiting_.find(host);
  if (place == waiting_.end()) return;
  for (Waiter* waiter : place->second) {
    waiter->resolved = resolved;
    waiter->timer.cancel();
  }
  waiting_.erase(place);
}

void NameResolver::Close() {
  if (closed_) return;
  closed_ = true;
  threads_->Close();
  for (auto& [host, waiters] : waiting_) {
    for (Waiter* waiter : waiters) {
      waiter->resolved = Resolved{Resolved::State::kClosed, {}};
      waiter->timer.cancel();
    }
  }
  waiting_.clear();
}

}  // namespace leasehold
