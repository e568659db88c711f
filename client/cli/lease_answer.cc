#include "client/cli/lease_answer.h"

#include <string>
#include <utility>

#include "client/cli/lease_text.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/table.h"
#include "leasehold/v1/lease.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// The one thing that --print asks for; empty where the whole answer is wanted.
absl::StatusOr<std::string> OnlyPart(const Arguments& args,
                                     const v1::AcquireLeaseResponse& response) {
  const auto what = args.Get("print");
  if (!what.has_value()) return std::string();
  if (*what == "name") return response.lease().name();
  if (*what == "token") return response.token();
  if (response.handle().empty()) {
    return UsageError("a lease with delivery REVEALED has no handle", "use --print token");
  }
  return response.handle();
}

}  // namespace

Flag PrintFlag() {
  return {.name = "print", .value = "WHAT", .help = "print only one thing: name, token or handle"};
}

absl::Status CheckPrintFlag(const Arguments& args) {
  const auto what = args.Get("print");
  if (!what.has_value() || *what == "name" || *what == "token" || *what == "handle") {
    return absl::OkStatus();
  }
  return UsageError(StrCat("--print '", *what, "' is unknown"), "use name, token or handle");
}

absl::StatusOr<ExitStatus> PrintLease(Session& session, const v1::AcquireLeaseResponse& response) {
  ASSIGN_OR_RETURN(const std::string part, OnlyPart(session.args(), response));
  if (!part.empty()) {
    session.console().Write(part + "\n");
    return ExitStatus::kOk;
  }
  Facts facts;
  AddLeaseFacts(response.lease(), &facts);
  facts.Add("token", response.token());
  facts.Add("handle", response.handle());
  // One flat object, so that `.name`, `.token` and `.handle` are what a script reads.
  Json data = MessageJson(response.lease());
  data.Set("token", response.token()).Set("handle", response.handle());
  session.console().Answer(data, facts.ToText());
  return ExitStatus::kOk;
}

}  // namespace leasehold
