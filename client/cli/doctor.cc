#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/counted.h"
#include "client/cli/doctor_finding.h"
#include "client/cli/doctor_host.h"
#include "client/cli/doctor_server.h"
#include "client/cli/server_place.h"
#include "client/cli/session.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kNote:
      return "note";
    case Severity::kWarning:
      return "warning";
    case Severity::kUnsafe:
      return "unsafe";
  }
  return {};
}

std::string SeverityText(const Console& console, Severity severity) {
  const std::string_view name = SeverityName(severity);
  switch (severity) {
    case Severity::kNote:
      return std::string(name);
    case Severity::kWarning:
      return console.Yellow(name);
    case Severity::kUnsafe:
      return console.Red(name);
  }
  return {};
}

bool IsFinding(const DoctorFinding& finding) { return finding.severity >= Severity::kWarning; }

std::string Human(const Console& console, const Examination& examination) {
  std::string text;
  for (const DoctorFinding& finding : examination.findings) {
    StrAppend(&text, SeverityText(console, finding.severity), ": ", finding.what, "\n    ",
              finding.mend, "\n");
  }
  const auto findings = static_cast<uint64_t>(
      std::count_if(examination.findings.begin(), examination.findings.end(), IsFinding));
  StrAppend(&text, Counted(static_cast<uint64_t>(examination.checks), "check"), ", ",
            Counted(findings, "finding"), ", ",
            Counted(examination.findings.size() - findings, "note"), "\n");
  return text;
}

absl::StatusOr<ExitStatus> Doctor(Session& session) {
  Examination examination;
  const auto endpoints = ReadEndpoints(session.data_folder());
  ExamineHost(session.data_folder(), endpoints.has_value() ? endpoints->pid : 0, &examination);
  if (!ExamineServer(session, &examination)) ExamineDisk(session.data_folder(), &examination);
  std::stable_sort(
      examination.findings.begin(), examination.findings.end(),
      [](const DoctorFinding& a, const DoctorFinding& b) { return a.severity > b.severity; });
  Json list = Json::Array();
  for (const DoctorFinding& finding : examination.findings) {
    list.Append(Json::Object()
                    .Set("severity", SeverityName(finding.severity))
                    .Set("check", finding.check)
                    .Set("what", finding.what)
                    .Set("mend", finding.mend));
  }
  session.console().Answer(
      Json::Object().Set("findings", std::move(list)).Set("checks", examination.checks),
      Human(session.console(), examination));
  const bool healthy =
      std::none_of(examination.findings.begin(), examination.findings.end(), IsFinding);
  return healthy ? ExitStatus::kOk : ExitStatus::kFindings;
}

}  // namespace

Command DoctorCommand() {
  return {
      .name = "doctor",
      .summary = "say what is unsafe about this installation, and how to mend it",
      .details =
          "Looks at the data folder, the server's process and the server; changes nothing. "
          "Exits with 6\nwhere anything is a warning or worse. Run it as the server's user "
          "or as root.",
      .examples = {"leasehold doctor", "leasehold doctor -o json | jq '.findings[]'"},
      .run = Doctor,
  };
}

}  // namespace leasehold
