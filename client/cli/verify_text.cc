#include "client/cli/verify_text.h"

#include <utility>

#include "client/cli/counted.h"
#include "server/base/crypto_bytes.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

std::string OutcomeText(const Console& console, VerifyOutcome outcome) {
  const std::string_view name = VerifyOutcomeName(outcome);
  switch (outcome) {
    case VerifyOutcome::kOk:
      return console.Green(name);
    case VerifyOutcome::kViolation:
      return console.Red(name);
    case VerifyOutcome::kUndecidable:
      return console.Yellow(name);
  }
  return std::string(name);
}

std::string_view ComparedText(const std::optional<bool>& consistent) {
  if (!consistent.has_value()) return "no checkpoint to compare with";
  return *consistent ? "contains the checkpoint" : "contradicts the checkpoint";
}

}  // namespace

std::string VerifyReportText(const Console& console, const VerifyReport& report) {
  std::string text;
  for (const Finding& finding : report.findings) {
    StrAppend(&text,
              OutcomeText(console, finding.undecidable ? VerifyOutcome::kUndecidable
                                                       : VerifyOutcome::kViolation),
              ": ", finding.sentence, "\n");
  }
  if (report.findings_left_out > 0) {
    StrAppend(&text, "... and ", Counted(report.findings_left_out, "more finding"), "\n");
  }
  StrAppend(&text, OutcomeText(console, report.outcome), ": ",
            Counted(report.entries, "entry", "entries"), ", ", Counted(report.leases, "lease"),
            ", ", Counted(report.allowed_uses, "allowed use"), ", ",
            Counted(report.revocations, "revocation"), "; ",
            ComparedText(report.checkpoint_consistent), "\n");
  StrAppend(&text, "root ", HexEncode(report.head.root), " of ", report.origin, "\n");
  return text;
}

Json VerifyReportJson(const VerifyReport& report) {
  Json findings = Json::Array();
  for (const Finding& finding : report.findings) {
    findings.Append(Json::Object()
                        .Set("entry", finding.index.has_value() ? Json(*finding.index) : Json())
                        .Set("undecidable", finding.undecidable)
                        .Set("sentence", finding.sentence));
  }
  return Json::Object()
      .Set("outcome", VerifyOutcomeName(report.outcome))
      .Set("findings", std::move(findings))
      .Set("findings_left_out", report.findings_left_out)
      .Set("origin", report.origin)
      .Set("tree_size", report.head.size)
      .Set("root", HexEncode(report.head.root))
      .Set("entries", report.entries)
      .Set("leases", report.leases)
      .Set("allowed_uses", report.allowed_uses)
      .Set("revocations", report.revocations)
      .Set("texts_erased", report.texts_erased)
      .Set("snapshot_compared", report.snapshot_compared)
      .Set("checkpoint_consistent",
           report.checkpoint_consistent.has_value() ? Json(*report.checkpoint_consistent) : Json());
}

}  // namespace leasehold
