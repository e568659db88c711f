#include "client/cli/login/loopback_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "client/cli/terminal/cli_error.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// Sends a request to the listener and gives the first line of the answer.
std::string Ask(const LoopbackListener& listener, const std::string& request) {
  const std::string uri = listener.redirect_uri();
  const std::string port = uri.substr(uri.rfind(':') + 1);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::stoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  REQUIRE(send(fd, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size()));
  shutdown(fd, SHUT_WR);
  std::string answer;
  char buffer[1024];
  for (ssize_t n = 0; (n = recv(fd, buffer, sizeof(buffer), 0)) > 0;) {
    answer.append(buffer, static_cast<size_t>(n));
  }
  close(fd);
  return answer.substr(0, answer.find("\r\n"));
}

std::string Get(const std::string& target) {
  return StrCat("GET ", target, " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
}

}  // namespace

TEST_CASE("the listener gives what comes back with the right state, and nothing else") {
  const auto listener = LoopbackListener::Open(0);
  REQUIRE(listener.ok());
  CHECK_THAT((*listener)->redirect_uri(), Catch::StartsWith("http://127.0.0.1:"));
  absl::StatusOr<std::map<std::string, std::string>> fields;
  std::thread waiting(
      [&] { fields = (*listener)->Await("right", absl::Now() + absl::Minutes(1)); });
  for (const std::string& wrong :
       {Get("/callback?state=wrong&code=c"), Get("/callback?code=c"), Get("/callback"),
        Get("/?state=right"), Get("/callback?state=right&state=right"),
        std::string("POST /callback?state=right HTTP/1.1\r\n\r\n"), std::string("\r\n\r\n")}) {
    CAPTURE(wrong);
    CHECK(Ask(**listener, wrong) == "HTTP/1.1 404 Not Found");
  }
  CHECK(Ask(**listener, Get("/callback?code=a%20b&state=right&iss=x")) == "HTTP/1.1 200 OK");
  waiting.join();
  REQUIRE(fields.ok());
  CHECK(fields->at("code") == "a b");
  CHECK(fields->at("iss") == "x");
}

TEST_CASE("the listener does not wait for ever, and needs a port that is free") {
  const auto listener = LoopbackListener::Open(0);
  REQUIRE(listener.ok());
  const auto fields = (*listener)->Await("state", absl::Now());
  CHECK(ExitStatusOf(fields.status()) == ExitStatus::kNotAuthenticated);
  const std::string uri = (*listener)->redirect_uri();
  const int port = std::stoi(uri.substr(uri.rfind(':') + 1));
  CHECK_FALSE(LoopbackListener::Open(static_cast<uint16_t>(port)).ok());
}

}  // namespace leasehold
