#include "tests/integration/net/raw_http2.h"

#include <nghttp2/nghttp2.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "server/base/check.h"

namespace leasehold {
namespace {

std::string TextOf(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

OwnedFd ConnectUnix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  LEASEHOLD_CHECK(path.size() < sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.data(), path.size());
  OwnedFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  LEASEHOLD_CHECK(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) ==
                  0);
  return fd;
}

class RawHttp2::Session {
 public:
  Session() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks,
        [](nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
           const uint8_t* value, size_t value_size, uint8_t, void* user) {
          Of(user).answers[frame->hd.stream_id].headers[TextOf(name, name_size)] =
              TextOf(value, value_size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, uint8_t, int32_t stream, const uint8_t* data, size_t size,
                      void* user) {
          Of(user).answers[stream].body += TextOf(data, size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        callbacks, [](nghttp2_session*, int32_t stream, uint32_t error, void* user) {
          Of(user).answers[stream].closed = true;
          Of(user).answers[stream].error = error;
          return 0;
        });
    nghttp2_session_client_new(&session, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, nullptr, 0);
  }
  ~Session() { nghttp2_session_del(session); }
  static Session& Of(void* user) { return *static_cast<Session*>(user); }

  struct Body {
    std::string bytes;
    size_t sent = 0;
    bool end = true;
  };
  nghttp2_session* session = nullptr;
  std::map<int32_t, Answer> answers;
  std::vector<std::unique_ptr<Body>> bodies;
};

RawHttp2::RawHttp2(const std::string& path)
    : socket_(ConnectUnix(path)), session_(std::make_unique<Session>()) {}
RawHttp2::~RawHttp2() = default;

RawHttp2::Headers RawHttp2::CallHeaders() {
  return {{":method", "POST"},         {":scheme", "http"}, {":path", "/test.Unary/Call"},
          {":authority", "localhost"}, {"te", "trailers"},  {"content-type", "application/grpc"}};
}

int32_t RawHttp2::Send(const Headers& headers, const std::string& body, bool end) {
  std::vector<nghttp2_nv> fields;
  for (const auto& [name, value] : headers) {
    auto bytes = [](const std::string& text) {
      return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));
    };
    fields.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  session_->bodies.push_back(
      std::make_unique<Session::Body>(Session::Body{.bytes = body, .sent = 0, .end = end}));
  nghttp2_data_provider provider = {
      .source = {.ptr = session_->bodies.back().get()},
      .read_callback = [](nghttp2_session*, int32_t, uint8_t* out, size_t size, uint32_t* flags,
                          nghttp2_data_source* source, void*) -> ssize_t {
        auto& from = *static_cast<Session::Body*>(source->ptr);
        const size_t count = std::min(size, from.bytes.size() - from.sent);
        if (count == 0 && !from.end) return NGHTTP2_ERR_DEFERRED;
        std::copy_n(from.bytes.data() + from.sent, count, out);
        from.sent += count;
        if (from.sent == from.bytes.size() && from.end) *flags = NGHTTP2_DATA_FLAG_EOF;
        return static_cast<ssize_t>(count);
      }};
  return nghttp2_submit_request(session_->session, nullptr, fields.data(), fields.size(), &provider,
                                nullptr);
}

void RawHttp2::Reset(int32_t stream) {
  nghttp2_submit_rst_stream(session_->session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
}

void RawHttp2::Flush() {
  const uint8_t* bytes = nullptr;
  ssize_t size = 0;
  while ((size = nghttp2_session_mem_send(session_->session, &bytes)) > 0) {
    for (ssize_t sent = 0; sent < size;) {
      const ssize_t now =
          send(socket_.get(), bytes + sent, static_cast<size_t>(size - sent), MSG_NOSIGNAL);
      if (now <= 0) break;
      sent += now;
    }
  }
}

// Sends what is to be sent, then reads once. False where the connection is over.
bool RawHttp2::Step() {
  Flush();
  std::array<uint8_t, 65536> buffer;
  const ssize_t got = recv(socket_.get(), buffer.data(), buffer.size(), 0);
  return got > 0 && nghttp2_session_mem_recv(session_->session, buffer.data(),
                                             static_cast<size_t>(got)) == got;
}

RawHttp2::Answer RawHttp2::Await(int32_t stream) {
  while (!session_->answers[stream].closed && Step()) {
  }
  return session_->answers[stream];
}

void RawHttp2::AwaitEnd() {
  while (Step()) {
  }
}

}  // namespace leasehold
