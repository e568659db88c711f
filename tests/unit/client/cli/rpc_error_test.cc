#include "client/cli/rpc_error.h"

#include <grpcpp/support/status.h>

#include <catch2/catch.hpp>

#include "client/cli/terminal/cli_error.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/base/reason.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

grpc::Status Rich(grpc::StatusCode code, const std::string& reason, const std::string& domain) {
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain(domain);
  google::rpc::Status rich;
  rich.add_details()->PackFrom(info);
  return grpc::Status(code, "the sentence", rich.SerializeAsString());
}

TEST_CASE("the reason of the server's ErrorInfo is the error's reason") {
  for (const Reason reason : AllReasons()) {
    if (reason == Reason::kNone) continue;
    const absl::Status error = RpcError(
        Rich(grpc::StatusCode::UNKNOWN, std::string(ReasonName(reason)), "leasehold"), "unix:/s");
    CHECK(ReasonOf(error) == reason);
    CHECK(error.message() == "the sentence");
  }
}

TEST_CASE("a reason of a later server falls back to the code and keeps the sentence") {
  const absl::Status error =
      RpcError(Rich(grpc::StatusCode::PERMISSION_DENIED, "TOO_MUCH_TEA", "leasehold"), "unix:/s");
  CHECK(ExitStatusOf(error) == ExitStatus::kDenied);
  CHECK(error.message() == "the sentence");
}

TEST_CASE("a reason of another domain is not ours") {
  const absl::Status error =
      RpcError(Rich(grpc::StatusCode::INTERNAL, "HELD", "example.com"), "unix:/s");
  CHECK(ExitStatusOf(error) == ExitStatus::kFailure);
}

TEST_CASE("where nobody answers the address is named") {
  const absl::Status error =
      RpcError(grpc::Status(grpc::StatusCode::UNAVAILABLE, "failed to connect"), "unix:/s");
  CHECK(error.message() == "no server answers at unix:/s");
  CHECK(ExitStatusOf(error) == ExitStatus::kUnavailable);
  CHECK(RpcError(grpc::Status::OK, "unix:/s").ok());
}

}  // namespace
}  // namespace leasehold
