#include "server/net/socket/socket_address.h"

#include <catch2/catch.hpp>

#include "server/base/status.h"

namespace leasehold {
namespace {

TEST_CASE("an address and port is written back as it is meant", "[net]") {
  struct Row {
    std::string_view text;
    std::string_view canonical;
    bool loopback;
  };
  const Row rows[] = {
      {"127.0.0.1:8640", "127.0.0.1:8640", true},
      {"127.9.9.9:0", "127.9.9.9:0", true},
      {"localhost:8640", "127.0.0.1:8640", true},
      {"[::1]:65535", "[::1]:65535", true},
      {"[0:0::1]:80", "[::1]:80", true},
      {"0.0.0.0:8640", "0.0.0.0:8640", false},
      {"[::]:8640", "[::]:8640", false},
      {"10.1.2.3:1", "10.1.2.3:1", false},
      {"[fe80::1]:1", "[fe80::1]:1", false},
      {"[::ffff:127.0.0.1]:1", "127.0.0.1:1", true},
      {"[::ffff:10.0.0.1]:1", "10.0.0.1:1", false},
      {"[1::1]:1", "[1::1]:1", false},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto address = SocketAddress::Parse(row.text, "--listen");
    REQUIRE(address.ok());
    CHECK(address->ToString() == row.canonical);
    CHECK(address->ip().IsLoopback() == row.loopback);
    CHECK(SocketAddress::Parse(address->ToString(), "again")->ToString() == row.canonical);
  }
}

TEST_CASE("what is not an address and port is refused by name", "[net]") {
  const std::string_view rows[] = {
      "",
      "8640",
      ":8640",
      "127.0.0.1",
      "127.0.0.1:",
      "127.0.0.1:x",
      "127.0.0.1:65536",
      "127.0.0.1:-1",
      "127.0.0.1:+1",
      "127.0.0.1: 1",
      "127.1:80",
      "256.0.0.1:80",
      "::1:80",
      "::1",
      "[127.0.0.1]:80",
      "[::1]80",
      "[::1:80",
      "[localhost]:80",
      "example.com:80",
      "[fe80::1%lo]:80",
      "0x7f.1:80",
      "127.0.0.1:080000",
      "127.0.0.1:80 ",
      {"127.0.0.1\0:80", 13},
      "unix:/x:80",
  };
  for (const std::string_view row : rows) {
    INFO(row);
    const auto address = SocketAddress::Parse(row, "--listen");
    REQUIRE_FALSE(address.ok());
    CHECK(ReasonOf(address.status()) == Reason::kConfigInvalid);
    CHECK(std::string(address.status().message()).find("--listen \"") == 0);
  }
}

TEST_CASE("an address survives the way through the kernel's form", "[net]") {
  for (const std::string_view text : {"10.1.2.3:4567", "[2001:db8::5]:4567"}) {
    const auto address = SocketAddress::Parse(text, "address");
    REQUIRE(address.ok());
    sockaddr_storage storage;
    CHECK(address->ToSockaddr(&storage) > 0);
    CHECK(IpAddress::From(storage) == address->ip());
  }
  sockaddr_storage unix_address{};
  unix_address.ss_family = AF_UNIX;
  CHECK_FALSE(IpAddress::From(unix_address).has_value());
}

}  // namespace
}  // namespace leasehold
