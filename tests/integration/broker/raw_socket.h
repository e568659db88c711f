#ifndef LEASEHOLD_TESTS_INTEGRATION_BROKER_RAW_SOCKET_H_
#define LEASEHOLD_TESTS_INTEGRATION_BROKER_RAW_SOCKET_H_

#include <openssl/types.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace leasehold {

// A blocking connection on which a test writes and reads exactly the bytes it wants; optionally
// inside TLS. Reads give up after a time that only a failing test reaches.
class RawSocket {
 public:
  // Takes over a connected descriptor.
  explicit RawSocket(int fd) : fd_(fd) {}
  // "127.0.0.1:port"
  static RawSocket ConnectTo(const std::string& address);
  ~RawSocket();
  RawSocket(RawSocket&& other) noexcept;
  RawSocket& operator=(RawSocket&&) = delete;

  // Becomes a TLS server; false where the client does not accept it.
  bool AcceptTls(SSL_CTX* context);

  // False where the peer has gone.
  bool Write(std::string_view bytes);
  // Up to and including `mark`; what was read so far where the connection ends before.
  std::string ReadUntil(std::string_view mark);
  // Exactly `count` bytes, or fewer where the connection ends before.
  std::string ReadBytes(size_t count);
  // Everything until the connection ends.
  std::string ReadToEnd();
  // Whether the connection ends without another byte.
  bool AtEnd() { return ReadToEnd().empty(); }
  void FinishWriting();
  void Close();
  int fd() const { return fd_; }

 private:
  // Appends what comes to input_; false at the end.
  bool ReadSome();
  std::string Take(size_t count);

  int fd_;
  SSL* ssl_ = nullptr;
  std::string input_;
};

// A response as a client reads it.
struct RawResponse {
  int status = 0;
  std::string head;
  std::string body;
  // The value of the first field of this name, spelt as the broker does; empty where there is none.
  std::string Field(std::string_view name) const;
};
// Reads one response; status 0 where there is none. A chunked body comes with its framing.
RawResponse ReadResponse(RawSocket* socket, bool to_head = false);

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_INTEGRATION_BROKER_RAW_SOCKET_H_
