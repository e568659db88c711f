#include "server/broker/address_rules.h"

#include <arpa/inet.h>

#include <catch2/catch.hpp>
#include <string>
#include <tuple>
#include <vector>

namespace leasehold {
namespace {

std::string Bytes(const std::string& text) {
  const bool v6 = text.find(':') != std::string::npos;
  std::string bytes(v6 ? 16 : 4, '\0');
  REQUIRE(inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), bytes.data()) == 1);
  return bytes;
}

TEST_CASE("addresses that are not for the public are told apart") {
  std::string address;
  std::string kind;
  std::tie(address, kind) = GENERATE(table<std::string, std::string>({
      {"127.0.0.1", "a loopback address"},
      {"127.255.255.255", "a loopback address"},
      {"0.0.0.0", "a reserved address"},
      {"0.1.2.3", "a reserved address"},
      {"10.0.0.1", "a private address"},
      {"100.64.0.1", "a private address"},
      {"100.127.255.255", "a private address"},
      {"100.100.100.200", "a cloud metadata address"},
      {"168.63.129.16", "a cloud metadata address"},
      {"169.254.169.254", "a cloud metadata address"},
      {"169.254.0.1", "a link-local address"},
      {"172.16.0.1", "a private address"},
      {"172.31.255.255", "a private address"},
      {"192.168.1.1", "a private address"},
      {"192.0.0.192", "a reserved address"},
      {"198.19.255.255", "a reserved address"},
      {"203.0.113.7", "a reserved address"},
      {"224.0.0.1", "a multicast address"},
      {"239.255.255.255", "a multicast address"},
      {"255.255.255.255", "a reserved address"},
      {"::1", "a loopback address"},
      {"::", "a reserved address"},
      {"::127.0.0.1", "a reserved address"},
      {"::ffff:127.0.0.1", "a loopback address"},
      {"::ffff:169.254.169.254", "a cloud metadata address"},
      {"::ffff:10.1.2.3", "a private address"},
      {"64:ff9b::10.1.2.3", "a private address"},
      {"64:ff9b:1::1", "a reserved address"},
      {"2002:7f00:1::", "a loopback address"},
      {"2002:c0a8:101::1", "a private address"},
      {"2001::1", "a reserved address"},
      {"2001:db8::1", "a reserved address"},
      {"fd00:ec2::254", "a cloud metadata address"},
      {"fc00::1", "a private address"},
      {"fdff::1", "a private address"},
      {"fe80::1", "a link-local address"},
      {"febf::1", "a link-local address"},
      {"fec0::1", "a private address"},
      {"ff02::1", "a multicast address"},
      {"100::1", "a reserved address"},
  }));
  INFO(address);
  CHECK(InternalAddressKind(Bytes(address)) == kind);
  CHECK_FALSE(MayConnect(Bytes(address), {}));
}

TEST_CASE("public addresses are connected to") {
  const std::string address =
      GENERATE("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
               "126.255.255.255", "128.0.0.1", "169.253.255.255", "172.15.255.255", "172.32.0.0",
               "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
               "2606:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8");
  INFO(address);
  CHECK(InternalAddressKind(Bytes(address)).empty());
  CHECK(MayConnect(Bytes(address), {}));
}

TEST_CASE("a target may allow its own networks and no others") {
  const std::vector<Cidr> allowed = {*ParseCidr("127.0.0.0/8"), *ParseCidr("fd00::/16")};
  CHECK(MayConnect(Bytes("127.0.0.1"), allowed));
  CHECK(MayConnect(Bytes("::ffff:127.0.0.1"), allowed));
  CHECK(MayConnect(Bytes("fd00::1"), allowed));
  CHECK_FALSE(MayConnect(Bytes("::1"), allowed));
  CHECK_FALSE(MayConnect(Bytes("10.0.0.1"), allowed));
  CHECK_FALSE(MayConnect(Bytes("169.254.169.254"), allowed));
}

TEST_CASE("bytes that are no address are not connected to") {
  CHECK_FALSE(MayConnect("", {}));
  CHECK_FALSE(MayConnect("\x08\x08\x08", {}));
}

}  // namespace
}  // namespace leasehold
