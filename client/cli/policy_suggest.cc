#include <string>

#include "client/cli/counted.h"
#include "client/cli/policy_commands.h"
#include "client/cli/resource.h"
#include "client/cli/session.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/table.h"
#include "client/cli/terminal/time_text.h"
#include "client/cli/time_argument.h"
#include "client/files/policy_file.h"
#include "leasehold/v1/policy.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using Stub = v1::PolicyService::Stub;

// As comments, so that the whole answer stays a file of policies.
std::string Commented(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    StrAppend(&out, "# ", text.substr(0, end), "\n");
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

Table UnusedTable(const v1::SuggestPolicyResponse& answer) {
  Table table({"POLICY", "KEY", "NOT USED"});
  for (const v1::UnusedGrant& grant : answer.unused()) {
    table.Add({grant.policy(), grant.key().empty() ? "-" : grant.key(), grant.what()});
  }
  return table;
}

std::string Text(const std::string& agent, const v1::SuggestPolicyResponse& answer) {
  std::string text = StrCat("# what ", ShortName(agent), " used: ", Counted(answer.uses(), "use"),
                            ", of which ", answer.without_path(), " without path, and ",
                            answer.left_out(), " left out\n", DumpPolicySet(answer.policy_set()));
  if (answer.unused().empty()) return text;
  StrAppend(&text, "\n# in force, and not used:\n#\n", Commented(UnusedTable(answer).ToText()));
  return text;
}

absl::StatusOr<ExitStatus> Suggest(Session& session) {
  v1::SuggestPolicyRequest request;
  ASSIGN_OR_RETURN(*request.mutable_agent(), ResourceName("agents/", *session.args().Get("agent")));
  if (const auto since = session.args().Get("since")) {
    ASSIGN_OR_RETURN(const absl::Time time, ParsePast(*since, "since", absl::Now()));
    *request.mutable_start_time() = TimestampOf(time);
  }
  ASSIGN_OR_RETURN(const v1::SuggestPolicyResponse answer,
                   session.Call(&Stub::SuggestPolicy, request));
  session.console().Answer(MessageJson(answer), Text(request.agent(), answer));
  if (answer.without_path() > 0) {
    session.console().Note(
        "the ledger holds no path of some uses, and the pattern of the rule stands for it; a "
        "target "
        "with `record: path` keeps paths");
  }
  if (answer.left_out() > 0) {
    session.console().Note(
        "left out are uses that the set in force does not allow any more, or of which the ledger "
        "does not tell enough");
  }
  return ExitStatus::kOk;
}

}  // namespace

Command PolicySuggestCommand() {
  return {
      .name = "suggest",
      .summary = "write the tightest policies for what an agent really used",
      .details =
          "Reads the leases and uses of the agent in the ledger and narrows the policies in force\n"
          "to them, as a file that can be applied; what is in force and was not used follows as\n"
          "comments. The file is about this agent alone: what other agents need is not in it.\n"
          "Where more than ten paths lie in one folder they become FOLDER/**.",
      .flags = {{.name = "agent", .value = "NAME", .help = "whose uses", .required = true},
                {.name = "since", .value = "TIME", .help = "uses since then; default: all"}},
      .examples = {"leasehold policy suggest --agent demo-bot --since 30d",
                   "leasehold policy suggest --agent demo-bot > suggested.yaml",
                   "leasehold policy replay -f suggested.yaml --since 30d"},
      .run = Suggest,
  };
}

}  // namespace leasehold
