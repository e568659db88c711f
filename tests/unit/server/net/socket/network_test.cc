#include "server/net/socket/network.h"

#include <catch2/catch.hpp>

#include "server/base/status.h"

namespace leasehold {
namespace {

TEST_CASE("a network contains its own addresses and no others", "[net]") {
  struct Row {
    std::string_view network;
    std::string_view address;
    bool contains;
  };
  const Row rows[] = {
      {"127.0.0.0/8", "127.255.0.1", true},
      {"127.0.0.0/8", "128.0.0.1", false},
      {"10.0.0.0/9", "10.127.0.1", true},
      {"10.0.0.0/9", "10.128.0.1", false},
      {"10.1.2.3", "10.1.2.3", true},
      {"10.1.2.3", "10.1.2.2", false},
      {"0.0.0.0/0", "255.1.1.1", true},
      {"0.0.0.0/0", "::1", false},
      {"::/0", "::1", true},
      {"::/0", "10.0.0.1", false},
      {"::1/128", "::1", true},
      {"::1", "::2", false},
      {"2001:db8::/33", "2001:db8::1", true},
      {"2001:db8::/33", "2001:db8:8000::1", false},
      {"10.0.0.0/8", "::ffff:10.0.0.1", true},
  };
  for (const Row& row : rows) {
    INFO(row.network << " " << row.address);
    const auto network = Network::Parse(row.network, "network");
    REQUIRE(network.ok());
    CHECK(network->Contains(*IpAddress::Parse(row.address, "address")) == row.contains);
    CHECK(*Network::Parse(network->ToString(), "again") == *network);
  }
}

TEST_CASE("what is not a network is refused by name", "[net]") {
  for (const std::string_view row :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/ 8",
        "10.0.0.1/8", "::1/127", "::/129", "x", "10.0.0.0/8/8"}) {
    INFO(row);
    const auto network = Network::Parse(row, "broker_client_networks");
    REQUIRE_FALSE(network.ok());
    CHECK(ReasonOf(network.status()) == Reason::kConfigInvalid);
    CHECK(std::string(network.status().message()).find("broker_client_networks \"") == 0);
  }
}

}  // namespace
}  // namespace leasehold
