#include "client/cli/lease_actions.h"

#include <string>
#include <utility>
#include <vector>

#include "client/cli/lease_answer.h"
#include "client/cli/lease_request.h"
#include "client/cli/lease_text.h"
#include "client/cli/lease_token.h"
#include "client/cli/resource.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/time_text.h"
#include "client/cli/time_argument.h"
#include "leasehold/v1/lease.grpc.pb.h"
#include "leasehold/v1/use.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using Stub = v1::LeaseService::Stub;

}  // namespace

absl::StatusOr<ExitStatus> AcquireLease(Session& session) {
  RETURN_IF_ERROR(CheckPrintFlag(session.args()));
  ASSIGN_OR_RETURN(v1::AcquireLeaseRequest request,
                   LeaseRequest(session.args(), session.args().positionals()[0]));
  if (session.args().Has("reveal")) request.set_delivery(v1::DELIVERY_REVEALED);
  const auto acquired = session.Call(&Stub::AcquireLease, request);
  if (!acquired.ok()) return ForAgents(acquired.status());
  return PrintLease(session, *acquired);
}

absl::StatusOr<ExitStatus> RenewLease(Session& session) {
  v1::RenewLeaseRequest request;
  ASSIGN_OR_RETURN(*request.mutable_token(), ReadLeaseToken(session));
  if (const auto ttl = session.args().Get("ttl")) {
    ASSIGN_OR_RETURN(const absl::Duration duration, ParseSpan(*ttl, "ttl"));
    *request.mutable_ttl() = DurationOf(duration);
  }
  ASSIGN_OR_RETURN(const v1::Lease lease, session.Call(&Stub::RenewLease, request));
  session.console().Answer(MessageJson(lease), StrCat(lease.name(), ": renewed until ",
                                                      TimeCell(lease.expire_time()), "\n"));
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> ReleaseLeases(Session& session) {
  std::vector<v1::ReleaseLeaseRequest> requests;
  for (const std::string& typed : session.args().positionals()) {
    if (typed.starts_with("lhl_") || typed.starts_with("lhb_")) {
      return UsageError("this takes a lease's name, never its token",
                        "give the token with --token-file or LEASEHOLD_LEASE_TOKEN");
    }
    requests.emplace_back().set_name(LeaseName(typed));
  }
  // Names that are given are all that is meant; the environment's token may be an older one.
  if (requests.empty() || session.args().Has("token-file")) {
    ASSIGN_OR_RETURN(std::string token, ReadLeaseToken(session));
    requests.emplace_back().set_token(std::move(token));
  }
  Json list = Json::Array();
  std::string human;
  for (const v1::ReleaseLeaseRequest& request : requests) {
    ASSIGN_OR_RETURN(const v1::Lease lease, session.Call(&Stub::ReleaseLease, request));
    StrAppend(&human, lease.name(), ": ", LeaseStateText(lease), "\n");
    list.Append(MessageJson(lease));
  }
  session.console().Answer(Json::Object().Set("leases", std::move(list)), human);
  return ExitStatus::kOk;
}

namespace {

// A call of a tool, or an HTTP request.
absl::Status SetUse(const Arguments& args, v1::AuthorizeUseRequest* request) {
  const auto tool = args.Get("tool");
  if (tool.has_value() && (args.Has("method") || args.Has("path"))) {
    return UsageError("--tool stands beside --method or --path",
                      "a tool is called with --arguments");
  }
  if (!tool.has_value() && args.Has("arguments")) {
    return UsageError("--arguments needs --tool", "for example --tool get_issue");
  }
  if (tool.has_value()) {
    request->set_tool(*tool);
    request->set_arguments_json(args.Get("arguments").value_or(""));
    return absl::OkStatus();
  }
  request->set_method(args.Get("method").value_or("GET"));
  request->set_path(args.Get("path").value_or("/"));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ExitStatus> AuthorizeUse(Session& session) {
  const Arguments& args = session.args();
  v1::AuthorizeUseRequest request;
  ASSIGN_OR_RETURN(*request.mutable_token(), ReadLeaseToken(session));
  ASSIGN_OR_RETURN(*request.mutable_target(), ResourceName("targets/", *args.Get("target")));
  RETURN_IF_ERROR(SetUse(args, &request));
  request.set_trace_id(args.Get("trace-id").value_or(""));
  ASSIGN_OR_RETURN(const v1::AuthorizeUseResponse answer,
                   session.Call(&v1::UseService::Stub::AuthorizeUse, request));
  Console& console = session.console();
  std::string human;
  if (answer.allowed()) {
    human = StrCat(console.Green("allowed"), " (entry ", answer.entry(), ")\n");
  } else {
    const std::string& why = answer.message().empty() ? answer.reason() : answer.message();
    human = StrCat(console.Red("denied"), ": ", why, "\n");
  }
  console.Answer(MessageJson(answer), human);
  return answer.allowed() ? ExitStatus::kOk : ExitStatus::kDenied;
}

absl::StatusOr<ExitStatus> CheckLease(Session& session) {
  v1::CheckLeaseRequest request;
  ASSIGN_OR_RETURN(*request.mutable_token(), ReadLeaseToken(session));
  ASSIGN_OR_RETURN(const v1::CheckLeaseResponse answer, session.Call(&Stub::CheckLease, request));
  session.console().Answer(MessageJson(answer),
                           answer.usable()
                               ? StrCat("usable until ", TimeCell(answer.expire_time()), "\n")
                               : StrCat("not usable: ", answer.reason(), "\n"));
  return answer.usable() ? ExitStatus::kOk : ExitStatus::kDenied;
}

}  // namespace leasehold
