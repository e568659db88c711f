#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "client/cli/commands.h"
#include "client/cli/revocation_text.h"
#include "client/cli/selector.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/time_text.h"
#include "client/cli/time_argument.h"
#include "leasehold/v1/revocation.grpc.pb.h"
#include "leasehold/v1/selector.pb.h"
#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using Stub = v1::RevocationService::Stub;

// The server counts what was covered after it has acknowledged the revocation. Waits a moment for
// the count; without it the revocation is as good.
v1::Revocation WithCount(Connection& server, v1::Revocation revocation) {
  constexpr int kTries = 40;
  constexpr absl::Duration kPause = absl::Milliseconds(50);
  v1::GetRevocationRequest request;
  request.set_name(revocation.name());
  for (int i = 0; i < kTries && !revocation.counted(); ++i) {
    if (i > 0) absl::SleepFor(kPause);
    auto again = server.Call(&Stub::GetRevocation, request);
    if (!again.ok()) break;
    revocation = *std::move(again);
  }
  return revocation;
}

absl::StatusOr<v1::Revocation> RevokeOne(Session& session, Connection& server,
                                         const v1::Selector& selector) {
  v1::RevokeRequest request;
  *request.mutable_selector() = selector;
  request.set_reason(session.args().Get("reason").value_or(""));
  request.set_dry_run(session.args().Has("dry-run"));
  request.set_leases_only(session.args().Has("leases-only"));
  if (const auto before = session.args().Get("issued-before")) {
    ASSIGN_OR_RETURN(const absl::Time time, ParsePast(*before, "issued-before", absl::Now()));
    *request.mutable_issued_before() = TimestampOf(time);
  }
  if (!request.dry_run()) {
    uint8_t id[16];
    RandomBytes(id);
    request.set_request_id(HexEncode(id));
  }
  auto revocation = server.Call(&Stub::Revoke, request);
  if (!revocation.ok()) return WithNearSelector(session, revocation.status(), selector);
  if (request.dry_run()) revocation->set_counted(true);
  return WithCount(server, *std::move(revocation));
}

absl::Status CheckReason(const Arguments& args) {
  if (args.Has("reason") || args.Has("dry-run")) return absl::OkStatus();
  return UsageError("`leasehold revoke` needs --reason",
                    "--reason TEXT stands in the ledger; only --dry-run goes without");
}

absl::StatusOr<ExitStatus> Revoke(Session& session) {
  RETURN_IF_ERROR(CheckReason(session.args()));
  ASSIGN_OR_RETURN(const std::vector<v1::Selector> selectors, SelectorsTyped(session));
  if (session.args().Has("all") && !session.args().Has("dry-run")) {
    RETURN_IF_ERROR(session.Confirm("revoke every lease of this server?"));
  }
  ASSIGN_OR_RETURN(Connection * server, session.revocation_server());
  Json list = Json::Array();
  std::string human;
  absl::Status failed;
  // One that fails does not keep the others from being revoked.
  for (const v1::Selector& selector : selectors) {
    const auto revocation = RevokeOne(session, *server, selector);
    if (!revocation.ok()) {
      if (!failed.ok()) session.console().WriteError(ErrorText(failed));
      failed = revocation.status();
      continue;
    }
    list.Append(MessageJson(*revocation));
    human.append(RevocationLines(*revocation, session.args().Has("dry-run")));
  }
  session.console().Answer(Json::Object().Set("revocations", std::move(list)), human);
  RETURN_IF_ERROR(failed);
  return ExitStatus::kOk;
}

}  // namespace

Command RevokeCommand() {
  Command revoke{
      .name = "revoke",
      .summary = "stop leases now, and hold what they belong to",
      .details =
          "Once this says so, nothing that is covered is used any more. An agent, group, user, "
          "secret or\n"
          "workflow is also held: no new leases until `leasehold resume` (--leases-only leaves "
          "that "
          "out).\n"
          "A credential ends too, with those that its holder got for it. Nothing else holds: a "
          "lease,\n"
          "version, policy, run, nor different flags, which select what they have in common. A "
          "flag "
          "that\n"
          "repeats is one revocation each.\n"
          "A name without leases is fine and says 0 leases. `leasehold revocation show N` tells "
          "more:\n"
          "the last use, streams that were cut, and revealed values that want rotation.",
      .positionals = {{.name = "LEASE",
                       .help = "a lease, as `leasehold lease list` shows it",
                       .count = Positional::Count::kAny}},
      .flags = SelectorFlags(),
      .examples = {"leasehold revoke --agent demo-bot --dry-run",
                   "leasehold revoke --agent demo-bot --reason 'acts strangely'",
                   "leasehold revoke --secret demo/pat --leases-only --reason rotated",
                   "leasehold revoke --agent demo-bot --secret demo/pat --reason 'only there'",
                   "leasehold revoke --all --issued-before 30d --dry-run"},
      .run = Revoke,
  };
  for (Flag& flag : MoreSelectorFlags()) revoke.flags.push_back(std::move(flag));
  revoke.flags.push_back({.name = "issued-before",
                          .value = "TIME",
                          .help = "only leases issued before (30d ago, RFC 3339); holds nothing"});
  revoke.flags.push_back(
      {.name = "all", .help = "every lease of this server; sets no hold, new ones may be taken"});
  revoke.flags.push_back({.name = "reason", .value = "TEXT", .help = "why; stands in the ledger"});
  revoke.flags.push_back({.name = "dry-run", .help = "only count what would be revoked"});
  revoke.flags.push_back({.name = "leases-only", .help = "set no hold"});
  revoke.flags.push_back(YesFlag());
  return revoke;
}

}  // namespace leasehold
