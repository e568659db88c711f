#include <arpa/inet.h>

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "server/base/status.h"
#include "server/policy/compiled_target.h"

namespace leasehold {
namespace {

// The bytes of an address in network order.
std::string Bytes(const std::string& text) {
  const bool v6 = text.find(':') != std::string::npos;
  std::string bytes(v6 ? 16 : 4, '\0');
  REQUIRE(inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), bytes.data()) == 1);
  return bytes;
}

TEST_CASE("a network contains the addresses that begin as it does", "[policy][cidr]") {
  struct Row {
    const char* network;
    const char* address;
    bool contains;
  };
  const Row row = GENERATE(values<Row>({
      {"127.0.0.0/8", "127.0.0.1", true},
      {"127.0.0.0/8", "127.255.255.255", true},
      {"127.0.0.0/8", "128.0.0.0", false},
      {"127.0.0.0/8", "::1", false},
      {"127.0.0.0/8", "::ffff:127.0.0.1", true},  // reaches the same host
      {"127.0.0.0/8", "::ffff:128.0.0.1", false},
      {"10.1.2.3/32", "10.1.2.3", true},
      {"10.1.2.3/32", "10.1.2.2", false},
      {"172.16.0.0/12", "172.31.255.255", true},
      {"172.16.0.0/12", "172.32.0.0", false},
      {"0.0.0.0/0", "8.8.8.8", true},
      {"0.0.0.0/0", "::", false},
      {"::/0", "2001:db8::1", true},
      {"::/0", "8.8.8.8", false},
      {"::/0", "::ffff:8.8.8.8", false},  // an IPv4 address
      {"::1/128", "::1", true},
      {"::1/128", "::2", false},
      {"fd00::/8", "fdff::1", true},
      {"fd00::/8", "fe00::1", false},
      {"2001:db8::/33", "2001:db8:7fff::1", true},
      {"2001:db8::/33", "2001:db8:8000::1", false},
  }));
  INFO(row.network << " and " << row.address);
  const auto cidr = ParseCidr(row.network);
  REQUIRE(cidr.ok());
  CHECK(cidr->Contains(Bytes(row.address)) == row.contains);
}

TEST_CASE("what is no address is in no network", "[policy][cidr]") {
  const std::string bytes = GENERATE(as<std::string>{}, "", "127", std::string(5, '\0'),
                                     std::string(17, '\0'), "127.0.0.1");
  CHECK_FALSE(ParseCidr("0.0.0.0/0")->Contains(bytes));
  CHECK_FALSE(ParseCidr("::/0")->Contains(bytes));
}

TEST_CASE("a network that is not written canonically is refused", "[policy][cidr]") {
  const std::string text = GENERATE(
      as<std::string>{}, "", "/", "/8", "127.0.0.1", "127.0.0.0/", "127.0.0.0/33", "127.0.0.0/-1",
      "127.0.0.0/08", "127.0.0.0/8 ", " 127.0.0.0/8", "127.0.0.0/+8", "127.0.0.1/8", "127.0/8",
      "0127.0.0.0/8", "localhost/8", "::1/129", "::1/127", "fd00::1/8", "[::1]/128", "fe80::%lo/64",
      "::ffff:127.0.0.0/104", "127.0.0.0/8/8", "127.0.0.0/99999999999");
  INFO(text);
  const auto cidr = ParseCidr(text);
  REQUIRE(ReasonOf(cidr.status()) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(cidr.status().message()), Catch::StartsWith("network has "));
}

TEST_CASE("networks agree with a comparison of single bits", "[policy][cidr]") {
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    Cidr cidr;
    cidr.v6 = random() % 2 == 0;
    const int bits_max = cidr.v6 ? 128 : 32;
    cidr.prefix_bits = static_cast<int>(random() % static_cast<size_t>(bits_max + 1));
    std::string address(static_cast<size_t>(bits_max / 8), '\0');
    for (size_t b = 0; b < address.size(); ++b) {
      cidr.address[b] = static_cast<uint8_t>(random());
      address[b] = static_cast<char>(cidr.address[b]);
    }
    const auto flipped = static_cast<size_t>(random() % static_cast<size_t>(bits_max));
    address[flipped / 8] = static_cast<char>(address[flipped / 8] ^ (0x80 >> (flipped % 8)));
    INFO("bits " << cidr.prefix_bits << ", flipped " << flipped);
    REQUIRE(cidr.Contains(address) == (static_cast<int>(flipped) >= cidr.prefix_bits));
  }
}

}  // namespace
}  // namespace leasehold
