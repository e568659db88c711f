#include "server/api/status_mapping.h"

#include <google/protobuf/any.pb.h>
#include <grpcpp/support/status.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/api/names.h"
#include "server/api/request_checks.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

std::string_view ScopeName(ErrorDetail::Scope scope) {
  switch (scope) {
    case ErrorDetail::Scope::kCall:
      return "call";
    case ErrorDetail::Scope::kLease:
      return "lease";
    case ErrorDetail::Scope::kAgent:
      return "agent";
  }
  return "call";
}

google::rpc::Status Details(const absl::Status& status, const std::string& message) {
  Reason reason = ReasonOf(status);
  ErrorDetail detail = DetailOf(status);
  google::rpc::Status details;
  details.set_code(static_cast<int>(ReasonCode(reason)));
  details.set_message(message);
  google::rpc::ErrorInfo info;
  info.set_domain("leasehold");
  info.set_reason(std::string(ReasonName(reason)));
  for (const auto& [key, value] : detail.metadata) {
    (*info.mutable_metadata())[key] = value;
  }
  (*info.mutable_metadata())["retryable"] = ReasonRetryable(reason) ? "true" : "false";
  (*info.mutable_metadata())["scope"] = std::string(ScopeName(detail.scope));
  // Not PackFrom: a map's own order is random, and equal errors are to be equal bytes.
  google::protobuf::Any* packed = details.add_details();
  packed->set_type_url(StrCat("type.googleapis.com/", info.GetTypeName()));
  packed->set_value(DeterministicBytes(info));
  if (detail.retry_after.has_value()) {
    google::rpc::RetryInfo retry;
    ToProto(*detail.retry_after, retry.mutable_retry_delay());
    details.add_details()->PackFrom(retry);
  }
  return details;
}

}  // namespace

std::string MessageWithReason(const absl::Status& status) {
  std::string text = StrCat(status.message(), " [", ReasonName(ReasonOf(status)));
  for (const auto& [key, value] : DetailOf(status).metadata) {
    StrAppend(&text, " ", key, "=", value);
  }
  text.push_back(']');
  return text;
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) {
    return grpc::Status::OK;
  }
  absl::Status known = ReasonOf(status) == Reason::kInternal
                           ? Error(Reason::kInternal, "internal error; the server's log has more")
                           : status;
  std::string message = MessageWithReason(known);
  return {static_cast<grpc::StatusCode>(ReasonCode(ReasonOf(known))), message,
          Details(known, message).SerializeAsString()};
}

}  // namespace leasehold
