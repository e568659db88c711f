// The services of gRPC's own protocols: health and reflection.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/descriptor_database.h>
#include <grpcpp/grpcpp.h>

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "server/api/health_service.h"
#include "server/api/reflection_service.h"
#include "server/base/status.h"
#include "tests/unit/server/api/api_server.h"

namespace leasehold {
namespace {

namespace health = grpc::health::v1;
namespace reflection = grpc::reflection::v1alpha;

TEST_CASE("anybody may ask whether the server serves, about services that there are") {
  ApiServer server;
  auto stub = health::Health::NewStub(server.tcp());
  for (const char* service : {"", "leasehold.v1.UseService", "leasehold.v1.LeaseService"}) {
    health::HealthCheckRequest request;
    request.set_service(service);
    auto answer = Ask(*stub, &health::Health::Stub::Check, request);
    CHECK(answer.status.ok());
    CHECK(answer.response.status() == health::HealthCheckResponse::SERVING);
  }
  for (const char* service : {"leasehold.v1.Use", "leasehold.v1.UseService/", "x"}) {
    health::HealthCheckRequest request;
    request.set_service(service);
    auto answer = Ask(*stub, &health::Health::Stub::Check, request);
    CHECK(answer.status.error_code() == grpc::StatusCode::NOT_FOUND);
  }
}

TEST_CASE("a server that is not ready does not serve") {
  absl::Status ready = Error(Reason::kLedgerFull, "full");
  HealthService service([&] { return ready; });
  grpc::ServerContext context;
  health::HealthCheckRequest request;
  health::HealthCheckResponse response;
  REQUIRE(service.Check(&context, &request, &response).ok());
  CHECK(response.status() == health::HealthCheckResponse::NOT_SERVING);
  ready = absl::OkStatus();
  REQUIRE(service.Check(&context, &request, &response).ok());
  CHECK(response.status() == health::HealthCheckResponse::SERVING);
}

using ReflectionStream = grpc::ClientReaderWriter<reflection::ServerReflectionRequest,
                                                  reflection::ServerReflectionResponse>;

reflection::ServerReflectionResponse Reflect(ReflectionStream& stream,
                                             const reflection::ServerReflectionRequest& request) {
  reflection::ServerReflectionResponse response;
  CHECK(stream.Write(request));
  CHECK(stream.Read(&response));
  return response;
}

TEST_CASE("reflection lists the services and describes each with all that it needs") {
  ApiServer server;
  auto stub = reflection::ServerReflection::NewStub(server.tcp());
  grpc::ClientContext context;
  auto stream = stub->ServerReflectionInfo(&context);
  reflection::ServerReflectionRequest request;
  request.set_list_services("");
  auto listed = Reflect(*stream, request);
  std::set<std::string> names;
  for (const auto& service : listed.list_services_response().service()) {
    names.insert(service.name());
    request.set_file_containing_symbol(service.name());
    auto described = Reflect(*stream, request);
    google::protobuf::SimpleDescriptorDatabase database;
    for (const std::string& bytes : described.file_descriptor_response().file_descriptor_proto()) {
      google::protobuf::FileDescriptorProto file;
      REQUIRE(file.ParseFromString(bytes));
      database.Add(file);
    }
    google::protobuf::DescriptorPool pool(&database);
    CHECK(pool.FindServiceByName(service.name()) != nullptr);
  }
  for (const char* name : {"leasehold.v1.UseService", "leasehold.v1.RevocationService",
                           "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}) {
    CHECK(names.count(name) == 1);
  }
  request.set_file_by_filename("leasehold/v1/lease.proto");
  CHECK(Reflect(*stream, request).file_descriptor_response().file_descriptor_proto_size() > 1);
  stream->WritesDone();
  CHECK(stream->Finish().ok());
}

TEST_CASE("what there is not has an error in reflection, and the stream goes on") {
  ApiServer server;
  auto stub = reflection::ServerReflection::NewStub(server.tcp());
  grpc::ClientContext context;
  auto stream = stub->ServerReflectionInfo(&context);
  std::vector<reflection::ServerReflectionRequest> requests(5);  // the last asks nothing
  requests[0].set_file_by_filename("../etc/passwd");
  requests[1].set_file_containing_symbol("leasehold.v1.NoService");
  requests[2].mutable_file_containing_extension()->set_containing_type("leasehold.v1.Lease");
  requests[3].set_all_extension_numbers_of_type("leasehold.v1.Lease");
  for (const auto& request : requests) {
    auto response = Reflect(*stream, request);
    CHECK(response.has_error_response());
    CHECK(response.original_request().SerializeAsString() == request.SerializeAsString());
  }
}

TEST_CASE("who leaves reflection open keeps others from it, and from nothing else") {
  ApiServer server;
  auto stub = reflection::ServerReflection::NewStub(server.tcp());
  reflection::ServerReflectionRequest request;
  request.set_list_services("");
  grpc::ClientContext contexts[ReflectionService::kStreamsMax];
  std::vector<std::unique_ptr<ReflectionStream>> open;
  for (grpc::ClientContext& context : contexts) {
    open.push_back(stub->ServerReflectionInfo(&context));
    CHECK(Reflect(*open.back(), request).has_list_services_response());
  }
  grpc::ClientContext context;
  auto refused = stub->ServerReflectionInfo(&context);
  reflection::ServerReflectionResponse response;
  refused->Write(request);
  CHECK_FALSE(refused->Read(&response));
  CHECK(ReasonOfCall(refused->Finish()) == "OVERLOADED");
  auto healthy = health::Health::NewStub(server.tcp());
  CHECK(Ask(*healthy, &health::Health::Stub::Check, health::HealthCheckRequest()).status.ok());
}

}  // namespace
}  // namespace leasehold
