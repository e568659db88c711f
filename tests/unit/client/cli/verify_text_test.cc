#include "client/cli/verify_text.h"

#include <catch2/catch.hpp>
#include <sstream>

namespace leasehold {
namespace {

VerifyReport Report() {
  VerifyReport report;
  report.origin = "prod.leasehold/0011223344556677";
  report.head.size = 12;
  report.head.root.fill(0xab);
  report.entries = 12;
  report.leases = 1;
  report.allowed_uses = 2;
  return report;
}

std::string Text(const VerifyReport& report) {
  std::istringstream in;
  std::ostringstream out;
  return VerifyReportText(Console({.in = &in, .out = &out, .err = &out}), report);
}

TEST_CASE("a good ledger is one line and its root") {
  std::string root;
  for (int i = 0; i < 32; ++i) root += "ab";
  CHECK(Text(Report()) ==
        "ok: 12 entries, 1 lease, 2 allowed uses, 0 revocations; no checkpoint to compare with\n"
        "root " +
            root + " of prod.leasehold/0011223344556677\n");
  VerifyReport compared = Report();
  compared.checkpoint_consistent = true;
  CHECK(Text(compared).find("; contains the checkpoint\n") != std::string::npos);
}

TEST_CASE("each finding is a line, and what was left out is counted") {
  VerifyReport report = Report();
  report.outcome = VerifyOutcome::kViolation;
  report.findings = {{.index = 7, .undecidable = false, .sentence = "entry 7: is wrong"},
                     {.index = std::nullopt, .undecidable = true, .sentence = "a text is erased"}};
  report.findings_left_out = 1;
  report.checkpoint_consistent = false;
  const std::string text = Text(report);
  CHECK(
      text.starts_with("violation: entry 7: is wrong\n"
                       "undecidable: a text is erased\n"
                       "... and 1 more finding\n"
                       "violation: 12 entries"));
  CHECK(text.find("contradicts the checkpoint") != std::string::npos);
}

TEST_CASE("programs read the entry's index, and null where there is none") {
  VerifyReport report = Report();
  report.findings = {{.index = 7, .undecidable = false, .sentence = "x"},
                     {.index = std::nullopt, .undecidable = true, .sentence = "y"}};
  const std::string json = VerifyReportJson(report).ToJson();
  CHECK(json.find("\"entry\": 7,") != std::string::npos);
  CHECK(json.find("\"entry\": null,") != std::string::npos);
  CHECK(json.find("\"checkpoint_consistent\": null") != std::string::npos);
  CHECK(json.find("\"tree_size\": 12,") != std::string::npos);
}

}  // namespace
}  // namespace leasehold
