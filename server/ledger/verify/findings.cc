#include "server/ledger/verify/findings.h"

#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {

void Findings::Add(std::optional<uint64_t> index, bool undecidable, std::string_view what) {
  violation_ = violation_ || !undecidable;
  if (list_.size() == kFindingsMax) {
    ++left_out_;
    return;
  }
  std::string sentence =
      index.has_value() ? StrCat("entry ", *index, ": ", what) : std::string(what);
  list_.push_back({index, undecidable, std::move(sentence)});
}

void Findings::Add(uint64_t index, const Objection& objection) {
  if (!objection.ok()) Add(index, objection.undecidable, objection.what);
}

absl::Status Findings::Take(std::optional<uint64_t> index, const absl::Status& status) {
  switch (ReasonOf(status)) {
    case Reason::kNone:
      return absl::OkStatus();
    case Reason::kStoreDamaged:
    case Reason::kLedgerViolation:
    case Reason::kInvalidArgument:  // a policy set or target that does not compile
      Add(index, false, ToStd(status.message()));
      return absl::OkStatus();
    case Reason::kStoreSchemaNewer:
      Add(index, true, ToStd(status.message()));
      return absl::OkStatus();
    default:
      return status;
  }
}

void Findings::MoveTo(VerifyReport* report) {
  report->outcome = violation_      ? VerifyOutcome::kViolation
                    : list_.empty() ? VerifyOutcome::kOk
                                    : VerifyOutcome::kUndecidable;
  report->findings = std::move(list_);
  report->findings_left_out = left_out_;
}

std::string_view VerifyOutcomeName(VerifyOutcome outcome) {
  switch (outcome) {
    case VerifyOutcome::kOk:
      return "ok";
    case VerifyOutcome::kViolation:
      return "violation";
    case VerifyOutcome::kUndecidable:
      return "undecidable";
  }
  return "undecidable";
}

}  // namespace leasehold
