#include "client/cli/lease_watch.h"

#include <string>
#include <utility>
#include <vector>

#include "client/cli/event_lines.h"
#include "client/cli/lease_text.h"
#include "client/cli/resource.h"
#include "client/cli/session.h"
#include "client/cli/subject_filter.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/time_text.h"
#include "leasehold/v1/lease.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

absl::StatusOr<v1::WatchLeasesRequest> WatchRequest(const Arguments& args) {
  v1::WatchLeasesRequest request;
  RETURN_IF_ERROR(ReadSubjectFilter(args, &request));
  request.set_resume_token(args.Get("resume").value_or(""));
  return request;
}

std::vector<std::string> Cells(const v1::WatchLeasesEvent& event) {
  const v1::Lease& lease = event.has_existing() ? event.existing() : event.changed();
  return {event.has_existing() ? "-" : StrCat(event.index()),
          LeaseStateText(lease),
          lease.name(),
          ShortName(lease.agent()),
          ShortName(lease.secret()),
          ShortName(lease.workflow()),
          TimeCell(lease.expire_time())};
}

absl::StatusOr<ExitStatus> Watch(Session& session) {
  ASSIGN_OR_RETURN(const v1::WatchLeasesRequest request, WatchRequest(session.args()));
  EventLines lines(session, {"ENTRY", "STATE", "LEASE", "AGENT", "SECRET", "WORKFLOW", "EXPIRES"});
  RETURN_IF_ERROR(lines.ParseCount());
  ASSIGN_OR_RETURN(Connection * server, session.server());
  return lines.End(server->Read(&v1::LeaseService::Stub::WatchLeases, request,
                                [&](const v1::WatchLeasesEvent& event) -> absl::Status {
                                  if (event.has_existing() || event.has_changed()) {
                                    RETURN_IF_ERROR(lines.Write(MessageJson(event), Cells(event)));
                                  }
                                  if (!event.resume_token().empty())
                                    lines.Reached(event.resume_token());
                                  return lines.Enough() ? EventLines::EnoughRead()
                                                        : absl::OkStatus();
                                }));
}

}  // namespace

Command LeaseWatchCommand() {
  std::vector<Flag> flags = {
      {.name = "agent", .value = "NAME", .help = "only this agent's"},
      {.name = "secret", .value = "NAME", .help = "only of this secret"},
      {.name = "workflow", .value = "NAME", .help = "only in this workflow"}};
  for (Flag& flag : EventLines::Flags()) flags.push_back(std::move(flag));
  return {
      .name = "watch",
      .summary = "show the active leases, then every change as it happens",
      .details =
          "A line for each lease that is issued, renewed, released or revoked, as it is then; an\n"
          "agent sees its own. Leases that expire make no line: EXPIRES says when. With -o json "
          "one\n"
          "object an event.",
      .flags = std::move(flags),
      .examples = {"leasehold lease watch --agent demo-bot --count 1",
                   "leasehold lease watch --count 1 -o json | jq -r .existing.state"},
      .run = Watch,
  };
}

}  // namespace leasehold
