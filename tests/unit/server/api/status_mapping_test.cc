#include "server/api/status_mapping.h"

#include <grpcpp/support/status.h>

#include <catch2/catch.hpp>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

google::rpc::Status DetailsOf(const grpc::Status& status) {
  google::rpc::Status details;
  REQUIRE(details.ParseFromString(status.error_details()));
  return details;
}

google::rpc::ErrorInfo InfoOf(const grpc::Status& status) {
  google::rpc::ErrorInfo info;
  REQUIRE(DetailsOf(status).details(0).UnpackTo(&info));
  return info;
}

TEST_CASE("every reason has its code, its name in the details, and whether a retry helps") {
  for (Reason reason : AllReasons()) {
    if (reason == Reason::kNone) {
      continue;
    }
    CAPTURE(ReasonName(reason));
    grpc::Status status = ToGrpcStatus(Error(reason, "a sentence"));
    CHECK(static_cast<int>(status.error_code()) == static_cast<int>(ReasonCode(reason)));
    CHECK(InfoOf(status).reason() == ReasonName(reason));
    CHECK(InfoOf(status).domain() == "leasehold");
    CHECK(InfoOf(status).metadata().at("retryable") ==
          (ReasonRetryable(reason) ? "true" : "false"));
    CHECK(DetailsOf(status).code() == static_cast<int>(status.error_code()));
    CHECK(DetailsOf(status).message() == status.error_message());
  }
  CHECK(ToGrpcStatus(absl::OkStatus()).ok());
}

TEST_CASE("what an error knows beside its sentence travels with it") {
  grpc::Status status = ToGrpcStatus(Error(Reason::kOverloaded, "wait",
                                           {.scope = ErrorDetail::Scope::kAgent,
                                            .retry_after = absl::Milliseconds(1500),
                                            .metadata = {{"rule", "allow[0]"}, {"rev", "41"}}}));
  CHECK(status.error_message() == "wait [OVERLOADED rule=allow[0] rev=41]");
  CHECK(InfoOf(status).metadata().at("scope") == "agent");
  CHECK(InfoOf(status).metadata().at("rule") == "allow[0]");
  google::rpc::RetryInfo retry;
  REQUIRE(DetailsOf(status).details(1).UnpackTo(&retry));
  CHECK(retry.retry_delay().seconds() == 1);
  CHECK(retry.retry_delay().nanos() == 500'000'000);
}

TEST_CASE("a status of unknown origin says nothing to the caller") {
  grpc::Status status = ToGrpcStatus(absl::UnknownError("/etc/secret: s3cr3t"));
  CHECK(status.error_code() == grpc::StatusCode::INTERNAL);
  CHECK(status.error_message().find("s3cr3t") == std::string::npos);
  CHECK(status.error_details().find("s3cr3t") == std::string::npos);
  CHECK(InfoOf(status).reason() == "INTERNAL");
}

}  // namespace
}  // namespace leasehold
