#ifndef LEASEHOLD_CLIENT_CLI_SUBJECT_FILTER_H_
#define LEASEHOLD_CLIENT_CLI_SUBJECT_FILTER_H_

#include "absl/status/status.h"
#include "client/cli/arguments/parser.h"
#include "client/cli/resource.h"
#include "server/base/status.h"

namespace leasehold {

// Puts --agent, --secret and --workflow, where they are typed, into a request that filters by them.
// A usage error where one is no canonical name.
template <typename Request>
absl::Status ReadSubjectFilter(const Arguments& args, Request* request) {
  if (const auto agent = args.Get("agent")) {
    ASSIGN_OR_RETURN(*request->mutable_agent(), ResourceName("agents/", *agent));
  }
  if (const auto secret = args.Get("secret")) {
    ASSIGN_OR_RETURN(*request->mutable_secret(), ResourceName("secrets/", *secret));
  }
  if (const auto workflow = args.Get("workflow")) {
    ASSIGN_OR_RETURN(*request->mutable_workflow(), ResourceName("workflows/", *workflow));
  }
  return absl::OkStatus();
}

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_SUBJECT_FILTER_H_
