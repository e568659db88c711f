#ifndef LEASEHOLD_CLIENT_CLI_CONNECTION_H_
#define LEASEHOLD_CLIENT_CLI_CONNECTION_H_

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cli/rpc_error.h"
#include "client/cli/tls_files.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/sync_stream.h"

namespace leasehold {

// The way to one server. Connects at the first call. For one thread.
class Connection {
 public:
  // Long enough for a revocation behind a slow disk, short enough for a person who waits.
  static constexpr absl::Duration kDeadline = absl::Seconds(30);

  // `address` as ServerAddress gives it; `token` is what says who is calling, or empty. `tls`
  // counts where the address is no Unix socket.
  Connection(std::string address, std::string token, const ClientTls& tls = {});

  const std::string& address() const { return address_; }
  const std::string& token() const { return token_; }

  // Makes one call: Call(&v1::SecretService::Stub::GetSecret, request). Errors are RpcError's.
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const Request& request, absl::Duration deadline = kDeadline) {
    Stub stub(channel_);
    grpc::ClientContext context;
    Prepare(&context, deadline);
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (!status.ok()) return RpcError(status, address_);
    return response;
  }

  // Reads a stream to its end, giving each message to `take`; stops at the first error of either
  // side. There is no deadline: how long it takes depends on how much there is.
  template <typename Stub, typename Request, typename Message>
  absl::Status Read(std::unique_ptr<grpc::ClientReader<Message>> (Stub::*method)(
                        grpc::ClientContext*, const Request&),
                    const Request& request,
                    const std::function<absl::Status(const std::type_identity_t<Message>&)>& take) {
    Stub stub(channel_);
    grpc::ClientContext context;
    Prepare(&context, absl::InfiniteDuration());
    const auto reader = (stub.*method)(&context, request);
    Message message;
    while (reader->Read(&message)) {
      if (absl::Status taken = take(message); !taken.ok()) {
        context.TryCancel();
        reader->Finish().ok();  // It says "cancelled", which we know.
        return taken;
      }
    }
    return RpcError(reader->Finish(), address_);
  }

  // Opens a stream in both directions, lets `talk` write and read, and gives what it came to: the
  // error of `talk`, which ends the call, or else of the server.
  template <typename Stub, typename Request, typename Response>
  absl::Status Talk(
      std::unique_ptr<grpc::ClientReaderWriter<Request, Response>> (Stub::*method)(
          grpc::ClientContext*),
      const std::function<
          absl::Status(std::type_identity_t<grpc::ClientReaderWriter<Request, Response>>&)>& talk) {
    Stub stub(channel_);
    grpc::ClientContext context;
    Prepare(&context, absl::InfiniteDuration());
    const auto stream = (stub.*method)(&context);
    absl::Status talked = talk(*stream);
    if (!talked.ok()) context.TryCancel();
    const grpc::Status status = stream->Finish();
    return talked.ok() ? RpcError(status, address_) : talked;
  }

 private:
  void Prepare(grpc::ClientContext* context, absl::Duration deadline) const;

  std::string address_;
  std::string token_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_CONNECTION_H_
