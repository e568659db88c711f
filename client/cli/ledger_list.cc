#include <algorithm>
#include <utility>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/entry_rows.h"
#include "client/cli/limit.h"
#include "client/cli/pages.h"
#include "client/cli/resource.h"
#include "client/cli/session.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/table.h"
#include "client/cli/terminal/time_text.h"
#include "client/cli/time_argument.h"
#include "leasehold/v1/ledger.grpc.pb.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

constexpr uint64_t kDefaultLimit = 100;

absl::StatusOr<ExitStatus> ListEntries(Session& session) {
  const Arguments& args = session.args();
  ASSIGN_OR_RETURN(v1::ListEntriesRequest request, ParseEntryFilter(args));
  if (const auto since = args.Get("since")) {
    ASSIGN_OR_RETURN(const absl::Time time, ParsePast(*since, "since", absl::Now()));
    *request.mutable_start_time() = TimestampOf(time);
  }
  if (const auto until = args.Get("until")) {
    ASSIGN_OR_RETURN(const absl::Time time, ParsePast(*until, "until", absl::Now()));
    *request.mutable_end_time() = TimestampOf(time);
  }
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
  Table table(EntryColumns());
  Json list = Json::Array();
  for (const v1::LedgerEntry& entry : entries.items) {
    table.Add(EntryCells(entry));
    list.Append(MessageJson(entry));
  }
  session.console().Answer(Json::Object().Set("entries", std::move(list)), table.ToText());
  if (entries.more) session.console().Note("there may be older ones; --limit 0 lists all");
  return ExitStatus::kOk;
}

}  // namespace

Command LedgerListCommand() {
  std::vector<Flag> flags = EntryFilterFlags();
  flags.push_back({.name = "since", .value = "WHEN", .help = "30d, today or RFC 3339"});
  flags.push_back({.name = "until", .value = "WHEN", .help = "before then; as --since"});
  flags.push_back(LimitFlag(kDefaultLimit));
  return {
      .name = "list",
      .summary = "list entries of the ledger",
      .details = "The newest ones that match, the oldest of them first. Filters narrow each other.",
      .flags = std::move(flags),
      .examples = {"leasehold ledger list --since today",
                   "leasehold ledger list --kind use --agent demo-bot --denied",
                   "leasehold ledger list -o json | jq -r '.entries[].leaf_hash'"},
      .run = ListEntries,
  };
}

}  // namespace leasehold
