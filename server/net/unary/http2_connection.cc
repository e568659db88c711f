#include "server/net/unary/http2_connection.h"

#include <nghttp2/nghttp2.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/check.h"
#include "server/base/str_cat.h"
#include "server/net/unary/unary_wire.h"

namespace leasehold {
namespace {

constexpr size_t kReadBytes = 16 << 10;
// Reads before others have their turn.
constexpr int kReadsPerTurn = 4;
// Answers to the peer's PINGs and SETTINGS that wait to be sent; beyond it the peer is flooding.
constexpr size_t kAcksMax = 64;
// What HPACK's rules add to each header.
constexpr size_t kHeaderOverhead = 32;

// Codes of gRPC's statuses; this file does not need gRPC.
constexpr int kResourceExhausted = 8;
constexpr int kUnimplemented = 12;
constexpr int kUnavailable = 14;

struct OptionDeleter {
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};
struct CallbacksDeleter {
  void operator()(nghttp2_session_callbacks* c) const { nghttp2_session_callbacks_del(c); }
};
struct SessionDeleter {
  void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
};

std::string_view View(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

// nghttp2 copies names and values unless it is told not to.
nghttp2_nv Header(std::string_view name, std::string_view value) {
  auto bytes = [](std::string_view text) {
    return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));
  };
  return {.name = bytes(name),
          .value = bytes(value),
          .namelen = name.size(),
          .valuelen = value.size(),
          .flags = NGHTTP2_NV_FLAG_NONE};
}

UnaryAnswer Refusal(int code, std::string text) {
  return {.code = code, .text = std::move(text), .details = {}, .message = {}};
}

}  // namespace

// nghttp2's side: one object for all callbacks.
class Http2Connection::Session {
 public:
  Session(ConnectionInfo info, OnCall on_call, absl::Duration peer_time_max)
      : info_(std::move(info)), on_call_(std::move(on_call)), peer_time_max_(peer_time_max) {
    session_ = Make(this);
    const std::array<nghttp2_settings_entry, 2> settings = {{
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kCallsMax},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kHeaderBytesMax},
    }};
    LEASEHOLD_CHECK(nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings.data(),
                                            settings.size()) == 0);
  }

  // False where what came in is no HTTP/2.
  bool Receive(std::span<const uint8_t> bytes) {
    const ssize_t taken = nghttp2_session_mem_recv(session_.get(), bytes.data(), bytes.size());
    return taken == static_cast<ssize_t>(bytes.size());
  }

  // Fills `out` up to about kSendBytes. False where nghttp2 gave up.
  bool Produce(std::string& out) {
    while (out.size() < kSendBytes) {
      const uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
      if (size < 0) return false;
      if (size == 0) return true;
      out += View(bytes, static_cast<size_t>(size));
    }
    return true;
  }

  bool WantsToWrite() const { return nghttp2_session_want_write(session_.get()) != 0; }
  // Whether both sides are through.
  bool AtEnd() const {
    return nghttp2_session_want_read(session_.get()) == 0 &&
           nghttp2_session_want_write(session_.get()) == 0;
  }

  void Answer(int32_t stream, UnaryAnswer answer) {
    --calls_;
    idle_since_ = absl::Now();
    Respond(stream, std::move(answer));
  }

  void GoAway() {
    nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session_.get()), NGHTTP2_NO_ERROR,
                          nullptr, 0);
  }

  bool HasStreams() const { return calls_ > 0 || !streams_.empty(); }

  absl::Time Deadline() const {
    absl::Time deadline = absl::InfiniteFuture();
    for (const auto& [id, stream] : streams_) {
      deadline = std::min(deadline, stream.deadline);
    }
    if (!greeted_) return std::min(deadline, idle_since_ + peer_time_max_);
    return HasStreams() ? deadline : idle_since_ + kIdleMax;
  }

 private:
  struct Stream {
    std::string method;
    std::string content_type;
    UnaryRequest request;
    std::string body;
    size_t header_bytes = 0;
    bool answered = false;
    UnaryAnswer answer;
    std::string out;       // the answer's body
    size_t out_begin = 0;  // what of it was sent
    absl::Time deadline;   // for the peer; none while we work
  };

  static Session& Of(void* user) { return *static_cast<Session*>(user); }

  static std::unique_ptr<nghttp2_session, SessionDeleter> Make(Session* self) {
    nghttp2_option* raw_option = nullptr;
    LEASEHOLD_CHECK(nghttp2_option_new(&raw_option) == 0);
    const std::unique_ptr<nghttp2_option, OptionDeleter> option(raw_option);
    nghttp2_option_set_max_outbound_ack(option.get(), kAcksMax);
    nghttp2_session_callbacks* raw_callbacks = nullptr;
    LEASEHOLD_CHECK(nghttp2_session_callbacks_new(&raw_callbacks) == 0);
    const std::unique_ptr<nghttp2_session_callbacks, CallbacksDeleter> callbacks(raw_callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(
        raw_callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
          return Of(user).OnBeginHeaders(*frame);
        });
    nghttp2_session_callbacks_set_on_header_callback(
        raw_callbacks,
        [](nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
           const uint8_t* value, size_t value_size, uint8_t, void* user) {
          return Of(user).OnHeader(*frame, View(name, name_size), View(value, value_size));
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        raw_callbacks, [](nghttp2_session*, uint8_t, int32_t stream, const uint8_t* data,
                          size_t size, void* user) {
          Of(user).OnData(stream, View(data, size));
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        raw_callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
          Of(user).OnFrame(*frame);
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_send_callback(
        raw_callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
          Of(user).OnSent(*frame);
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        raw_callbacks, [](nghttp2_session*, int32_t stream, uint32_t, void* user) {
          Of(user).OnClosed(stream);
          return 0;
        });
    nghttp2_session* session = nullptr;
    LEASEHOLD_CHECK(nghttp2_session_server_new2(&session, raw_callbacks, self, raw_option) == 0);
    return std::unique_ptr<nghttp2_session, SessionDeleter>(session);
  }

  Stream* Find(int32_t id) {
    const auto it = streams_.find(id);
    return it == streams_.end() ? nullptr : &it->second;
  }

  int OnBeginHeaders(const nghttp2_frame& frame) {
    // Trailers of a request come here too; gRPC's have none.
    if (frame.headers.cat != NGHTTP2_HCAT_REQUEST) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    Stream& stream = streams_[frame.hd.stream_id];
    stream.request.connection = info_;
    stream.deadline = absl::Now() + peer_time_max_;
    return 0;
  }

  int OnHeader(const nghttp2_frame& frame, std::string_view name, std::string_view value) {
    Stream* const stream = Find(frame.hd.stream_id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    stream->header_bytes += name.size() + value.size() + kHeaderOverhead;
    if (stream->header_bytes > kHeaderBytesMax) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (name == ":method") {
      stream->method = value;
    } else if (name == ":path") {
      stream->request.path = value;
    } else if (name == "content-type") {
      stream->content_type = value;
    } else if (name == "authorization") {
      stream->request.authorization.emplace_back(value);
    }
    return 0;
  }

  void OnData(int32_t id, std::string_view bytes) {
    Stream* const stream = Find(id);
    if (stream == nullptr || stream->answered) return;
    if (stream->body.size() + bytes.size() > kMessagePrefixBytes + kMessageBytesMax) {
      Respond(id, Refusal(kResourceExhausted,
                          StrCat("the request is larger than ", kMessageBytesMax, " bytes")));
      return;
    }
    stream->body += bytes;
  }

  void OnFrame(const nghttp2_frame& frame) {
    greeted_ = true;
    const bool of_request = frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA;
    if (!of_request || (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return;
    Stream* const stream = Find(frame.hd.stream_id);
    if (stream != nullptr && !stream->answered) Begin(frame.hd.stream_id, *stream);
  }

  // A request has come in whole.
  void Begin(int32_t id, Stream& stream) {
    constexpr std::string_view kGrpc = "application/grpc";
    if (stream.method != "POST" || !std::string_view(stream.content_type).starts_with(kGrpc)) {
      Respond(id, Refusal(kUnimplemented, "this socket speaks gRPC and nothing else"));
      return;
    }
    if (calls_ >= kCallsMax) {
      Respond(id, Refusal(kUnavailable, "too many calls are under way on this connection"));
      return;
    }
    const absl::StatusOr<std::string_view> message = MessageIn(stream.body);
    if (!message.ok()) {
      Respond(id, Refusal(static_cast<int>(message.status().code()),
                          std::string(message.status().message())));
      return;
    }
    UnaryRequest request = std::move(stream.request);
    request.message = *message;
    stream.body = {};
    stream.deadline = absl::InfiniteFuture();
    ++calls_;
    on_call_(id, std::move(request));
  }

  void Respond(int32_t id, UnaryAnswer answer) {
    Stream* const stream = Find(id);
    if (stream == nullptr) return;
    stream->answered = true;
    stream->body = {};
    stream->deadline = absl::Now() + peer_time_max_;
    stream->answer = std::move(answer);
    std::vector<nghttp2_nv> headers = {Header(":status", "200"),
                                       Header("content-type", "application/grpc")};
    if (stream->answer.code != 0) {
      const TrailerValues values = TrailerValuesOf(stream->answer);
      AddTrailers(values, headers);
      nghttp2_submit_response(session_.get(), id, headers.data(), headers.size(), nullptr);
      return;
    }
    stream->out = BodyOf(stream->answer.message);
    stream->answer.message = {};
    nghttp2_data_provider body = {
        .source = {.ptr = stream},
        .read_callback = [](nghttp2_session* session, int32_t stream_id, uint8_t* out, size_t size,
                            uint32_t* flags, nghttp2_data_source* source, void*) {
          return Copy(session, stream_id, *static_cast<Stream*>(source->ptr), out, size, flags);
        }};
    nghttp2_submit_response(session_.get(), id, headers.data(), headers.size(), &body);
  }

  // The next piece of an answer's body, and the trailers behind the last one.
  static ssize_t Copy(nghttp2_session* session, int32_t id, Stream& stream, uint8_t* out,
                      size_t size, uint32_t* flags) {
    const size_t count = std::min(size, stream.out.size() - stream.out_begin);
    std::copy_n(stream.out.data() + stream.out_begin, count, out);
    stream.out_begin += count;
    if (stream.out_begin == stream.out.size()) {
      *flags = NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
      const TrailerValues values = TrailerValuesOf(stream.answer);
      std::vector<nghttp2_nv> trailers;
      AddTrailers(values, trailers);
      nghttp2_submit_trailer(session, id, trailers.data(), trailers.size());
    }
    return static_cast<ssize_t>(count);
  }

  // The values of an answer's trailers, and the trailers, which point into them.
  using TrailerValues = std::array<std::string, 3>;
  static TrailerValues TrailerValuesOf(const UnaryAnswer& answer) {
    return {StrCat(answer.code), PercentEncode(answer.text), Base64Unpadded(answer.details)};
  }
  static void AddTrailers(const TrailerValues& values, std::vector<nghttp2_nv>& headers) {
    headers.push_back(Header("grpc-status", values[0]));
    if (!values[1].empty()) headers.push_back(Header("grpc-message", values[1]));
    if (!values[2].empty()) headers.push_back(Header("grpc-status-details-bin", values[2]));
  }

  // Who was answered before the request was whole is told to stop sending it.
  void OnSent(const nghttp2_frame& frame) {
    if (frame.hd.type == NGHTTP2_HEADERS && (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
        nghttp2_session_get_stream_remote_close(session_.get(), frame.hd.stream_id) == 0) {
      nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, frame.hd.stream_id,
                                NGHTTP2_NO_ERROR);
    }
  }

  void OnClosed(int32_t id) {
    streams_.erase(id);
    idle_since_ = absl::Now();
  }

  const ConnectionInfo info_;
  const OnCall on_call_;
  const absl::Duration peer_time_max_;
  std::map<int32_t, Stream> streams_;
  uint32_t calls_ = 0;    // that on_call_ was given and that were not answered
  bool greeted_ = false;  // the peer's first frame has come in
  absl::Time idle_since_ = absl::Now();
  std::unique_ptr<nghttp2_session, SessionDeleter> session_;
};

Http2Connection::Http2Connection(OwnedFd socket, ConnectionInfo info, OnCall on_call,
                                 absl::Duration peer_time_max)
    : session_(std::make_unique<Session>(std::move(info), std::move(on_call), peer_time_max)),
      socket_(std::move(socket)) {}

Http2Connection::~Http2Connection() = default;

bool Http2Connection::OnReadable() {
  std::array<uint8_t, kReadBytes> buffer;
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const ssize_t size = recv(fd(), buffer.data(), buffer.size(), 0);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (size == 0) return false;
    if (!session_->Receive({buffer.data(), static_cast<size_t>(size)})) return false;
  }
  return true;
}

bool Http2Connection::OnWritable() {
  while (true) {
    if (!session_->Produce(out_)) return false;
    if (out_.empty()) return !session_->AtEnd();
    const ssize_t size = send(fd(), out_.data(), out_.size(), MSG_NOSIGNAL);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    out_.erase(0, static_cast<size_t>(size));
  }
}

bool Http2Connection::WantsToWrite() const { return !out_.empty() || session_->WantsToWrite(); }
void Http2Connection::Answer(int32_t stream, UnaryAnswer answer) {
  session_->Answer(stream, std::move(answer));
}
void Http2Connection::GoAway() { session_->GoAway(); }
bool Http2Connection::Quiet() const { return !session_->HasStreams() && !WantsToWrite(); }
absl::Time Http2Connection::Deadline() const { return session_->Deadline(); }

}  // namespace leasehold
