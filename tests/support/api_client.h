#ifndef LEASEHOLD_TESTS_SUPPORT_API_CLIENT_H_
#define LEASEHOLD_TESTS_SUPPORT_API_CLIENT_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace google::protobuf {
class MessageLite;
}

namespace leasehold {

// How a call ended: everything that the caller could see beside the answer itself.
struct CallStatus {
  int code = 0;  // gRPC's
  std::string message;
  std::string details;  // a serialised google.rpc.Status
  std::string reason;   // of its ErrorInfo

  bool ok() const { return code == 0; }
};

template <typename Response>
struct Answer : CallStatus {
  Response value;
};

// PEM; a client certificate may be left out.
struct ClientTlsPem {
  std::string ca;
  std::string certificate;
  std::string key;
};

// Calls methods of the API over a connection of its own. Safe from any thread.
class ApiClient {
 public:
  // "127.0.0.1:port" or "unix:/path"; with a token, as that agent.
  explicit ApiClient(const std::string& address, std::string token = "");
  // Over TLS.
  ApiClient(const std::string& address, std::string token, const ClientTlsPem& tls);
  ~ApiClient();
  ApiClient(ApiClient&&) noexcept;
  // Over the same connection with another token.
  ApiClient WithToken(std::string token) const;

  // `method` is "LeaseService/AcquireLease". Fails with DEADLINE_EXCEEDED after a time that only a
  // failing test reaches.
  template <typename Response>
  Answer<Response> Call(std::string_view method,
                        const google::protobuf::MessageLite& request) const {
    Answer<Response> answer;
    static_cast<CallStatus&>(answer) = CallInto(method, request, &answer.value);
    return answer;
  }

  // Starts a call; `done` gets the serialised response, on a thread of gRPC's.
  using Done = std::function<void(CallStatus status, std::string response)>;
  void Start(std::string_view method, const google::protobuf::MessageLite& request,
             Done done) const;

 private:
  CallStatus CallInto(std::string_view method, const google::protobuf::MessageLite& request,
                      google::protobuf::MessageLite* response) const;

  class Connection;
  ApiClient(std::shared_ptr<Connection> connection, std::string token);
  std::shared_ptr<Connection> connection_;
  std::string token_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_SUPPORT_API_CLIENT_H_
