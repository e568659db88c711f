#include "server/broker/http/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "server/base/check.h"
#include "server/base/status.h"

namespace leasehold {
namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// On Linux EWOULDBLOCK is the same number.
bool IsWouldBlock(int error) { return error == EAGAIN; }

size_t SizeOf(const Stream::Parts& parts) {
  size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  return size;
}

void TakeFront(size_t count, Stream::Parts* parts) {
  for (std::string_view& part : *parts) {
    const size_t here = std::min(count, part.size());
    part.remove_prefix(here);
    count -= here;
  }
}

Sweeper::TimePoint After(absl::Duration timeout) {
  return std::chrono::steady_clock::now() +
         std::chrono::nanoseconds(absl::ToInt64Nanoseconds(timeout));
}

}  // namespace

Stream::Stream(Sweeper* sweeper, asio::ip::tcp::socket socket)
    : Swept(sweeper),
      socket_(std::move(socket)),
      // Not zeroed: pages that are never used then take no memory.
      buffer_(std::make_unique_for_overwrite<char[]>(kInputBytes)) {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

Stream::~Stream() = default;

asio::awaitable<Io> Stream::Handshake(SslPtr ssl, absl::Duration timeout) {
  ssl_ = std::move(ssl);
  SSL_set_fd(ssl_.get(), socket_.native_handle());
  SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  const Sweeper::TimePoint deadline = After(timeout);
  for (;;) {
    ERR_clear_error();
    const int result = SSL_connect(ssl_.get());
    if (result == 1) co_return Io::kOk;
    const Moved moved = SslMoved(result);
    if (moved.need != Need::kRead && moved.need != Need::kWrite) {
      const long verified = SSL_get_verify_result(ssl_.get());
      tls_error_ = verified != X509_V_OK ? X509_verify_cert_error_string(verified)
                                         : "the TLS handshake failed";
      co_return Io::kFailed;
    }
    const absl::Duration left = absl::FromChrono(deadline - std::chrono::steady_clock::now());
    const bool for_reading = moved.need == Need::kRead;
    const Io waited = co_await Wait(for_reading, for_reading ? &reading_ : &writing_, left);
    if (waited != Io::kOk) co_return waited;
  }
}

void Stream::Consume(size_t count) {
  LEASEHOLD_CHECK(count <= end_ - begin_);
  begin_ += count;
  if (begin_ == end_) begin_ = end_ = 0;
}

std::optional<Io> Stream::TryRead() {
  if (!why_.ok()) return Io::kCut;
  const size_t room = MakeRoom();
  const Moved moved = ReadOnce(buffer_.get() + end_, room);
  if (moved.bytes > 0) {
    end_ += moved.bytes;
    return Io::kOk;
  }
  if (moved.need == Need::kEnd) return Io::kEnd;
  if (moved.need == Need::kFailed) return Io::kFailed;
  return std::nullopt;
}

size_t Stream::MakeRoom() {
  if (begin_ > 0 && end_ == kInputBytes) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  LEASEHOLD_CHECK(end_ < kInputBytes, "reading into a full buffer");
  return kInputBytes - end_;
}

asio::awaitable<Io> Stream::ReadMore(absl::Duration timeout) {
  return ssl_ != nullptr ? ReadTls(timeout) : ReadPlain(timeout);
}

// Asio knows whether a socket was read empty and then reads only when there is more, where trying
// first and waiting then would be two system calls.
asio::awaitable<Io> Stream::ReadPlain(absl::Duration timeout) {
  StartWaiting(timeout, &reading_);
  for (;;) {
    if (!why_.ok()) co_return Io::kCut;
    const size_t room = MakeRoom();
    error_code error;
    const size_t got = co_await socket_.async_read_some(
        asio::buffer(buffer_.get() + end_, room), asio::redirect_error(asio::use_awaitable, error));
    if (!why_.ok()) co_return Io::kCut;
    end_ += got;
    // Woken by the other direction's timeout: this one's is not over.
    if (error == asio::error::operation_aborted && !reading_.timed_out) continue;
    reading_.deadline = Sweeper::TimePoint::max();
    if (got > 0) co_return Io::kOk;
    if (reading_.timed_out) co_return Io::kTimedOut;
    co_return error == asio::error::eof ? Io::kEnd : Io::kFailed;
  }
}

asio::awaitable<Io> Stream::ReadTls(absl::Duration timeout) {
  for (;;) {
    if (const auto done = TryRead(); done.has_value()) co_return *done;
    // A TLS read that must write first (a change of keys) is not waited for by itself: the socket
    // has had room again by the time that more arrives.
    const Io waited = co_await Wait(true, &reading_, timeout);
    if (waited != Io::kOk) co_return waited;
  }
}

void Stream::LimitRead(absl::Duration timeout) { reading_.deadline = After(timeout); }

void Stream::InterruptRead() {
  reading_.timed_out = true;
  error_code ignored;
  socket_.cancel(ignored);
}

asio::awaitable<Io> Stream::Write(Parts parts, absl::Duration timeout) {
  for (;;) {
    size_t written = 0;
    const Io tried = TryWrite(&parts, &written);
    if (tried != Io::kOk) co_return tried;
    if (SizeOf(parts) == 0) co_return Io::kOk;
    if (written > 0) continue;
    const Io waited = co_await AwaitRoom(timeout);
    if (waited != Io::kOk) co_return waited;
  }
}

asio::awaitable<Io> Stream::AwaitRoom(absl::Duration timeout) {
  return Wait(false, &writing_, timeout);
}

Io Stream::TryWrite(Parts* parts, size_t* written) {
  *written = 0;
  if (!why_.ok()) return Io::kCut;
  while (SizeOf(*parts) > 0) {
    const Moved moved = WriteOnce(*parts);
    if (moved.bytes == 0) {
      const bool full = moved.need == Need::kRead || moved.need == Need::kWrite;
      return full ? Io::kOk : Io::kFailed;
    }
    *written += moved.bytes;
    TakeFront(moved.bytes, parts);
  }
  return Io::kOk;
}

void Stream::Cut(absl::Status why) {
  if (!why_.ok()) return;
  why_ = std::move(why);
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.cancel(ignored);
}

bool Stream::IsGone() {
  if (!why_.ok()) return true;
  char byte = 0;
  const ssize_t got = recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && !IsWouldBlock(errno) && errno != EINTR);
}

bool Stream::IsIdle() {
  if (!why_.ok() || begin_ != end_) return false;
  // Reading, and not only looking, lets TLS take up the session tickets that servers send.
  const auto read = TryRead();
  return !read.has_value();
}

void Stream::FinishWriting() {
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

void Stream::Sweep(Sweeper::TimePoint now) {
  bool passed = false;
  for (Waiter* waiter : {&reading_, &writing_}) {
    if (now < waiter->deadline) continue;
    waiter->deadline = Sweeper::TimePoint::max();
    waiter->timed_out = true;
    passed = true;
  }
  // Wakes both directions; the one whose time is not over waits again.
  error_code ignored;
  if (passed) socket_.cancel(ignored);
}

void Stream::StartWaiting(absl::Duration timeout, Waiter* waiter) {
  waiter->timed_out = false;
  waiter->deadline =
      timeout == absl::InfiniteDuration() ? Sweeper::TimePoint::max() : After(timeout);
}

asio::awaitable<Io> Stream::Wait(bool for_reading, Waiter* waiter, absl::Duration timeout) {
  StartWaiting(timeout, waiter);
  for (;;) {
    if (!why_.ok()) co_return Io::kCut;
    error_code error;
    co_await socket_.async_wait(
        for_reading ? asio::socket_base::wait_read : asio::socket_base::wait_write,
        asio::redirect_error(asio::use_awaitable, error));
    if (!why_.ok()) co_return Io::kCut;
    if (waiter->timed_out) co_return Io::kTimedOut;
    if (error == asio::error::operation_aborted) continue;
    waiter->deadline = Sweeper::TimePoint::max();
    co_return error ? Io::kFailed : Io::kOk;
  }
}

Stream::Moved Stream::ReadOnce(char* to, size_t room) {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    return SslMoved(SSL_read(ssl_.get(), to, static_cast<int>(room)));
  }
  for (;;) {
    const ssize_t got = recv(socket_.native_handle(), to, room, MSG_DONTWAIT);
    if (got > 0) return {.bytes = static_cast<size_t>(got)};
    if (got == 0) return {.need = Need::kEnd};
    if (errno == EINTR) continue;
    return {.need = IsWouldBlock(errno) ? Need::kRead : Need::kFailed};
  }
}

Stream::Moved Stream::WriteOnce(const Parts& parts) {
  if (ssl_ != nullptr) {
    const auto part =
        std::find_if(parts.begin(), parts.end(), [](std::string_view one) { return !one.empty(); });
    ERR_clear_error();
    return SslMoved(SSL_write(ssl_.get(), part->data(), static_cast<int>(part->size())));
  }
  std::array<iovec, std::tuple_size_v<Parts>> pieces{};
  msghdr message{};
  message.msg_iov = pieces.data();
  for (const std::string_view part : parts) {
    if (part.empty()) continue;
    pieces[message.msg_iovlen++] = {const_cast<char*>(part.data()), part.size()};
  }
  for (;;) {
    const ssize_t sent = sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) return {.bytes = static_cast<size_t>(sent)};
    if (sent < 0 && errno == EINTR) continue;
    return {.need = sent < 0 && IsWouldBlock(errno) ? Need::kWrite : Need::kFailed};
  }
}

Stream::Moved Stream::SslMoved(int result) {
  if (result > 0) return {.bytes = static_cast<size_t>(result)};
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {.need = Need::kRead};
    case SSL_ERROR_WANT_WRITE:
      return {.need = Need::kWrite};
    case SSL_ERROR_ZERO_RETURN:
      return {.need = Need::kEnd};
    default:
      // Also where the peer closes without saying so in TLS: an end that anybody on the way could
      // have made is a failure.
      return {.need = Need::kFailed};
  }
}

}  // namespace leasehold
