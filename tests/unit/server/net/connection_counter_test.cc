#include "server/net/connection_counter.h"

#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <vector>

#include "server/net/socket/owned_fd.h"

namespace leasehold {
namespace {

OwnedFd NewSocket() {
  OwnedFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(fd.valid());
  return fd;
}

TEST_CASE("a peer's limit does not touch the others, and the total stops all", "[net]") {
  ConnectionCounter counter({.total = 3, .per_peer = 2});
  std::vector<OwnedFd> sockets;
  for (const char* peer : {"a", "a", "b"}) {
    REQUIRE(counter.Admits(peer));
    sockets.push_back(NewSocket());
    counter.Add(peer, sockets.back().get());
    if (sockets.size() == 2) {
      CHECK_FALSE(counter.Admits("a"));
      CHECK(counter.Admits("b"));
    }
  }
  CHECK_FALSE(counter.Admits("b"));
  CHECK_FALSE(counter.Admits("c"));
  sockets[0].Reset();
  CHECK(counter.Admits("a"));
  CHECK(counter.Admits("c"));
  CHECK(counter.Live() == 2);
}

TEST_CASE("a descriptor's number that is used again is another connection", "[net]") {
  ConnectionCounter counter({.total = 1, .per_peer = 1});
  OwnedFd first = NewSocket();
  counter.Add("a", first.get());
  CHECK_FALSE(counter.Admits("a"));
  // The same number, another socket.
  OwnedFd second = NewSocket();
  REQUIRE(dup2(second.get(), first.get()) == first.get());
  CHECK(counter.Admits("a"));
}

TEST_CASE("opening and closing at random agrees with a list", "[net]") {
  const unsigned seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  constexpr size_t kTotal = 12;
  constexpr size_t kPerPeer = 5;
  ConnectionCounter counter({.total = kTotal, .per_peer = kPerPeer});
  std::vector<std::pair<std::string, OwnedFd>> model;
  for (int step = 0; step < 3000; ++step) {
    if (!model.empty() && random() % 3 == 0) {
      model.erase(model.begin() + static_cast<std::ptrdiff_t>(random() % model.size()));
      continue;
    }
    const std::string peer(1, static_cast<char>('a' + random() % 4));
    const auto of_peer = static_cast<size_t>(std::count_if(
        model.begin(), model.end(), [&peer](const auto& open) { return open.first == peer; }));
    const bool admits = model.size() < kTotal && of_peer < kPerPeer;
    REQUIRE(counter.Admits(peer) == admits);
    if (!admits) continue;
    model.emplace_back(peer, NewSocket());
    counter.Add(peer, model.back().second.get());
  }
  CHECK(counter.Live() == model.size());
}

}  // namespace
}  // namespace leasehold
