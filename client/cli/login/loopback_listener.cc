#include "client/cli/login/loopback_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "client/cli/login/form_text.h"
#include "client/cli/terminal/cli_error.h"
#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// A browser's request with a code and its cookies for localhost.
constexpr size_t kHeadBytesMax = 16 * 1024;
// For one request; a browser sends it at once.
constexpr timeval kPatience = {5, 0};

absl::Status Failed(std::string_view doing) {
  return CliError(ExitStatus::kFailure,
                  StrCat("cannot ", doing, " on loopback: ", std::strerror(errno)),
                  "log in with --device, or with another --port");
}

// The request's first line, "GET /callback?code=... HTTP/1.1", once its head has ended; "" where it
// does not.
std::string ReadRequestLine(int fd) {
  std::string head;
  char buffer[2048];
  while (head.find("\r\n\r\n") == std::string::npos && head.size() < kHeadBytesMax) {
    const ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
    if (n <= 0) return "";
    head.append(buffer, static_cast<size_t>(n));
  }
  return head.substr(0, head.find("\r\n"));
}

void Reply(int fd, std::string_view status, std::string_view text) {
  const std::string body = StrCat("<!doctype html><title>leasehold</title><p>", text, "</p>\n");
  const std::string answer =
      StrCat("HTTP/1.1 ", status,
             "\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n"
             "Referrer-Policy: no-referrer\r\nConnection: close\r\nContent-Length: ",
             body.size(), "\r\n\r\n", body);
  // Whether the browser reads it changes nothing.
  static_cast<void>(send(fd, answer.data(), answer.size(), MSG_NOSIGNAL));
}

// The fields of a request for our path with our state.
std::optional<std::map<std::string, std::string>> Fields(std::string_view line,
                                                         std::string_view state) {
  constexpr std::string_view kStart = "GET /callback?";
  const size_t end = line.rfind(" HTTP/1.");
  if (!line.starts_with(kStart) || end == std::string_view::npos || end < kStart.size()) {
    return std::nullopt;
  }
  auto fields = DecodeForm(line.substr(kStart.size(), end - kStart.size()));
  if (!fields.ok() || !ConstantTimeEqual(AsBytes((*fields)["state"]), AsBytes(state))) {
    return std::nullopt;
  }
  return *std::move(fields);
}

}  // namespace

absl::StatusOr<std::unique_ptr<LoopbackListener>> LoopbackListener::Open(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return Failed("open a port");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, generic, size) != 0 || listen(fd, 16) != 0 || getsockname(fd, generic, &size) != 0) {
    const absl::Status failed = Failed("listen");
    close(fd);
    return failed;
  }
  return std::unique_ptr<LoopbackListener>(new LoopbackListener(fd, ntohs(address.sin_port)));
}

LoopbackListener::~LoopbackListener() { close(fd_); }

std::string LoopbackListener::redirect_uri() const {
  return StrCat("http://127.0.0.1:", port_, "/callback");
}

absl::StatusOr<std::map<std::string, std::string>> LoopbackListener::Await(std::string_view state,
                                                                           absl::Time deadline) {
  while (absl::Now() < deadline) {
    pollfd ready = {fd_, POLLIN, 0};
    poll(&ready, 1, static_cast<int>(absl::ToInt64Milliseconds(deadline - absl::Now())) + 1);
    const int client = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
    auto fields = Fields(ReadRequestLine(client), state);
    if (fields.has_value()) {
      Reply(client, "200 OK", "You can close this window and go back to the terminal.");
    } else {
      Reply(client, "404 Not Found", "Nothing is here.");
    }
    close(client);
    if (fields.has_value()) return *std::move(fields);
  }
  return CliError(ExitStatus::kNotAuthenticated, "nobody came back from the browser in time",
                  "run `leasehold login` again, or with --device where there is no browser");
}

}  // namespace leasehold
