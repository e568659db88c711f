#include <string>
#include <utility>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/pages.h"
#include "client/cli/selector.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/table.h"
#include "client/cli/terminal/time_text.h"
#include "leasehold/v1/revocation.grpc.pb.h"
#include "leasehold/v1/selector.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using Stub = v1::RevocationService::Stub;

absl::StatusOr<ExitStatus> ListHolds(Session& session) {
  ASSIGN_OR_RETURN(const auto holds, ListAll(session, &Stub::ListHolds, v1::ListHoldsRequest(),
                                             &v1::ListHoldsResponse::holds));
  Table table({"HELD", "SINCE", "BY", "REASON"});
  Json list = Json::Array();
  for (const v1::Hold& hold : holds.items) {
    table.Add(
        {SelectorText(hold.selector()), TimeCell(hold.create_time()), hold.actor(), hold.reason()});
    list.Append(MessageJson(hold));
  }
  session.console().Answer(Json::Object().Set("holds", std::move(list)), table.ToText());
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> Resume(Session& session) {
  ASSIGN_OR_RETURN(const std::vector<v1::Selector> selectors, SelectorsTyped(session));
  Json list = Json::Array();
  std::string human;
  for (const v1::Selector& selector : selectors) {
    v1::ResumeRequest request;
    *request.mutable_selector() = selector;
    request.set_reason(*session.args().Get("reason"));
    const auto response = session.Call(&Stub::Resume, request);
    if (!response.ok()) {
      // Those before this one are resumed, and say so.
      session.console().Answer(Json::Object().Set("resumed", std::move(list)), human);
      return WithHint(response.status(), "`leasehold hold list` shows what is held");
    }
    list.Append(
        Json::Object().Set("selector", MessageJson(selector)).Set("index", response->index()));
    StrAppend(&human, SelectorText(selector), ": resumed (entry ", response->index(), ")\n");
  }
  session.console().Answer(Json::Object().Set("resumed", std::move(list)), human);
  return ExitStatus::kOk;
}

}  // namespace

Command HoldCommand() {
  return {
      .name = "hold",
      .summary = "see what gets no new leases",
      .examples = {"leasehold hold list"},
      .commands = {{.name = "list",
                    .summary = "list holds, oldest first",
                    .examples = {"leasehold hold list"},
                    .run = ListHolds}},
  };
}

Command ResumeCommand() {
  Command resume{
      .name = "resume",
      .summary = "end a hold: new leases may be taken again",
      .details =
          "Leases that were revoked stay revoked. Name exactly what `leasehold hold list` "
          "shows.",
      .flags = HeldFlags(),
      .examples = {"leasehold resume --agent demo-bot --reason 'bug is fixed'"},
      .run = Resume,
  };
  resume.flags.push_back(
      {.name = "reason", .value = "TEXT", .help = "why; stands in the ledger", .required = true});
  return resume;
}

}  // namespace leasehold
