// Verification of a database file.

#include <utility>

#include "server/base/status.h"
#include "server/ledger/verify/findings.h"
#include "server/ledger/verify/verify.h"
#include "storage/sqlite/sqlite_store.h"
#include "storage/sqlite/structure.h"

namespace leasehold {
namespace {

// A file that cannot even be opened as a database is one finding.
absl::StatusOr<VerifyReport> Unreadable(const absl::Status& why) {
  Findings findings;
  RETURN_IF_ERROR(findings.Take(why));
  VerifyReport report;
  findings.MoveTo(&report);
  return report;
}

}  // namespace

absl::StatusOr<VerifyReport> VerifyDatabase(const std::string& path, const VerifyOptions& options) {
  absl::StatusOr<std::unique_ptr<StoreView>> view = OpenReadOnly(path);
  if (ReasonOf(view.status()) == Reason::kStoreDamaged) return Unreadable(view.status());
  RETURN_IF_ERROR(view.status());
  ASSIGN_OR_RETURN(VerifyReport report, VerifyView(**view, options));
  view->reset();
  // Last, since what the entries say about a damaged page is nearer to the point.
  Findings structure;
  RETURN_IF_ERROR(structure.Take(CheckStructure(path)));
  VerifyReport found;
  structure.MoveTo(&found);
  for (Finding& finding : found.findings) {
    report.outcome = VerifyOutcome::kViolation;
    report.findings.push_back(std::move(finding));
  }
  return report;
}

}  // namespace leasehold
