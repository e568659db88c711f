#ifndef LEASEHOLD_SERVER_API_STREAM_CALL_H_
#define LEASEHOLD_SERVER_API_STREAM_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/sync_stream.h>

#include <memory>

#include "absl/status/status.h"
#include "server/api/gate.h"
#include "server/api/open_streams.h"
#include "server/base/status.h"

namespace leasehold {

// One server-streaming call of the synchronous API, for its handler's thread. Memory does not grow
// with a slow caller: a write waits, and in the end OpenStreams cuts the call off.
template <typename Response>
class StreamCall {
 public:
  StreamCall(OpenStreams::Stream& stream, grpc::ServerWriter<Response>* writer,
             const Principal& principal)
      : stream_(stream), writer_(writer), principal_(principal) {}

  const Principal& principal() const { return principal_; }

  // Whether more will follow at once: gRPC then puts messages together before it sends. Not the
  // first: the metadata goes with it, whose write is awaited and which a hint alone does not start.
  enum class Then { kMore, kWait };
  // Sends `response`, waiting while the caller takes nothing. An error where the call is over; the
  // handler then returns it.
  absl::Status Write(const Response& response, Then then = Then::kWait) {
    grpc::WriteOptions options;
    if (then == Then::kMore && !first_) {
      options.set_buffer_hint();
    }
    first_ = false;
    OpenStreams::Waiting waiting(stream_);
    return writer_->Write(response, options) ? absl::OkStatus() : Over();
  }

  // Whether the caller is still there: OK, or what the handler is to return. To be asked at least
  // every OpenStreams::kLookInterval while the handler waits for something to send.
  absl::Status Alive() const { return stream_.Alive(); }

 private:
  absl::Status Over() const {
    absl::Status why = stream_.Alive();
    return why.ok() ? OpenStreams::CallerGone() : why;
  }

  OpenStreams::Stream& stream_;
  grpc::ServerWriter<Response>* const writer_;
  const Principal& principal_;
  bool first_ = true;
};

// Dispatch for server-streaming methods: `handle(StreamCall<Response>&)` gives an absl::Status when
// the stream is at its end.
template <typename Response, typename Handle>
grpc::Status DispatchStream(grpc::ServerContext* context, grpc::ServerWriter<Response>* writer,
                            const Gate& gate, const ApiMethod& method, OpenStreams& streams,
                            Handle&& handle) {
  return gate.Pass(*context, method, [&](const Principal& principal) -> absl::Status {
    ASSIGN_OR_RETURN(std::unique_ptr<OpenStreams::Stream> stream,
                     streams.Open(context, principal.agent));
    // A write that may wait for more does not send the headers, and waits for them to be sent.
    writer->SendInitialMetadata();
    StreamCall<Response> call(*stream, writer, principal);
    return handle(call);
  });
}

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_STREAM_CALL_H_
