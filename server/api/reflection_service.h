#ifndef LEASEHOLD_SERVER_API_REFLECTION_SERVICE_H_
#define LEASEHOLD_SERVER_API_REFLECTION_SERVICE_H_

#include <vector>

#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "server/api/open_streams.h"
#include "server/api/slots.h"

namespace leasehold {

// gRPC's server reflection, for grpcurl and the like. Not the plugin that comes with gRPC: that one
// keeps a thread, which polls the sockets, for each stream that anybody leaves open.
class ReflectionService final : public grpc::reflection::v1alpha::ServerReflection::Service {
 public:
  // Streams at once. Anybody may ask, and each holds a thread; a client is through in a moment.
  static constexpr int kStreamsMax = 2;

  // `streams` ends those whose callers are silent, and outlives it.
  explicit ReflectionService(OpenStreams& streams)
      : streams_(streams), slots_(kStreamsMax, "others are asking for reflection; try again") {}

  grpc::Status ServerReflectionInfo(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<grpc::reflection::v1alpha::ServerReflectionResponse,
                               grpc::reflection::v1alpha::ServerReflectionRequest>* stream)
      override;

 private:
  OpenStreams& streams_;
  Slots slots_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_REFLECTION_SERVICE_H_
