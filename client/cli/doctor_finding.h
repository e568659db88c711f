#ifndef LEASEHOLD_CLIENT_CLI_DOCTOR_FINDING_H_
#define LEASEHOLD_CLIENT_CLI_DOCTOR_FINDING_H_

#include <string>
#include <utility>
#include <vector>

namespace leasehold {

// How bad something is. From kWarning on `doctor` exits with 6.
enum class Severity { kNote, kWarning, kUnsafe };

// One thing that is not as it should be.
struct DoctorFinding {
  Severity severity = Severity::kWarning;
  // What was looked at, stable for programs: "root_key_mode".
  std::string check;
  // What is unsafe, and what to do about it; each a clause without a full stop.
  std::string what;
  std::string mend;
};

// What a round of checks came to.
struct Examination {
  std::vector<DoctorFinding> findings;
  // How many checks were made, those without a finding included.
  int checks = 0;

  // Counts a check; adds `finding` where `wrong`.
  void Check(bool wrong, DoctorFinding finding) {
    ++checks;
    if (wrong) findings.push_back(std::move(finding));
  }
};

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_DOCTOR_FINDING_H_
