#include "client/cli/doctor_host.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "tests/unit/client/cli/run_cli.h"

namespace leasehold {
namespace {

std::vector<std::string> ChecksThatFail(const std::string& folder) {
  Examination examination;
  ExamineHost(folder, 0, &examination);
  CHECK(examination.checks > 0);
  std::vector<std::string> checks;
  for (const DoctorFinding& finding : examination.findings) {
    CHECK_FALSE(finding.what.empty());
    CHECK_FALSE(finding.mend.empty());
    // Whether somebody keeps this machine's clock is none of the test's business.
    if (finding.check != "clock") checks.push_back(finding.check);
  }
  return checks;
}

using Checks = std::vector<std::string>;

TEST_CASE("a data folder as the server makes it has one note: the key lies beside the database") {
  const TemporaryFolder folder;
  chmod(folder.path().c_str(), 0700);
  chmod(folder.Write("root.key", "x").c_str(), 0600);
  chmod(folder.Write("leasehold.db", "x").c_str(), 0600);
  CHECK(ChecksThatFail(folder.path()) == Checks{"root_key_place"});
}

TEST_CASE("modes that are too wide are found, file by file") {
  const TemporaryFolder folder;
  chmod(folder.path().c_str(), 0755);
  chmod(folder.Write("root.key", "x").c_str(), 0640);
  chmod(folder.Write("leasehold.db", "x").c_str(), 0604);
  // A narrower mode is no finding.
  chmod(folder.Write("leaseholdd.yaml", "x").c_str(), 0400);
  CHECK(ChecksThatFail(folder.path()) ==
        Checks{"data_folder_mode", "file_mode", "file_mode", "root_key_place"});
}

TEST_CASE("a data folder that is not there is one finding") {
  const TemporaryFolder folder;
  CHECK(ChecksThatFail(folder.path() + "/none") == Checks{"data_folder"});
}

}  // namespace
}  // namespace leasehold
