#include "server/api/reflection_service.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <memory>
#include <set>
#include <string>

#include "server/api/method_table.h"
#include "server/api/status_mapping.h"

namespace leasehold {
namespace {

namespace v1alpha = grpc::reflection::v1alpha;
using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;

void ListServices(v1alpha::ListServiceResponse* list) {
  std::set<std::string> names = {
      "grpc.health.v1.Health",
      v1alpha::ServerReflection::service_full_name(),
  };
  for (const ApiMethod& method : AllApiMethods()) {
    names.insert(std::string(method.service));
  }
  for (const std::string& name : names) {
    list->add_service()->set_name(name);
  }
}

// `file`, then what it imports, each once.
void AddFile(const FileDescriptor& file, std::set<std::string>& added,
             v1alpha::FileDescriptorResponse* response) {
  if (!added.insert(file.name()).second) {
    return;
  }
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  response->add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) {
    AddFile(*file.dependency(i), added, response);
  }
}

void SetError(grpc::StatusCode code, const std::string& text,
              v1alpha::ServerReflectionResponse& response) {
  response.mutable_error_response()->set_error_code(code);
  response.mutable_error_response()->set_error_message(text);
}

void SetFile(const FileDescriptor* file, v1alpha::ServerReflectionResponse& response) {
  if (file == nullptr) {
    SetError(grpc::StatusCode::NOT_FOUND, "this server has no such thing", response);
    return;
  }
  std::set<std::string> added;
  AddFile(*file, added, response.mutable_file_descriptor_response());
}

v1alpha::ServerReflectionResponse Answer(const v1alpha::ServerReflectionRequest& request) {
  using Request = v1alpha::ServerReflectionRequest;
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  v1alpha::ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case Request::kListServices:
      ListServices(response.mutable_list_services_response());
      break;
    case Request::kFileByFilename:
      SetFile(pool.FindFileByName(request.file_by_filename()), response);
      break;
    case Request::kFileContainingSymbol:
      SetFile(pool.FindFileContainingSymbol(request.file_containing_symbol()), response);
      break;
    case Request::kFileContainingExtension:
    case Request::kAllExtensionNumbersOfType:
      SetError(grpc::StatusCode::NOT_FOUND, "the messages of this server have no extensions",
               response);
      break;
    case Request::MESSAGE_REQUEST_NOT_SET:
      SetError(grpc::StatusCode::INVALID_ARGUMENT, "nothing is asked", response);
      break;
  }
  return response;
}

}  // namespace

grpc::Status ReflectionService::ServerReflectionInfo(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<v1alpha::ServerReflectionResponse, v1alpha::ServerReflectionRequest>*
        stream) {
  absl::StatusOr<Slots::Slot> slot = slots_.Take();
  if (!slot.ok()) {
    return ToGrpcStatus(slot.status());
  }
  absl::StatusOr<std::unique_ptr<OpenStreams::Stream>> open = streams_.Open(context);
  if (!open.ok()) {
    return ToGrpcStatus(open.status());
  }
  v1alpha::ServerReflectionRequest request;
  while (true) {
    OpenStreams::Waiting waiting(**open);
    if (!stream->Read(&request) || !stream->Write(Answer(request))) {
      break;
    }
  }
  return grpc::Status::OK;
}

}  // namespace leasehold
