#include "tests/support/https_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>

#include "server/base/check.h"
#include "server/base/str_cat.h"

namespace leasehold {

HttpsServer::HttpsServer(Answer answer, const std::string& names)
    : answer_(std::move(answer)), tls_(names) {
  std::signal(SIGPIPE, SIG_IGN);  // a client may go while it is answered
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  LEASEHOLD_CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  LEASEHOLD_CHECK(listen(listener_, 16) == 0);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  LEASEHOLD_CHECK(pipe(stop_) == 0);
  thread_ = std::thread([this] { Run(); });
}

HttpsServer::~HttpsServer() {
  close(stop_[1]);
  thread_.join();
  close(stop_[0]);
  close(listener_);
}

std::string HttpsServer::Url(const std::string& path) const {
  return StrCat("https://127.0.0.1:", port_, path);
}

std::string HttpsServer::Ok(const std::string& body) {
  return StrCat("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ",
                body.size(), "\r\n\r\n", body);
}

void HttpsServer::Run() {
  pollfd waits[2] = {{listener_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
  while (poll(waits, 2, -1) > 0 && waits[1].revents == 0) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) Serve(fd);
  }
  for (SSL* ssl : kept_) {
    close(SSL_get_fd(ssl));
    SSL_free(ssl);
  }
}

void HttpsServer::Serve(int fd) {
  // Only a failing test waits for so long.
  const timeval patience = {10, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  SSL* ssl = SSL_new(tls_.context());
  SSL_set_fd(ssl, fd);
  std::string head;
  char buffer[4096];
  bool reads = SSL_accept(ssl) == 1;
  while (reads && head.find("\r\n\r\n") == std::string::npos) {
    const int n = SSL_read(ssl, buffer, sizeof(buffer));
    reads = n > 0;
    if (reads) head.append(buffer, static_cast<size_t>(n));
  }
  const std::string answer = reads ? answer_(head) : "";
  if (reads) ++requests_;
  if (reads && answer.empty()) {
    kept_.push_back(ssl);
    return;
  }
  for (size_t sent = 0; sent < answer.size();) {
    const int n = SSL_write(ssl, answer.data() + sent, static_cast<int>(answer.size() - sent));
    if (n <= 0) break;
    sent += static_cast<size_t>(n);
  }
  if (reads) SSL_shutdown(ssl);
  SSL_free(ssl);
  close(fd);
}

}  // namespace leasehold
