#ifndef LEASEHOLD_SERVER_BROKER_HTTP_STREAM_H_
#define LEASEHOLD_SERVER_BROKER_HTTP_STREAM_H_

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/broker/http/sweeper.h"
#include "server/net/https/tls_client.h"

namespace leasehold {

// What became of reading or writing.
enum class Io {
  kOk,
  kEnd,       // the peer has closed its side in order
  kFailed,    // the connection is broken
  kTimedOut,  // nothing moved for as long as was allowed
  kCut,       // Cut() was called; why() says why
};

// One TCP connection, perhaps with TLS, and what has been read from it and not used yet. Reading
// and writing are tried on the non-blocking socket first and wait only where they have to. One
// coroutine may read while another writes. Belongs to the broker's thread.
class Stream final : public Sweeper::Swept {
 public:
  // Bounds what is under way in one direction; a writer that waits stops its reader.
  static constexpr size_t kInputBytes = 64 * 1024;
  // What is written at once: a head, a chunk's size, a body, the chunk's end.
  using Parts = std::array<std::string_view, 4>;

  // A connected socket.
  Stream(Sweeper* sweeper, boost::asio::ip::tcp::socket socket);
  ~Stream() override;

  // Becomes a TLS client by `ssl`, which has its checks and names set.
  boost::asio::awaitable<Io> Handshake(SslPtr ssl, absl::Duration timeout);
  bool has_tls() const { return ssl_ != nullptr; }
  // What went wrong in the handshake, for people: "certificate verify failed: ...".
  const std::string& tls_error() const { return tls_error_; }

  // Bytes read and not consumed; valid until the next read or consume.
  std::string_view input() const { return {buffer_.get() + begin_, end_ - begin_}; }
  void Consume(size_t count);
  // kOk where at least one more byte was read. The input must not be full.
  boost::asio::awaitable<Io> ReadMore(absl::Duration timeout);
  // The same without waiting; nullopt where it would have to.
  std::optional<Io> TryRead();
  // Gives the read that is waiting, if any, this long from now. For when what it waits for begins
  // only later.
  void LimitRead(absl::Duration timeout);
  // Ends the read that is waiting, if any, with kTimedOut.
  void InterruptRead();

  // Writes all of `parts`. What they view must stay.
  boost::asio::awaitable<Io> Write(Parts parts, absl::Duration timeout);
  // Writes without waiting and takes what was written from `parts`. kOk where the socket took some
  // or all of it or is full; `written` says how much.
  Io TryWrite(Parts* parts, size_t* written);

  // Waits until the socket may take more.
  boost::asio::awaitable<Io> AwaitRoom(absl::Duration timeout);

  // Ends this connection's reading and writing from now on; the first reason stays. What the
  // kernel has not sent yet is dropped when the stream goes.
  void Cut(absl::Status why);
  const absl::Status& why() const { return why_; }
  // Cut, or the peer has gone away; looked for without consuming anything.
  bool IsGone();
  // Whether it can be used for another request: nothing came that nobody asked for, and the peer
  // has not closed.
  bool IsIdle();
  // Says that nothing more will be written.
  void FinishWriting();

  void Sweep(Sweeper::TimePoint now) override;
  boost::asio::ip::tcp::socket& socket() { return socket_; }

 private:
  // One direction of waiting.
  struct Waiter {
    Sweeper::TimePoint deadline = Sweeper::TimePoint::max();
    bool timed_out = false;
  };
  boost::asio::awaitable<Io> Wait(bool for_reading, Waiter* waiter, absl::Duration timeout);
  boost::asio::awaitable<Io> ReadPlain(absl::Duration timeout);
  boost::asio::awaitable<Io> ReadTls(absl::Duration timeout);
  // Room at the end of the buffer for one more read; there is some.
  size_t MakeRoom();
  void StartWaiting(absl::Duration timeout, Waiter* waiter);
  // The number of bytes moved, or nullopt and what to wait for or what went wrong.
  enum class Need { kRead, kWrite, kEnd, kFailed };
  struct Moved {
    size_t bytes = 0;
    Need need = Need::kFailed;
  };
  Moved ReadOnce(char* to, size_t room);
  Moved WriteOnce(const Parts& parts);
  Moved SslMoved(int result);

  boost::asio::ip::tcp::socket socket_;
  SslPtr ssl_;
  std::string tls_error_;
  std::unique_ptr<char[]> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  Waiter reading_;
  Waiter writing_;
  absl::Status why_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_HTTP_STREAM_H_
