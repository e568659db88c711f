#include "client/cli/rpc_error.h"

#include <optional>
#include <string>

#include "client/cli/terminal/cli_error.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"
#include "server/base/reason.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

std::optional<Reason> ReasonFromDetails(const std::string& details) {
  google::rpc::Status rich;
  if (!rich.ParseFromString(details)) return std::nullopt;
  for (const auto& detail : rich.details()) {
    google::rpc::ErrorInfo info;
    if (detail.UnpackTo(&info) && info.domain() == "leasehold") return ParseReason(info.reason());
  }
  return std::nullopt;
}

// gRPC's own failures, and reasons of a later server.
absl::Status ErrorFromCode(const grpc::Status& status, std::string_view server, bool ours) {
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  const ExitStatus exit = ExitStatusOf(absl::Status(code, ""));
  if (ours) return CliError(exit, status.error_message());
  switch (code) {
    case absl::StatusCode::kUnavailable:
      return CliError(exit, StrCat("no server answers at ", server),
                      "start leaseholdd, or say where it is with --server or LEASEHOLD_SERVER");
    case absl::StatusCode::kDeadlineExceeded:
      return CliError(exit, StrCat("the server at ", server, " did not answer in time"),
                      "it may have done what was asked; look before you repeat it");
    case absl::StatusCode::kUnimplemented:
      return CliError(exit, StrCat("the server at ", server, " does not know this call"),
                      "`leasehold version` shows both versions; or another socket is meant");
    default:
      return CliError(exit, status.error_message());
  }
}

}  // namespace

absl::Status RpcError(const grpc::Status& status, std::string_view server) {
  if (status.ok()) return absl::OkStatus();
  if (const auto reason = ReasonFromDetails(status.error_details())) {
    if (*reason != Reason::kNone) return Error(*reason, status.error_message());
  }
  return ErrorFromCode(status, server, !status.error_details().empty());
}

}  // namespace leasehold
