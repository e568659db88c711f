// IdentityService's targets.
#include <utility>

#include "server/api/entity_calls.h"
#include "server/api/identity_service.h"
#include "server/api/names.h"
#include "server/api/request_checks.h"
#include "server/policy/compiled_target.h"

namespace leasehold {
namespace {

constexpr std::string_view kService = "leasehold.v1.IdentityService";

v1::Target DescribeTarget(const State&, const Entity& entity, UnixMillis) {
  v1::Target target;
  target.ParseFromString(entity.body);
  target.set_uid(entity.uid.value());
  ToProto(entity.create_time, target.mutable_create_time());
  target.set_etag(EtagOf(entity.index));
  return target;
}

absl::StatusOr<EntityWrite> ParseTarget(const Principal& principal, const v1::Target& target) {
  RETURN_IF_ERROR(CheckNoUnknownFields(target));
  ASSIGN_OR_RETURN(Name name, ParseId(target.name(), "targets/"));
  RETURN_IF_ERROR(CheckOptionalText(target.description(), "description"));
  v1::Target body = target;
  body.clear_uid();
  body.clear_create_time();
  body.clear_etag();
  // Compiled here for its errors; the fold compiles what it stores.
  RETURN_IF_ERROR(CompiledTarget::Compile(body).status());
  EntityWrite write{.principal = principal,
                    .kind = EntityKind::kTarget,
                    .name = std::move(name),
                    .body = DeterministicBytes(body)};
  ASSIGN_OR_RETURN(write.etag, ParseEtag(target.etag()));
  return write;
}

}  // namespace

grpc::Status IdentityService::CreateTarget(grpc::ServerContext* context,
                                           const v1::CreateTargetRequest* request,
                                           v1::Target* response) {
  static const ApiMethod& method = FindApiMethod(kService, "CreateTarget");
  return Dispatch<v1::Target>(context, response, gate_, method, [&](auto call) {
    WriteCall<v1::Target>(authority_, call, ParseTarget(call->principal(), request->target()),
                          CreateEntity, DescribeTarget);
  });
}

grpc::Status IdentityService::UpdateTarget(grpc::ServerContext* context,
                                           const v1::UpdateTargetRequest* request,
                                           v1::Target* response) {
  static const ApiMethod& method = FindApiMethod(kService, "UpdateTarget");
  return Dispatch<v1::Target>(context, response, gate_, method, [&](auto call) {
    WriteCall<v1::Target>(authority_, call, ParseTarget(call->principal(), request->target()),
                          UpdateEntity, DescribeTarget);
  });
}

grpc::Status IdentityService::GetTarget(grpc::ServerContext* context,
                                        const v1::GetTargetRequest* request, v1::Target* response) {
  static const ApiMethod& method = FindApiMethod(kService, "GetTarget");
  return DispatchRead<v1::Target>(context, response, gate_, method, [&](const Principal&) {
    return ReadEntity<v1::Target>(authority_, EntityKind::kTarget,
                                  ParseId(request->name(), "targets/"), DescribeTarget);
  });
}

grpc::Status IdentityService::ListTargets(grpc::ServerContext* context,
                                          const v1::ListTargetsRequest* request,
                                          v1::ListTargetsResponse* response) {
  static const ApiMethod& method = FindApiMethod(kService, "ListTargets");
  using Response = v1::ListTargetsResponse;
  return DispatchRead<Response>(context, response, gate_, method, [&](const Principal&) {
    return ListEntities<Response, v1::Target>(
        authority_, tokens_, *request, EntityKind::kTarget, DescribeTarget,
        [](Response& page, v1::Target target) { *page.add_targets() = std::move(target); });
  });
}

grpc::Status IdentityService::DeleteTarget(grpc::ServerContext* context,
                                           const v1::DeleteTargetRequest* request,
                                           google::protobuf::Empty* response) {
  static const ApiMethod& method = FindApiMethod(kService, "DeleteTarget");
  return Dispatch<google::protobuf::Empty>(context, response, gate_, method, [&](auto call) {
    DeleteCall(authority_, call, EntityKind::kTarget, ParseId(request->name(), "targets/"),
               request->etag());
  });
}

}  // namespace leasehold
