#ifndef LEASEHOLD_TESTS_SUPPORT_HTTPS_SERVER_H_
#define LEASEHOLD_TESTS_SUPPORT_HTTPS_SERVER_H_

#include <openssl/types.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/self_signed_context.h"

namespace leasehold {

// A server at https://127.0.0.1 with a certificate that is made anew and signs for itself. Takes
// one request a connection, and one connection after the other.
class HttpsServer {
 public:
  // What it sends, whole; "" = nothing, and the connection stays open.
  using Answer = std::function<std::string(const std::string& head)>;

  // `names` of the certificate, as OpenSSL writes them.
  explicit HttpsServer(Answer answer, const std::string& names = "IP:127.0.0.1");
  ~HttpsServer();
  HttpsServer(const HttpsServer&) = delete;
  HttpsServer& operator=(const HttpsServer&) = delete;

  std::string Url(const std::string& path) const;
  // Its certificate, for who shall trust it.
  const std::string& pem() const { return tls_.pem(); }
  // Requests that it has answered, or left without an answer.
  int requests() const { return requests_; }

  static std::string Ok(const std::string& body);

 private:
  void Run();
  void Serve(int fd);

  const Answer answer_;
  SelfSignedContext tls_;
  int listener_ = -1;
  int port_ = 0;
  int stop_[2] = {-1, -1};
  std::atomic<int> requests_ = 0;
  std::vector<SSL*> kept_;  // without an answer; the thread's
  std::thread thread_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_SUPPORT_HTTPS_SERVER_H_
