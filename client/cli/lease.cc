#include <string>
#include <utility>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/enum_text.h"
#include "client/cli/lease_actions.h"
#include "client/cli/lease_answer.h"
#include "client/cli/lease_delegate.h"
#include "client/cli/lease_keep_alive.h"
#include "client/cli/lease_request.h"
#include "client/cli/lease_text.h"
#include "client/cli/lease_token.h"
#include "client/cli/lease_tree.h"
#include "client/cli/lease_watch.h"
#include "client/cli/limit.h"
#include "client/cli/pages.h"
#include "client/cli/resource.h"
#include "client/cli/session.h"
#include "client/cli/subject_filter.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/table.h"
#include "client/cli/terminal/time_text.h"
#include "client/cli/time_argument.h"
#include "leasehold/v1/lease.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using Stub = v1::LeaseService::Stub;

absl::StatusOr<ExitStatus> Show(Session& session) {
  v1::GetLeaseRequest request;
  request.set_name(LeaseName(session.args().positionals()[0]));
  ASSIGN_OR_RETURN(const v1::Lease lease, session.Call(&Stub::GetLease, request));
  Facts facts;
  AddLeaseFacts(lease, &facts);
  facts.Add("allowed uses", StrCat(lease.allowed_uses()));
  facts.Add("denied uses", StrCat(lease.denied_uses()));
  session.console().Answer(MessageJson(lease), facts.ToText());
  return ExitStatus::kOk;
}

absl::StatusOr<v1::ListLeasesRequest> ListRequest(const Arguments& args) {
  v1::ListLeasesRequest request;
  RETURN_IF_ERROR(ReadSubjectFilter(args, &request));
  request.set_active_only(args.Has("active"));
  return request;
}

Table LeaseTable(const std::vector<v1::Lease>& leases, bool tree) {
  Table table({"LEASE", "AGENT", "SECRET", "WORKFLOW", "DELIVERY", "STATE", "EXPIRES", "ALLOWED",
               "DENIED"});
  std::vector<LeaseInTree> rows;
  if (tree) {
    rows = InTreeOrder(leases);
  } else {
    for (const v1::Lease& lease : leases) rows.push_back({&lease, 0});
  }
  for (const auto& [lease, depth] : rows) {
    table.Add({std::string(2 * depth, ' ') + lease->name(), ShortName(lease->agent()),
               ShortName(lease->secret()), ShortName(lease->workflow()),
               EnumText(v1::Delivery_Name(lease->delivery()), "DELIVERY_"), LeaseStateText(*lease),
               TimeCell(lease->expire_time()), StrCat(lease->allowed_uses()),
               StrCat(lease->denied_uses())});
  }
  return table;
}

absl::StatusOr<ExitStatus> List(Session& session) {
  constexpr uint64_t kDefaultLimit = 1000;
  ASSIGN_OR_RETURN(const v1::ListLeasesRequest request, ListRequest(session.args()));
  ASSIGN_OR_RETURN(const uint64_t limit, ParseLimit(session.args(), kDefaultLimit));
  ASSIGN_OR_RETURN(const auto leases, ListAll(session, &Stub::ListLeases, request,
                                              &v1::ListLeasesResponse::leases, limit));
  if (leases.items.empty()) {
    RETURN_IF_ERROR(CheckExists(session, "agents/", request.agent()));
    RETURN_IF_ERROR(CheckExists(session, "secrets/", request.secret()));
  }
  Json list = Json::Array();
  for (const v1::Lease& lease : leases.items) list.Append(MessageJson(lease));
  session.console().Answer(Json::Object().Set("leases", std::move(list)),
                           LeaseTable(leases.items, session.args().Has("tree")).ToText());
  if (leases.more) session.console().Note("there may be older ones; --limit 0 lists all");
  return ExitStatus::kOk;
}

Command AcquireCommand() {
  return {
      .name = "acquire",
      .summary = "take a lease (as an agent)",
      .details =
          "Prints the lease with its two tokens, this once. The handle (lhb_...) goes where the\n"
          "vendor's key would go in requests to the broker; the token (lhl_...) renews, releases\n"
          "and authorizes. Without --reveal the agent never holds the value.",
      .positionals = {{.name = "SECRET", .help = "the secret; path?version=N pins a version"}},
      .flags = {{.name = "workflow",
                 .value = "NAME",
                 .help = "what the work is for; else LEASEHOLD_WORKFLOW, else `default`"},
                {.name = "run",
                 .value = "ID",
                 .help = "the execution it is for; else LEASEHOLD_RUN"},
                {.name = "purpose",
                 .value = "TEXT",
                 .help = "what it is for, where policy asks approvers, who read it"},
                {.name = "ttl",
                 .value = "DURATION",
                 .help = "how long; without it what the policy gives"},
                {.name = "reveal", .help = "ask for delivery REVEALED: the value itself"},
                {.name = "request-id",
                 .value = "ID",
                 .help = "makes a repeat safe: the same answer for 24 hours"},
                UseLimitFlag(),
                PrintFlag()},
      .examples =
          {"LEASEHOLD_TOKEN_FILE=demo-bot.token leasehold lease acquire demo/pat --workflow demo",
           "LEASEHOLD_TOKEN_FILE=demo-bot.token leasehold lease acquire demo/pat --print token > "
           "demo.lease"},
      .run = AcquireLease,
  };
}

Command AuthorizeCommand() {
  return {
      .name = "authorize",
      .summary = "ask whether one use may happen, and record it",
      .details =
          "Exits with 0 where it is allowed and with 5 where it is denied. Either is an "
          "entry of the\nledger: ask right before the use, and only for a real one.",
      .flags = {LeaseTokenFlag(),
                {.name = "target", .value = "NAME", .help = "where to", .required = true},
                {.name = "method", .value = "METHOD", .help = "HTTP method; without it GET"},
                {.name = "path", .value = "PATH", .help = "path in the target; without it /"},
                {.name = "tool", .value = "NAME", .help = "an MCP tool, instead of a request"},
                {.name = "arguments", .value = "JSON", .help = "the tool's arguments, an object"},
                {.name = "trace-id", .value = "HEX", .help = "W3C trace id, 32 hex digits"}},
      .examples = {"LEASEHOLD_TOKEN_FILE=demo-bot.token leasehold lease authorize --token-file "
                   "demo.lease --target demo --path /repos/acme/x",
                   "LEASEHOLD_TOKEN_FILE=demo-bot.token leasehold lease authorize --token-file "
                   "demo.lease --target demo --tool get_issue --arguments '{\"owner\": \"acme\"}' "
                   "|| test $? -eq 5"},
      .run = AuthorizeUse,
  };
}

Command ListCommand() {
  return {
      .name = "list",
      .summary = "list leases, newest first",
      .details = "Filters narrow each other. An agent sees its own leases.",
      .flags = {{.name = "agent", .value = "NAME", .help = "only of this agent"},
                {.name = "secret", .value = "NAME", .help = "only for this secret"},
                {.name = "workflow", .value = "NAME", .help = "only in this workflow"},
                {.name = "active", .help = "only those that are active"},
                {.name = "tree", .help = "each with what was delegated from it below"},
                LimitFlag(1000)},
      .examples = {"leasehold lease list --active", "leasehold lease list --tree",
                   "leasehold lease list --agent demo-bot -o json | jq '.leases | length'"},
      .run = List,
  };
}

}  // namespace

Command LeaseCommand() {
  return {
      .name = "lease",
      .summary = "take, renew, delegate, release and look at leases",
      .examples = {"leasehold lease list --active"},
      .commands = {AcquireCommand(),
                   {.name = "renew",
                    .summary = "move the expiry of a lease (as its agent)",
                    .flags = {LeaseTokenFlag(),
                              {.name = "ttl",
                               .value = "DURATION",
                               .help = "from now; without it what the policy gives"}},
                    .examples = {"LEASEHOLD_TOKEN_FILE=demo-bot.token leasehold lease renew "
                                 "--token-file demo.lease --ttl 10m"},
                    .run = RenewLease},
                   {.name = "release",
                    .summary = "give leases back",
                    .details = "By name, or as an agent by its token (--token-file, "
                               "LEASEHOLD_LEASE_TOKEN).",
                    .positionals = {{.name = "LEASE",
                                     .help = "a lease, as `lease list` shows it",
                                     .count = Positional::Count::kAny}},
                    .flags = {LeaseTokenFlag()},
                    .examples = {"LEASEHOLD_TOKEN_FILE=demo-bot.token leasehold lease release "
                                 "--token-file demo.lease"},
                    .run = ReleaseLeases},
                   DelegateCommand(),
                   ListCommand(),
                   LeaseWatchCommand(),
                   LeaseKeepAliveCommand(),
                   {.name = "show",
                    .summary = "show a lease",
                    .positionals = {{.name = "LEASE", .help = "leases/EPOCH-NUMBER"}},
                    .examples = {"leasehold lease show \"$(leasehold lease list -o json | jq -r "
                                 "'.leases[0].name')\""},
                    .run = Show},
                   AuthorizeCommand(),
                   {.name = "check",
                    .summary = "say whether a lease is usable now, without recording it",
                    .details = "Informational: policy still judges each use. Exits with 0 where "
                               "it is usable, else with 5.",
                    .flags = {LeaseTokenFlag()},
                    .examples = {"LEASEHOLD_TOKEN_FILE=demo-bot.token leasehold lease check "
                                 "--token-file demo.lease"},
                    .run = CheckLease}},
  };
}

}  // namespace leasehold
