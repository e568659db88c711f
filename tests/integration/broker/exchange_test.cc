// A request whose first bytes do not go out at once, and a revocation meanwhile.

#include "server/broker/http/exchange.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <catch2/catch.hpp>
#include <exception>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "server/base/status.h"
#include "tests/integration/broker/broker_fixture.h"

namespace leasehold {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// The kernel makes it the smallest that it gives.
constexpr int kSmallBuffer = 1;

absl::Status Revoked() { return Error(Reason::kLeaseRevoked, "the lease is revoked"); }

// Two ends of a connection: ours, with little room, and the peer's. A local one, which is full or
// not at once, where TCP may find room a moment after it had none.
struct Connection {
  explicit Connection(asio::io_context* io) : ours(*io) {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    ours.assign(tcp::v4(), ends[0]);
    ours.set_option(asio::socket_base::send_buffer_size(kSmallBuffer));
    // Reached only where a test fails.
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    peer.emplace(ends[1]);
  }
  tcp::socket ours;
  std::optional<RawSocket> peer;
};

// Writes until the socket takes no more; how much that was.
size_t Fill(tcp::socket* socket) {
  socket->non_blocking(true);
  const std::string filler(1024, 'f');
  size_t size = 0;
  boost::system::error_code full;
  while (!full) size += socket->write_some(asio::buffer(filler), full);
  return size;
}

// One exchange over connections that the test has made, on a thread that stands for the broker's.
class LoneExchange {
 public:
  LoneExchange()
      : context_({}, &point_of_use, &metrics_), client_(&context_.io), target_(&context_.io) {
    point_of_use.SetTarget(CompileTarget(LoopbackShop("http://127.0.0.1:9")));
    point_of_use.SetFields({{"value", NewText()}});
  }
  ~LoneExchange() {
    target_.peer->Close();  // ends what a failed test has left
    thread_.join();
  }

  RawSocket& target() { return *target_.peer; }
  size_t FillTarget() { return Fill(&target_.ours); }

  // Starts to forward a request with this much of a header. The sweeper does not run, so that what
  // is watched is so for another reason.
  void Start(size_t header_bytes) {
    head_text_ =
        "GET /t/shop/items HTTP/1.1\r\nHost: broker\r\nX-Long: " + std::string(header_bytes, 'x') +
        "\r\n\r\n";
    REQUIRE(ParseRequestHead(head_text_, &head_).ok());
    std::promise<UseReply> judged;
    point_of_use.Authorize(
        {}, [&judged](absl::StatusOr<UseReply> reply) { judged.set_value(*std::move(reply)); });
    UseReply use = judged.get_future().get();
    context_.targets.Keep(use.target,
                          std::make_unique<Stream>(&context_.sweeper, std::move(target_.ours)));
    context_.sweeper.Stop();
    asio::co_spawn(context_.io, Run(std::move(use)), [this](const std::exception_ptr& failure) {
      if (failure != nullptr) std::terminate();
      context_.io.stop();
    });
    thread_ = std::thread([this] { context_.io.run(); });
  }

  // How it ended.
  std::optional<Problem> Await() { return ended_.get_future().get(); }

  FakePointOfUse point_of_use;

 private:
  asio::awaitable<void> Run(UseReply use) {
    Stream client(&context_.sweeper, std::move(client_.ours));
    std::optional<Problem> problem;
    {
      Exchange exchange(&context_, &client, &head_, 0, std::move(use));
      problem = co_await exchange.Run();
    }
    ended_.set_value(std::move(problem));
  }

  CountingMetrics metrics_;
  BrokerContext context_;
  Connection client_;
  Connection target_;
  std::string head_text_;
  RequestHead head_;
  std::promise<std::optional<Problem>> ended_;
  std::thread thread_;
};

TEST_CASE("a head that waited for room is not sent when the lease was revoked meanwhile") {
  LoneExchange exchange;
  const size_t filled = exchange.FillTarget();
  exchange.Start(10);
  // Tried, and the socket was full.
  exchange.point_of_use.AwaitHandOvers(1);
  exchange.point_of_use.SetStillUsable(Revoked());
  // The revocation is acknowledged; now the target reads on.
  CHECK(exchange.target().ReadBytes(filled).size() == filled);
  CHECK(exchange.target().ReadToEnd().empty());
  exchange.target().Close();
  const std::optional<Problem> problem = exchange.Await();
  REQUIRE(problem.has_value());
  CHECK(problem->reason == Reason::kLeaseRevoked);
}

TEST_CASE("a head that waited for room is sent when the lease is still usable") {
  LoneExchange exchange;
  const size_t filled = exchange.FillTarget();
  exchange.Start(10);
  exchange.point_of_use.AwaitHandOvers(1);
  CHECK(exchange.target().ReadBytes(filled).size() == filled);
  const std::string head = exchange.target().ReadUntil("\r\n\r\n");
  CHECK(head.find("GET /items HTTP/1.1\r\n") == 0);
  CHECK(exchange.point_of_use.hand_overs() >= 2);
  exchange.target().Close();
  CHECK(exchange.Await().has_value());
}

TEST_CASE("a head of which only a part is out is cut by a revocation at once") {
  LoneExchange exchange;
  exchange.Start(15'000);
  exchange.point_of_use.AwaitWatches(1);
  exchange.point_of_use.Revoke(Revoked());
  const std::optional<Problem> problem = exchange.Await();
  REQUIRE(problem.has_value());
  CHECK(problem->reason == Reason::kLeaseRevoked);
  const std::string sent = exchange.target().ReadToEnd();
  CHECK(sent.size() < 15'000);
  CHECK(sent.find("\r\n\r\n") == std::string::npos);
}

}  // namespace
}  // namespace leasehold
