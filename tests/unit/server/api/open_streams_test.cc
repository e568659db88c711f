#include "server/api/open_streams.h"

#include <grpcpp/grpcpp.h>

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "leasehold/v1/ledger.grpc.pb.h"
#include "server/api/slots.h"
#include "server/api/status_mapping.h"
#include "server/api/stream_call.h"
#include "server/base/status.h"
#include "tests/unit/server/api/api_server.h"

namespace leasehold {
namespace {

using ExportCall = StreamCall<v1::ExportRecord>;

// A server whose export is what the test says.
class StreamServer final : public v1::LedgerService::Service {
 public:
  StreamServer(std::function<absl::Status(ExportCall&)> handle, int max = OpenStreams::kMax,
               absl::Duration stalled_max = OpenStreams::kStalledMax)
      : handle_(std::move(handle)), streams_(max, stalled_max) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    REQUIRE(server_ != nullptr);
    stub_ = v1::LedgerService::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                                           grpc::InsecureChannelCredentials()));
  }
  ~StreamServer() override {
    streams_.Stop();
    server_->Shutdown();
  }

  v1::LedgerService::Stub& stub() { return *stub_; }
  OpenStreams& streams() { return streams_; }

 private:
  grpc::Status ExportEntries(grpc::ServerContext* context, const v1::ExportEntriesRequest*,
                             grpc::ServerWriter<v1::ExportRecord>* writer) override {
    absl::StatusOr<std::unique_ptr<OpenStreams::Stream>> stream = streams_.Open(context);
    if (!stream.ok()) {
      return ToGrpcStatus(stream.status());
    }
    const Principal nobody;
    ExportCall call(**stream, writer, nobody);
    return ToGrpcStatus(handle_(call));
  }

  const std::function<absl::Status(ExportCall&)> handle_;
  OpenStreams streams_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::LedgerService::Stub> stub_;
};

v1::ExportRecord LargeRecord() {
  v1::ExportRecord record;
  record.mutable_body()->set_body(std::string(100'000, 'x'));
  return record;
}

// What a handler does that waits for something that never comes.
absl::Status WaitForNothing(ExportCall& call) {
  absl::Status alive = call.Write(LargeRecord());
  while (alive.ok()) {
    absl::Notification nothing;
    nothing.WaitForNotificationWithTimeout(OpenStreams::kLookInterval);
    alive = call.Alive();
  }
  return alive;
}

TEST_CASE("a caller that takes nothing is cut off, and told why") {
  absl::Status seen;
  absl::Notification over;
  StreamServer server(
      [&](ExportCall& call) {
        while (seen.ok()) {
          seen = call.Write(LargeRecord(), ExportCall::Then::kMore);
        }
        over.Notify();
        return seen;
      },
      OpenStreams::kMax, absl::Milliseconds(50));
  grpc::ClientContext context;
  auto reader = server.stub().ExportEntries(&context, v1::ExportEntriesRequest());
  v1::ExportRecord record;
  REQUIRE(reader->Read(&record));
  over.WaitForNotification();
  CHECK(ReasonOf(seen) == Reason::kOverloaded);
  while (reader->Read(&record)) {
  }
  grpc::Status status = reader->Finish();
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(status.error_message().find("the caller took nothing") == 0);
}

TEST_CASE("a handler notices that its caller has gone") {
  absl::Notification over;
  StreamServer server([&](ExportCall& call) {
    absl::Status status = WaitForNothing(call);
    over.Notify();
    return status;
  });
  grpc::ClientContext context;
  auto reader = server.stub().ExportEntries(&context, v1::ExportEntriesRequest());
  v1::ExportRecord record;
  REQUIRE(reader->Read(&record));
  context.TryCancel();
  over.WaitForNotification();
  CHECK_FALSE(reader->Finish().ok());
}

TEST_CASE("a server that stops ends its streams, also those that are stuck, and takes no more") {
  const bool stuck = GENERATE(false, true);
  StreamServer server([&](ExportCall& call) {
    absl::Status status;
    while (stuck && status.ok()) {
      status = call.Write(LargeRecord());
    }
    return stuck ? status : WaitForNothing(call);
  });
  grpc::ClientContext context;
  auto reader = server.stub().ExportEntries(&context, v1::ExportEntriesRequest());
  v1::ExportRecord record;
  REQUIRE(reader->Read(&record));
  server.streams().Stop();
  while (reader->Read(&record)) {
  }
  grpc::Status status = reader->Finish();
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(status.error_message().find("the server stops") == 0);
  grpc::ClientContext again;
  auto late = server.stub().ExportEntries(&again, v1::ExportEntriesRequest());
  CHECK_FALSE(late->Read(&record));
  CHECK(ReasonOfCall(late->Finish()) == "SHUTTING_DOWN");
}

TEST_CASE("streams beyond the limit are refused until one ends") {
  StreamServer server(WaitForNothing, /*max=*/2);
  v1::ExportRecord record;
  grpc::ClientContext contexts[2];
  std::unique_ptr<grpc::ClientReader<v1::ExportRecord>> readers[2];
  for (int i = 0; i < 2; ++i) {
    readers[i] = server.stub().ExportEntries(&contexts[i], v1::ExportEntriesRequest());
    REQUIRE(readers[i]->Read(&record));
  }
  auto refused = [&] {
    grpc::ClientContext context;
    auto reader = server.stub().ExportEntries(&context, v1::ExportEntriesRequest());
    bool served = reader->Read(&record);
    if (served) {
      context.TryCancel();
    }
    std::string reason = ReasonOfCall(reader->Finish());
    return served ? std::string("served") : reason;
  };
  CHECK(refused() == "OVERLOADED");
  contexts[0].TryCancel();
  CHECK_FALSE(readers[0]->Finish().ok());
  while (refused() == "OVERLOADED") {
  }
  contexts[1].TryCancel();
  CHECK_FALSE(readers[1]->Finish().ok());
}

TEST_CASE("slots are taken and given back") {
  Slots slots(2, "too many");
  absl::StatusOr<Slots::Slot> first = slots.Take();
  {
    absl::StatusOr<Slots::Slot> second = slots.Take();
    REQUIRE(first.ok());
    REQUIRE(second.ok());
    CHECK(ReasonOf(slots.Take().status()) == Reason::kOverloaded);
  }
  CHECK(slots.Take().ok());
  Slots::Slot moved = *std::move(first);
  CHECK(slots.Take().ok());
}

}  // namespace
}  // namespace leasehold
