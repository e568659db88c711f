#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/counted.h"
#include "client/cli/file_argument.h"
#include "client/cli/policy_commands.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "client/files/policy_cases.h"
#include "leasehold/v1/identity.pb.h"
#include "leasehold/v1/policy.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/policy/compiled_policies.h"
#include "server/policy/compiled_target.h"
#include "server/policy/explain.h"
#include "server/policy/observe_mode.h"

namespace leasehold {
namespace {

using Stub = v1::PolicyService::Stub;
using Targets = std::map<std::string, std::shared_ptr<const CompiledTarget>, std::less<>>;

std::string_view OutcomeWord(ExpectedOutcome outcome) {
  switch (outcome) {
    case ExpectedOutcome::kAllow:
      return "allow";
    case ExpectedOutcome::kDeny:
      return "deny";
    case ExpectedOutcome::kApproval:
      return "approval";
  }
  return {};
}

ExpectedOutcome OutcomeOf(const v1::ExplainDecisionRequest& request,
                          const v1::Explanation& answer) {
  const bool use = !request.target().empty() || request.delivery() == v1::DELIVERY_REVEALED;
  if (!answer.lease_allowed() || (use && !answer.use_allowed())) return ExpectedOutcome::kDeny;
  return answer.approval_required() ? ExpectedOutcome::kApproval : ExpectedOutcome::kAllow;
}

// What is wrong with `answer`; nullopt where it is as the case says.
std::optional<std::string> Mismatch(const PolicyCase& test, const v1::Explanation& answer) {
  const ExpectedOutcome got = OutcomeOf(test.request, answer);
  std::string text;
  const auto compare = [&text](std::string_view what, std::string_view expected,
                               std::string_view actual) {
    if (expected.empty() || expected == actual || !text.empty()) return;
    text = StrCat("expected ", what, expected, ", got ", actual.empty() ? "none" : actual);
  };
  compare("", OutcomeWord(test.expect), OutcomeWord(got));
  compare("policy ", test.policy, answer.policy());
  compare("rule ", test.rule, answer.rule());
  compare("reason ", test.reason, answer.reason());
  if (text.empty()) return std::nullopt;
  return StrCat(text, ": ", answer.message(), answer.reason().empty() ? "" : " [", answer.reason(),
                answer.reason().empty() ? "" : "]");
}

// Who answers: the policies of files, judged here, or a server.
class Judge {
 public:
  explicit Judge(Session* session) : session_(*session) {}

  absl::Status UseFiles(const std::vector<std::string>& paths) {
    v1::PolicySet set;
    for (const std::string& path : paths) {
      ASSIGN_OR_RETURN(const v1::PolicySet one, ReadPolicies(session_, path));
      set.MergeFrom(one);
    }
    RETURN_IF_ERROR(AsUsage(FillObserveUntil({}, absl::Now(), &set)));
    auto compiled = CompiledPolicies::Compile(set, PolicyRevision(0));
    if (!compiled.ok()) return AsUsage(compiled.status());
    policies_ = *std::move(compiled);
    return absl::OkStatus();
  }

  // Those that the next cases mean.
  absl::Status UseTargets(const std::vector<std::string>& paths) {
    targets_.clear();
    for (const std::string& path : paths) {
      ASSIGN_OR_RETURN(const std::vector<v1::Target> all, ReadTargets(session_, path));
      for (const v1::Target& target : all) {
        auto compiled = CompiledTarget::Compile(target);
        if (!compiled.ok()) return AsUsage(Annotate(compiled.status(), path));
        targets_[target.name()] = *std::move(compiled);
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<v1::Explanation> Ask(const v1::ExplainDecisionRequest& request) {
    if (policies_ == nullptr) return session_.Call(&Stub::ExplainDecision, request);
    const auto target = targets_.find(request.target());
    return Explain(request, {.policies = *policies_,
                             .target = target == targets_.end() ? nullptr : target->second.get(),
                             .now = absl::Now()});
  }

 private:
  static absl::Status AsUsage(const absl::Status& error) {
    return error.ok() ? error : UsageError(ToStd(error.message()));
  }

  Session& session_;
  std::shared_ptr<const CompiledPolicies> policies_;  // nullptr = the server's
  Targets targets_;
};

// What came of all cases so far.
struct Outcome {
  uint64_t cases = 0;
  uint64_t failed = 0;
  std::string lines;  // one for each case that failed
  Json failures = Json::Array();
};

absl::Status RunCase(const std::string& file, const PolicyCase& test, Judge* judge, Outcome* out) {
  const std::string place = StrCat(file, ":", test.line);
  const auto answer = judge->Ask(test.request);
  if (ReasonOf(answer.status()) == Reason::kInvalidArgument) {
    return UsageError(StrCat(place, ": ", test.name, ": ", answer.status().message()));
  }
  RETURN_IF_ERROR(answer.status());
  ++out->cases;
  const std::optional<std::string> mismatch = Mismatch(test, *answer);
  if (!mismatch.has_value()) return absl::OkStatus();
  ++out->failed;
  StrAppend(&out->lines, place, ": ", test.name, ": ", *mismatch, "\n");
  out->failures.Append(Json::Object()
                           .Set("file", file)
                           .Set("line", test.line)
                           .Set("name", test.name)
                           .Set("expected", OutcomeWord(test.expect))
                           .Set("got", OutcomeWord(OutcomeOf(test.request, *answer)))
                           .Set("policy", answer->policy())
                           .Set("rule", answer->rule())
                           .Set("reason", answer->reason())
                           .Set("message", *mismatch));
  return absl::OkStatus();
}

absl::StatusOr<ExitStatus> Test(Session& session) {
  Judge judge(&session);
  const std::vector<std::string>& files = session.args().All("file");
  if (!files.empty()) RETURN_IF_ERROR(judge.UseFiles(files));
  Outcome outcome;
  for (const std::string& path : session.args().positionals()) {
    auto cases = ReadPolicyCases(path);
    if (!cases.ok()) return UsageError(ToStd(cases.status().message()));
    if (!files.empty()) RETURN_IF_ERROR(judge.UseTargets(cases->target_files));
    for (const PolicyCase& test : cases->cases) {
      RETURN_IF_ERROR(RunCase(path, test, &judge, &outcome));
    }
  }
  const std::string summary =
      outcome.failed == 0
          ? StrCat(Counted(outcome.cases, "case"), outcome.cases == 1 ? " passes\n" : " pass\n")
          : StrCat(outcome.failed, " of ", Counted(outcome.cases, "case"), " failed\n");
  session.console().Answer(Json::Object()
                               .Set("cases", outcome.cases)
                               .Set("failed", outcome.failed)
                               .Set("failures", std::move(outcome.failures)),
                           StrCat(session.console().Red(outcome.lines), summary));
  return outcome.failed == 0 ? ExitStatus::kOk : ExitStatus::kFindings;
}

}  // namespace

Command PolicyTestCommand() {
  return {
      .name = "test",
      .summary = "check that policies decide as files of cases say",
      .details =
          "With -f the policies are judged here, without a server, and targets come from the "
          "files\n"
          "that the cases name; otherwise against what is in force. Exit status 6 where a case\n"
          "fails.",
      .positionals = {{.name = "CASES",
                       .help = "a file of cases",
                       .count = Positional::Count::kAtLeastOne}},
      .flags = {{.name = "file",
                 .value = "FILE",
                 .help = "policies to test instead of those in force",
                 .letter = 'f',
                 .repeats = true}},
      .examples =
          {"printf '{version: 1, policies: [{name: demo, subjects: {agents: [demo-bot]}, secrets: "
           "[\"demo/**\"], allow: [{target: demo, access: read}]}]}' > policies.yaml",
           "printf '{version: 1, cases: [{name: writes are refused, agent: demo-bot, secret: "
           "demo/key, target: demo, method: POST, path: /v1, read: false, expect: deny}]}' > "
           "cases.yaml",
           "leasehold policy test cases.yaml -f policies.yaml"},
      .run = Test,
  };
}

}  // namespace leasehold
