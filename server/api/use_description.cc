#include "server/api/use_description.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "server/api/names.h"
#include "server/api/status_mapping.h"
#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/policy/http_methods.h"
#include "server/policy/http_path.h"
#include "server/policy/policy_limits.h"
#include "server/policy/tool_arguments.h"

namespace leasehold {
namespace {

constexpr std::string_view kTargets = "targets/";
constexpr size_t kTraceIdDigits = 32;

bool IsTraceId(const std::string& text) {
  return text.size() == kTraceIdDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

absl::Status CheckHttpUse(const v1::AuthorizeUseRequest& request) {
  if (!request.arguments_json().empty()) {
    return Error(Reason::kInvalidArgument, "arguments_json stands without tool; name the tool");
  }
  if (std::string_view offence = PathOffence(request.path()); !offence.empty()) {
    return Error(Reason::kInvalidArgument, StrCat("path ", offence));
  }
  if (!IsUsableMethod(request.method())) {
    return Error(Reason::kInvalidArgument,
                 "method must be an HTTP method in capitals, for example GET");
  }
  return absl::OkStatus();
}

absl::Status CheckToolCall(const v1::AuthorizeUseRequest& request) {
  RETURN_IF_ERROR(Text::Parse(request.tool(), "tool").status());
  if (request.tool().size() > kToolNameBytesMax) {
    return Error(Reason::kInvalidArgument,
                 StrCat("tool has ", request.tool().size(), " bytes; at most ", kToolNameBytesMax,
                        " are allowed"));
  }
  if (!request.method().empty() || !request.path().empty()) {
    return Error(Reason::kInvalidArgument,
                 "method or path stands beside tool; ask about one of them, the call or the "
                 "request");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<UseRequest> ParseUseRequest(const Principal& principal,
                                           const v1::AuthorizeUseRequest& request) {
  if (!request.target().starts_with(kTargets)) {
    return Error(Reason::kInvalidArgument, "target is named targets/{id}");
  }
  RETURN_IF_ERROR(request.tool().empty() ? CheckHttpUse(request) : CheckToolCall(request));
  UseRequest parsed{.presenter = principal,
                    .token = request.token(),
                    .adapter = Adapter::kGrpc,
                    .target = request.target().substr(kTargets.size()),
                    .method = request.method(),
                    .path = request.path()};
  parsed.tool = request.tool();
  if (!request.arguments_json().empty()) {
    ASSIGN_OR_RETURN(ToolArguments arguments, ToolArguments::Parse(request.arguments_json()));
    parsed.arguments = std::make_shared<const ToolArguments>(std::move(arguments));
  }
  if (!request.trace_id().empty()) {
    if (!IsTraceId(request.trace_id())) {
      return Error(Reason::kInvalidArgument, "trace_id has 32 hex digits in lower case");
    }
    parsed.trace_id = absl::HexStringToBytes(request.trace_id());
  }
  return parsed;
}

v1::AuthorizeUseResponse DescribeUse(const UseReply& reply) {
  v1::AuthorizeUseResponse response;
  response.set_allowed(reply.allowed);
  response.set_not_enforced(reply.observed != Reason::kNone);
  response.set_policy(reply.policy);
  response.set_rule(reply.rule);
  response.set_policy_revision(reply.revision.value());
  response.set_write(reply.write);
  if (reply.entry.has_value()) {
    response.set_entry(reply.entry->value());
  }
  if (!reply.allowed) {
    response.set_reason(std::string(ReasonName(reply.reason)));
    response.set_message(reply.message);
    response.set_retryable(ReasonRetryable(reply.reason));
    if (reply.retry_after.has_value()) {
      ToProto(*reply.retry_after, response.mutable_retry_after());
    }
  }
  return response;
}

v1::AuthorizeUseResult DescribeUseResult(const absl::StatusOr<UseReply>& reply) {
  v1::AuthorizeUseResult result;
  if (reply.ok()) {
    *result.mutable_response() = DescribeUse(*reply);
    return result;
  }
  Reason reason = ReasonOf(reply.status());
  result.mutable_error()->set_code(static_cast<int>(ReasonCode(reason)));
  result.mutable_error()->set_reason(std::string(ReasonName(reason)));
  result.mutable_error()->set_message(MessageWithReason(reply.status()));
  return result;
}

}  // namespace leasehold
