#include "server/ledger/verify/findings.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// "entry 38: does what it should not"; of what a store says of its rows, "FILE: entry 38 was
// changed", the part that names the entry already.
std::string SentenceOf(uint64_t index, std::string_view what) {
  const std::string named = StrCat("entry ", index, " ");
  if (what.starts_with(named)) return std::string(what);
  const size_t at = what.find(StrCat(": ", named));
  if (at != std::string_view::npos) return std::string(what.substr(at + 2));
  return StrCat("entry ", index, ": ", what);
}

}  // namespace

void Findings::Add(std::optional<uint64_t> index, bool undecidable, std::string_view what) {
  violation_ = violation_ || !undecidable;
  if (list_.size() == kFindingsMax) {
    ++left_out_;
    return;
  }
  std::string sentence = index.has_value() ? SentenceOf(*index, what) : std::string(what);
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
  // The first bad entry first: what is found at later ones may only follow from it. Findings about
  // no entry keep their places.
  std::vector<Finding*> places;
  for (Finding& finding : list_) {
    if (finding.index.has_value()) places.push_back(&finding);
  }
  std::vector<Finding> indexed;
  for (Finding* place : places) indexed.push_back(std::move(*place));
  std::stable_sort(indexed.begin(), indexed.end(),
                   [](const Finding& a, const Finding& b) { return *a.index < *b.index; });
  for (size_t i = 0; i < places.size(); ++i) *places[i] = std::move(indexed[i]);
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
