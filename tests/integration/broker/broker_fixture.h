#ifndef LEASEHOLD_TESTS_INTEGRATION_BROKER_BROKER_FIXTURE_H_
#define LEASEHOLD_TESTS_INTEGRATION_BROKER_BROKER_FIXTURE_H_

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "server/base/crypto_bytes.h"
#include "server/base/token_text.h"
#include "server/broker/http/http_broker.h"
#include "tests/integration/broker/fake_point_of_use.h"
#include "tests/integration/broker/raw_socket.h"
#include "tests/integration/broker/test_upstream.h"
#include "tests/unit/server/broker/targets_for_tests.h"

namespace leasehold {

inline std::string NewText() {
  std::array<uint8_t, 24> bytes{};
  RandomBytes(bytes);
  return HexEncode(bytes);
}

inline std::string NewToken(TokenKind kind) {
  std::array<uint8_t, 24> bytes{};
  RandomBytes(bytes);
  return FrameToken(kind, bytes);
}

class CountingMetrics final : public BrokerMetrics {
 public:
  void RequestFinished(int status) override {
    ++finished;
    last_status = status;
  }
  void AddedSeconds(double seconds) override {
    ++added;
    if (seconds < 0) ++negative;
  }
  std::atomic<int> finished{0};
  std::atomic<int> last_status{0};
  std::atomic<int> added{0};
  std::atomic<int> negative{0};
};

// The target that tests use: the upstream on loopback, which it allows.
inline v1::Target LoopbackShop(const std::string& base_url) {
  v1::Target target = HeaderShop(base_url, "Authorization", "Bearer {value}");
  target.add_allow_cidrs("127.0.0.0/8");
  return target;
}

// A broker before an upstream, with a point of use that allows everything.
class BrokerFixture {
 public:
  explicit BrokerFixture(TestUpstream::Handler handler = &TestUpstream::Echo,
                         BrokerOptions options = {})
      : upstream(std::move(handler)) {
    SetTarget(LoopbackShop("http://" + upstream.address()));
    point_of_use.SetFields({{"value", secret}});
    options.listen = "127.0.0.1:0";
    auto started = HttpBroker::Start(std::move(options), &point_of_use, &metrics);
    INFO(started.status());
    REQUIRE(started.ok());
    broker = *std::move(started);
  }

  void SetTarget(const v1::Target& target) { point_of_use.SetTarget(CompileTarget(target)); }

  RawSocket Connect() const { return RawSocket::ConnectTo(broker->address()); }

  // A head with the handle; `lines` with their CRLF.
  std::string Head(std::string_view method, std::string_view path,
                   std::string_view lines = "") const {
    return std::string(method) + " /t/shop" + std::string(path) +
           " HTTP/1.1\r\nHost: broker\r\nAuthorization: Bearer " + handle + "\r\n" +
           std::string(lines) + "\r\n";
  }

  // One request on a connection of its own.
  RawResponse Get(std::string_view path, std::string_view lines = "") const {
    RawSocket client = Connect();
    client.Write(Head("GET", path, lines));
    return ReadResponse(&client);
  }

  const std::string secret = NewText();
  const std::string handle = NewToken(TokenKind::kBrokerHandle);
  TestUpstream upstream;
  CountingMetrics metrics;
  FakePointOfUse point_of_use;
  std::unique_ptr<HttpBroker> broker;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_INTEGRATION_BROKER_BROKER_FIXTURE_H_
