#include "server/net/socket/listen_tcp.h"

#include <catch2/catch.hpp>

#include "server/base/status.h"

namespace leasehold {
namespace {

TEST_CASE("port 0 gives a free port, and a second listener there is refused", "[net]") {
  const auto first = ListenTcp(SocketAddress::LoopbackV4(0), "--listen");
  REQUIRE(first.ok());
  const SocketAddress taken = SocketAddress::OfSocket(first->get());
  CHECK(taken.port() != 0);
  const auto second = ListenTcp(taken, "--broker-listen");
  REQUIRE_FALSE(second.ok());
  CHECK(ReasonOf(second.status()) == Reason::kAddressInUse);
  CHECK(second.status().message() ==
        taken.ToString() +
            " is in use by another process; stop it or choose another address with "
            "--broker-listen");
}

TEST_CASE("an address of another machine is refused", "[net]") {
  // 192.0.2.0/24 is set aside for documentation.
  const auto fd = ListenTcp(*SocketAddress::Parse("192.0.2.1:0", "x"), "--listen");
  REQUIRE_FALSE(fd.ok());
  CHECK(ReasonOf(fd.status()) == Reason::kConfigInvalid);
  CHECK(std::string(fd.status().message()).find("--listen") != std::string::npos);
}

}  // namespace
}  // namespace leasehold
