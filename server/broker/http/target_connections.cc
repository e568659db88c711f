#include "server/broker/http/target_connections.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/broker/address_rules.h"

namespace leasehold {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// A name with more addresses than this is tried at the first ones only: each may take the whole
// connect timeout.
constexpr size_t kAddressesMax = 4;

absl::Status Unreachable(const CompiledTarget& target, std::string_view why) {
  return Error(Reason::kTargetUnreachable,
               StrCat("target ", target.name(), " cannot be reached: ", why));
}

// Empty where it was.
std::string_view WhyNotResolved(NameResolver::Resolved::State state) {
  using State = NameResolver::Resolved::State;
  switch (state) {
    case State::kFound:
      break;
    case State::kUnknown:
      return "its host name does not resolve";
    case State::kTimedOut:
      return "its host name does not resolve in time; look at the name server of its zone";
    case State::kTooMany:
      return "too many other host names wait to be resolved; try again";
    case State::kClosed:
      return "the broker is shutting down; try again";
  }
  return {};
}

// Network order, 4 or 16 bytes, written to `room`.
std::string_view AddressBytes(const asio::ip::address& address, std::string* room) {
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    room->assign(bytes.begin(), bytes.end());
  } else {
    const auto bytes = address.to_v6().to_bytes();
    room->assign(bytes.begin(), bytes.end());
  }
  return *room;
}

}  // namespace

// A connection that waits for the next request.
class TargetConnections::Kept final : public Sweeper::Swept {
 public:
  Kept(TargetConnections* owner, std::unique_ptr<Stream> stream)
      : Swept(owner->sweeper_),
        owner_(owner),
        stream_(std::move(stream)),
        until_(std::chrono::steady_clock::now() +
               absl::ToChronoNanoseconds(owner->options_->target_idle_timeout)) {}
  ~Kept() override = default;

  bool IsOld(Sweeper::TimePoint now) const { return now >= until_; }
  std::unique_ptr<Stream> Take() { return std::move(stream_); }

  void Sweep(Sweeper::TimePoint now) override {
    // A sweep destroys nothing, so it happens right after.
    if (IsOld(now)) asio::post(*owner_->io_, [owner = owner_] { owner->DropOld(); });
  }

 private:
  TargetConnections* const owner_;
  std::unique_ptr<Stream> stream_;
  const Sweeper::TimePoint until_;
};

TargetConnections::TargetConnections(asio::io_context* io, Sweeper* sweeper,
                                     const BrokerOptions* options)
    : io_(io), sweeper_(sweeper), options_(options), names_(io, options->resolve_timeout) {}

TargetConnections::~TargetConnections() = default;

std::unique_ptr<Stream> TargetConnections::TakeKept(const TargetPtr& target) {
  const auto entry = kept_.find(target.get());
  if (entry == kept_.end()) return nullptr;
  auto& streams = entry->second.streams;
  std::unique_ptr<Stream> found;
  while (!streams.empty() && found == nullptr) {
    found = streams.back()->Take();
    streams.pop_back();
    if (!found->IsIdle()) found = nullptr;
  }
  if (streams.empty()) kept_.erase(entry);
  return found;
}

void TargetConnections::Keep(const TargetPtr& target, std::unique_ptr<Stream> stream) {
  if (closed_) return;
  Entry& entry = kept_[target.get()];
  if (entry.target == nullptr) entry.target = target;
  if (entry.streams.size() >= options_->target_idle_max) return;
  entry.streams.push_back(std::make_unique<Kept>(this, std::move(stream)));
}

void TargetConnections::Close() {
  closed_ = true;
  kept_.clear();
  names_.Close();
}

void TargetConnections::DropOld() {
  const auto now = std::chrono::steady_clock::now();
  for (auto entry = kept_.begin(); entry != kept_.end();) {
    auto& streams = entry->second.streams;
    std::erase_if(streams, [now](const auto& kept) { return kept->IsOld(now); });
    if (streams.empty()) {
      kept_.erase(entry++);
    } else {
      ++entry;
    }
  }
}

asio::awaitable<TargetConnections::Opened> TargetConnections::Open(TargetPtr target) {
  Located located = co_await Locate(target);
  if (!located.error.ok()) co_return Opened{nullptr, located.error, located.timed_out};
  Opened opened;
  for (const Endpoint& endpoint : located.endpoints) {
    opened = co_await Connect(target, endpoint);
    if (opened.stream != nullptr || closed_) break;
  }
  if (opened.stream == nullptr || !target->url().tls) co_return opened;
  co_return co_await StartTls(target, std::move(opened.stream));
}

asio::awaitable<TargetConnections::Located> TargetConnections::Locate(TargetPtr target) {
  const TargetUrl& url = target->url();
  std::vector<asio::ip::address> addresses;
  error_code error;
  const auto literal = asio::ip::make_address(url.host, error);
  if (!error) {
    addresses.push_back(literal);
  } else {
    NameResolver::Resolved resolved = co_await names_.Resolve(url.host);
    const bool timed_out = resolved.state == NameResolver::Resolved::State::kTimedOut;
    const std::string_view why = WhyNotResolved(resolved.state);
    if (!why.empty()) co_return Located{{}, Unreachable(*target, why), timed_out};
    addresses = std::move(resolved.addresses);
  }
  std::string room;
  std::string_view kind;
  std::erase_if(addresses, [&](const asio::ip::address& address) {
    const std::string_view bytes = AddressBytes(address, &room);
    if (MayConnect(bytes, target->allow_cidrs())) return false;
    kind = InternalAddressKind(bytes);
    return true;
  });
  if (addresses.empty()) {
    co_return Located{{},
                      Unreachable(*target, StrCat("its host is ", kind,
                                                  ", which it does not allow; an owner can add the "
                                                  "network to its allow_cidrs"))};
  }
  if (addresses.size() > kAddressesMax) addresses.resize(kAddressesMax);
  Located located;
  for (const auto& address : addresses) located.endpoints.emplace_back(address, url.port);
  co_return located;
}

asio::awaitable<TargetConnections::Opened> TargetConnections::Connect(TargetPtr target,
                                                                      Endpoint endpoint) {
  tcp::socket socket(*io_);
  asio::steady_timer timer(*io_);
  bool timed_out = false;
  timer.expires_after(absl::ToChronoNanoseconds(options_->connect_timeout));
  timer.async_wait([&socket, &timed_out](const error_code& cancelled) {
    if (cancelled) return;
    timed_out = true;
    error_code ignored;
    socket.close(ignored);
  });
  error_code error;
  co_await socket.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
  // If the timer is past cancelling, its handler waits in the queue with references to this frame;
  // let it run first.
  if (timer.cancel() == 0 && !timed_out) {
    co_await asio::post(*io_, asio::use_awaitable);
  }
  if (timed_out) co_return Opened{nullptr, Unreachable(*target, "it does not answer"), true};
  if (error) co_return Opened{nullptr, Unreachable(*target, error.message())};
  co_return Opened{std::make_unique<Stream>(sweeper_, std::move(socket)), absl::OkStatus()};
}

asio::awaitable<TargetConnections::Opened> TargetConnections::StartTls(
    TargetPtr target, std::unique_ptr<Stream> stream) {
  auto ssl = MakeSsl(*target);
  if (!ssl.ok()) co_return Opened{nullptr, std::move(ssl).status()};
  const Io done = co_await stream->Handshake(*std::move(ssl), options_->connect_timeout);
  if (done == Io::kOk) co_return Opened{std::move(stream), absl::OkStatus()};
  if (done == Io::kTimedOut) {
    co_return Opened{nullptr, Unreachable(*target, "its TLS handshake does not end"), true};
  }
  co_return Opened{nullptr, Unreachable(*target, StrCat("TLS: ", stream->tls_error()))};
}

absl::StatusOr<SslPtr> TargetConnections::MakeSsl(const CompiledTarget& target) {
  if (!target.ca_pem().empty()) {
    // Read for each new connection: a few certificates, next to a handshake.
    auto context = MakeTlsClientContext(target.ca_pem());
    if (!context.ok()) return Annotate(context.status(), StrCat("target ", target.name()));
    return MakeTlsClient(context->get(), target.url().host);
  }
  if (system_trust_ == nullptr) {
    auto context = MakeTlsClientContext("");
    RETURN_IF_ERROR(context.status());
    system_trust_ = *std::move(context);
  }
  return MakeTlsClient(system_trust_.get(), target.url().host);
}

}  // namespace leasehold
