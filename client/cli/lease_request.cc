#include "client/cli/lease_request.h"

#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "client/cli/resource.h"
#include "client/cli/server_place.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/time_text.h"
#include "client/cli/time_argument.h"
#include "leasehold/v1/lease.pb.h"
#include "server/base/reason.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {

absl::StatusOr<v1::AcquireLeaseRequest> LeaseRequest(const Arguments& args,
                                                     std::string_view reference) {
  v1::AcquireLeaseRequest request;
  ASSIGN_OR_RETURN(const Reference parsed, ParseReference(reference));
  request.set_secret(parsed.resource());
  auto workflow = args.Get("workflow");
  if (!workflow.has_value()) workflow = Environment("LEASEHOLD_WORKFLOW");
  if (workflow.has_value()) {
    ASSIGN_OR_RETURN(*request.mutable_workflow(), ResourceName("workflows/", *workflow));
  }
  auto run = args.Get("run");
  if (!run.has_value()) run = Environment("LEASEHOLD_RUN");
  request.set_run(run.value_or(""));
  request.set_purpose(args.Get("purpose").value_or(""));
  if (const auto ttl = args.Get("ttl")) {
    ASSIGN_OR_RETURN(const absl::Duration duration, ParseSpan(*ttl, "ttl"));
    *request.mutable_ttl() = DurationOf(duration);
  }
  ASSIGN_OR_RETURN(const uint64_t use_limit, ParseUseLimit(args));
  request.set_use_limit(use_limit);
  request.set_request_id(args.Get("request-id").value_or(""));
  return request;
}

Flag UseLimitFlag() {
  return {.name = "use-limit", .value = "N", .help = "at most this many uses; without it no limit"};
}

absl::StatusOr<uint64_t> ParseUseLimit(const Arguments& args) {
  const auto text = args.Get("use-limit");
  if (!text.has_value()) return 0;
  uint64_t limit = 0;
  if (!absl::SimpleAtoi(*text, &limit) || limit == 0) {
    return UsageError(StrCat("--use-limit '", *text, "' is no number from 1 up"),
                      "leave it out for no limit");
  }
  return limit;
}

absl::Status ForAgents(const absl::Status& error) {
  if (ReasonOf(error) != Reason::kRoleForbidden) return error;
  if (const auto token = AgentToken(); !token.ok() || !token->empty()) return error;
  return WithHint(
      error,
      "leases are for agents: let LEASEHOLD_TOKEN_FILE name a file with an agent token, "
      "which `leasehold agent token NAME` prints");
}

}  // namespace leasehold
