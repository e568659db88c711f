#include <algorithm>
#include <utility>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/entry_rows.h"
#include "client/cli/event_lines.h"
#include "client/cli/limit.h"
#include "client/cli/pages.h"
#include "client/cli/session.h"
#include "client/cli/terminal/message_json.h"
#include "leasehold/v1/ledger.grpc.pb.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

constexpr uint64_t kDefaultLimit = 10;

v1::WatchEntriesRequest WatchOf(const v1::ListEntriesRequest& filter) {
  v1::WatchEntriesRequest watch;
  *watch.mutable_kinds() = filter.kinds();
  watch.set_agent(filter.agent());
  watch.set_secret(filter.secret());
  watch.set_workflow(filter.workflow());
  watch.set_target(filter.target());
  watch.set_lease(filter.lease());
  watch.set_denied_only(filter.denied_only());
  return watch;
}

absl::StatusOr<ExitStatus> Tail(Session& session) {
  const Arguments& args = session.args();
  ASSIGN_OR_RETURN(v1::ListEntriesRequest filter, ParseEntryFilter(args));
  ASSIGN_OR_RETURN(const uint64_t limit, ParseLimit(args, kDefaultLimit));
  EventLines lines(session, EntryColumns());
  RETURN_IF_ERROR(lines.ParseCount());
  v1::WatchEntriesRequest watch = WatchOf(filter);
  if (const auto token = args.Get("resume")) {
    watch.set_resume_token(*token);
  } else {
    filter.set_descending(true);
    auto newest = ListAll(session, &v1::LedgerService::Stub::ListEntries, filter,
                          &v1::ListEntriesResponse::entries, limit);
    if (!newest.ok()) return WithNearKind(newest.status(), filter);
    std::reverse(newest->items.begin(), newest->items.end());
    for (const v1::LedgerEntry& entry : newest->items) {
      if (lines.Enough()) return ExitStatus::kOk;
      RETURN_IF_ERROR(lines.Write(MessageJson(entry), EntryCells(entry)));
    }
    // What matched nothing so far is looked for from the beginning: nothing is left out between.
    watch.set_start_index(newest->items.empty() ? 0 : newest->items.back().index() + 1);
  }
  if (!args.Has("follow") || lines.Enough()) return ExitStatus::kOk;
  ASSIGN_OR_RETURN(Connection * server, session.server());
  return lines.End(server->Read(
      &v1::LedgerService::Stub::WatchEntries, watch,
      [&](const v1::WatchEntriesEvent& event) -> absl::Status {
        if (event.has_entry()) {
          RETURN_IF_ERROR(lines.Write(MessageJson(event.entry()), EntryCells(event.entry())));
        }
        lines.Reached(event.resume_token());
        return lines.Enough() ? EventLines::EnoughRead() : absl::OkStatus();
      }));
}

}  // namespace

Command LedgerTailCommand() {
  std::vector<Flag> flags = EntryFilterFlags();
  flags.push_back(
      {.name = "follow", .help = "go on with what is written from now on", .letter = 'f'});
  flags.push_back(LimitFlag(kDefaultLimit));
  for (Flag& flag : EventLines::Flags()) flags.push_back(std::move(flag));
  return {
      .name = "tail",
      .summary = "show the newest entries, and follow what is written",
      .details =
          "With -o json one object an entry. Entries come as soon as they are durable, each "
          "once and in order.",
      .flags = std::move(flags),
      .examples = {"leasehold ledger tail", "leasehold ledger tail -f --count 5",
                   "leasehold ledger tail --kind lease_issued -o json | jq -r .agent"},
      .run = Tail,
  };
}

}  // namespace leasehold
