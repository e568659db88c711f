#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/arguments/near_name.h"
#include "client/cli/commands.h"
#include "client/cli/limit.h"
#include "client/cli/pages.h"
#include "client/cli/resource.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/table.h"
#include "client/cli/terminal/time_text.h"
#include "client/cli/time_argument.h"
#include "leasehold/v1/ledger.grpc.pb.h"
#include "server/base/reason.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/ledger/entry_codec.h"

namespace leasehold {
namespace {

constexpr uint64_t kDefaultLimit = 100;

absl::StatusOr<v1::ListEntriesRequest> ListRequest(const Arguments& args) {
  v1::ListEntriesRequest request;
  for (const std::string& kind : args.All("kind")) request.add_kinds(kind);
  if (const auto agent = args.Get("agent")) {
    ASSIGN_OR_RETURN(*request.mutable_agent(), ResourceName("agents/", *agent));
  }
  if (const auto secret = args.Get("secret")) {
    ASSIGN_OR_RETURN(*request.mutable_secret(), ResourceName("secrets/", *secret));
  }
  if (const auto workflow = args.Get("workflow")) {
    ASSIGN_OR_RETURN(*request.mutable_workflow(), ResourceName("workflows/", *workflow));
  }
  if (const auto target = args.Get("target")) {
    ASSIGN_OR_RETURN(*request.mutable_target(), ResourceName("targets/", *target));
  }
  if (const auto lease = args.Get("lease")) request.set_lease(LeaseName(*lease));
  if (const auto since = args.Get("since")) {
    ASSIGN_OR_RETURN(const absl::Time time, ParsePast(*since, "since", absl::Now()));
    *request.mutable_start_time() = TimestampOf(time);
  }
  if (const auto until = args.Get("until")) {
    ASSIGN_OR_RETURN(const absl::Time time, ParsePast(*until, "until", absl::Now()));
    *request.mutable_end_time() = TimestampOf(time);
  }
  request.set_denied_only(args.Has("denied"));
  return request;
}

// `error` with the kind that was probably meant. The server decides what is a kind: a later one has
// kinds that this build does not know.
absl::Status WithNearKind(const absl::Status& error, const v1::ListEntriesRequest& request) {
  if (ReasonOf(error) != Reason::kInvalidArgument) return error;
  std::vector<std::string> names;
  for (const EntryKind kind : AllEntryKinds()) names.emplace_back(EntryKindName(kind));
  for (const std::string& typed : request.kinds()) {
    const std::string hint = NearNameHint(typed, names);
    if (!hint.empty() && !ParseEntryKind(typed).has_value()) return WithHint(error, hint);
  }
  return error;
}

std::string OrDash(std::string text) { return text.empty() ? "-" : text; }

// What the columns before it do not say.
std::string WhatText(const v1::LedgerEntry& entry) {
  std::string what;
  const auto add = [&what](std::string_view part) {
    if (!part.empty()) StrAppend(&what, what.empty() ? "" : "; ", part);
  };
  add(entry.action());
  add(entry.reason());
  add(entry.summary());
  if (entry.count() > 1) add(StrCat(entry.count(), " times"));
  return what;
}

absl::StatusOr<ExitStatus> ListEntries(Session& session) {
  ASSIGN_OR_RETURN(v1::ListEntriesRequest request, ListRequest(session.args()));
  ASSIGN_OR_RETURN(const uint64_t limit, ParseLimit(session.args(), kDefaultLimit));
  // The newest ones, read from the end of the ledger and shown as a log reads: the oldest first.
  request.set_descending(limit != 0);
  auto listed = ListAll(session, &v1::LedgerService::Stub::ListEntries, request,
                        &v1::ListEntriesResponse::entries, limit);
  if (!listed.ok()) return WithNearKind(listed.status(), request);
  auto& entries = *listed;
  if (entries.items.empty()) {
    RETURN_IF_ERROR(CheckExists(session, "agents/", request.agent()));
    RETURN_IF_ERROR(CheckExists(session, "secrets/", request.secret()));
    RETURN_IF_ERROR(CheckExists(session, "targets/", request.target()));
  }
  if (limit != 0) std::reverse(entries.items.begin(), entries.items.end());
  Table table({"ENTRY", "TIME", "KIND", "AGENT", "SECRET", "DESTINATION", "VERDICT", "WHAT"});
  Json list = Json::Array();
  for (const v1::LedgerEntry& entry : entries.items) {
    table.Add({StrCat(entry.index()), TimeCell(entry.time()), entry.kind(),
               OrDash(ShortName(entry.agent())), OrDash(ShortName(entry.secret())),
               OrDash(entry.destination()), OrDash(entry.verdict()), WhatText(entry)});
    list.Append(MessageJson(entry));
  }
  session.console().Answer(Json::Object().Set("entries", std::move(list)), table.ToText());
  if (entries.more) session.console().Note("there may be older ones; --limit 0 lists all");
  return ExitStatus::kOk;
}

}  // namespace

Command LedgerListCommand() {
  return {
      .name = "list",
      .summary = "list entries of the ledger",
      .details = "The newest ones that match, the oldest of them first. Filters narrow each other.",
      .flags = {{.name = "kind",
                 .value = "KIND",
                 .help = "use, lease_issued, revoked, ...",
                 .repeats = true},
                {.name = "agent", .value = "NAME", .help = "only about this agent"},
                {.name = "secret", .value = "NAME", .help = "only about this secret"},
                {.name = "workflow", .value = "NAME", .help = "only in this workflow"},
                {.name = "target", .value = "NAME", .help = "only at this target"},
                {.name = "lease", .value = "LEASE", .help = "only about this lease"},
                {.name = "since", .value = "WHEN", .help = "30d, today or RFC 3339"},
                {.name = "until", .value = "WHEN", .help = "before then; as --since"},
                {.name = "denied", .help = "only refusals"},
                LimitFlag(kDefaultLimit)},
      .examples = {"leasehold ledger list --since today",
                   "leasehold ledger list --kind use --agent demo-bot --denied",
                   "leasehold ledger list -o json | jq -r '.entries[].leaf_hash'"},
      .run = ListEntries,
  };
}

}  // namespace leasehold
