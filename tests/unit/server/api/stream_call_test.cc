#include "server/api/stream_call.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "leasehold/v1/ledger.grpc.pb.h"
#include "server/api/open_streams.h"
#include "server/base/principal.h"

namespace leasehold {
namespace {

// An export of two records, the first of which is written once the test says so.
class TwoRecords : public v1::LedgerService::Service {
 public:
  grpc::Status ExportEntries(grpc::ServerContext* context, const v1::ExportEntriesRequest*,
                             grpc::ServerWriter<v1::ExportRecord>* writer) override {
    std::unique_ptr<OpenStreams::Stream> stream = streams_.Open(context).value();
    const Principal principal;
    StreamCall<v1::ExportRecord> call(*stream, writer, principal);
    may_write->WaitForNotification();
    for (int i = 0; i < 2; ++i) {
      const absl::Status written =
          call.Write(v1::ExportRecord(), StreamCall<v1::ExportRecord>::Then::kMore);
      if (!written.ok()) return {grpc::StatusCode::UNKNOWN, std::string(written.message())};
    }
    return grpc::Status::OK;
  }

  grpc::Status GetCheckpoint(grpc::ServerContext*, const v1::GetCheckpointRequest*,
                             v1::Checkpoint*) override {
    return grpc::Status::OK;
  }

  std::unique_ptr<absl::Notification> may_write;

 private:
  OpenStreams streams_;
};

// Once it was started only by other traffic of its connection, and else waited for a minute and was
// cut off as that of a caller who takes nothing.
TEST_CASE("the first message of a stream is sent though more are to follow and all else is quiet") {
  TwoRecords service;
  int port = 0;
  const auto server = grpc::ServerBuilder()
                          .AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port)
                          .RegisterService(&service)
                          .BuildAndStart();
  REQUIRE(server != nullptr);
  const auto stub = v1::LedgerService::NewStub(
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  for (int i = 0; i < 20; ++i) {
    service.may_write = std::make_unique<absl::Notification>();
    grpc::ClientContext context;
    const auto reader = stub->ExportEntries(&context, v1::ExportEntriesRequest());
    // When this is answered, the connection has nothing to send that came with the stream.
    grpc::ClientContext other;
    v1::Checkpoint checkpoint;
    REQUIRE(stub->GetCheckpoint(&other, v1::GetCheckpointRequest(), &checkpoint).ok());
    service.may_write->Notify();
    v1::ExportRecord record;
    int records = 0;
    while (reader->Read(&record)) ++records;
    CHECK(reader->Finish().error_message() == "");
    CHECK(records == 2);
  }
}

}  // namespace
}  // namespace leasehold
