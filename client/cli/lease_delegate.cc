#include "client/cli/lease_delegate.h"

#include <string>

#include "client/cli/lease_answer.h"
#include "client/cli/lease_request.h"
#include "client/cli/lease_token.h"
#include "client/cli/resource.h"
#include "client/cli/session.h"
#include "client/cli/terminal/time_text.h"
#include "client/cli/time_argument.h"
#include "leasehold/v1/lease.grpc.pb.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

absl::StatusOr<v1::DelegateLeaseRequest> DelegateRequest(Session& session) {
  const Arguments& args = session.args();
  v1::DelegateLeaseRequest request;
  ASSIGN_OR_RETURN(*request.mutable_agent(), ResourceName("agents/", *args.Get("agent")));
  if (const auto ttl = args.Get("ttl")) {
    ASSIGN_OR_RETURN(const absl::Duration duration, ParseSpan(*ttl, "ttl"));
    *request.mutable_ttl() = DurationOf(duration);
  }
  ASSIGN_OR_RETURN(const uint64_t use_limit, ParseUseLimit(args));
  request.set_use_limit(use_limit);
  for (const std::string& target : args.All("target")) {
    ASSIGN_OR_RETURN(const std::string name, ResourceName("targets/", target));
    request.add_targets(ShortName(name));
  }
  request.set_reads_only(args.Has("read-only"));
  request.set_request_id(args.Get("request-id").value_or(""));
  ASSIGN_OR_RETURN(*request.mutable_token(), ReadLeaseToken(session));
  return request;
}

absl::StatusOr<ExitStatus> Delegate(Session& session) {
  RETURN_IF_ERROR(CheckPrintFlag(session.args()));
  ASSIGN_OR_RETURN(const v1::DelegateLeaseRequest request, DelegateRequest(session));
  const auto delegated = session.Call(&v1::LeaseService::Stub::DelegateLease, request);
  if (!delegated.ok()) return ForAgents(delegated.status());
  return PrintLease(session, *delegated);
}

}  // namespace

Command DelegateCommand() {
  return {
      .name = "delegate",
      .summary = "give another agent a narrower lease from one's own (as its agent)",
      .details =
          "Prints the new lease with its two tokens, this once, to be handed to the other agent: "
          "the\ntoken counts only together with that agent. It can never do more than the lease "
          "that it\ncomes from, every use counts for both, and it ends with it at the latest. "
          "Targets and\n--read-only narrow it further.",
      .flags = {LeaseTokenFlag(),
                {.name = "agent", .value = "NAME", .help = "who receives it", .required = true},
                {.name = "ttl",
                 .value = "DURATION",
                 .help = "how long; without it until the lease that it comes from ends"},
                UseLimitFlag(),
                {.name = "target",
                 .value = "NAME",
                 .help = "only at this target; repeats",
                 .repeats = true},
                {.name = "read-only", .help = "only reads"},
                {.name = "request-id",
                 .value = "ID",
                 .help = "makes a repeat safe: the same answer for 24 hours"},
                PrintFlag()},
      .examples = {"LEASEHOLD_TOKEN_FILE=demo-bot.token leasehold lease delegate --token-file "
                   "demo.lease --agent helper-bot --ttl 5m --read-only",
                   "LEASEHOLD_TOKEN_FILE=demo-bot.token leasehold lease delegate --token-file "
                   "demo.lease --agent helper-bot --target demo --use-limit 10 --print token > "
                   "helper.lease"},
      .run = Delegate,
  };
}

}  // namespace leasehold
