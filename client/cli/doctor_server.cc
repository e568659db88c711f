#include "client/cli/doctor_server.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "client/cli/pages.h"
#include "client/cli/resource.h"
#include "client/cli/session.h"
#include "client/cli/terminal/time_text.h"
#include "client/files/duration_text.h"
#include "leasehold/v1/admin.grpc.pb.h"
#include "leasehold/v1/identity.grpc.pb.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// A backup a week old loses a week of work, and no backup loses all of it.
constexpr absl::Duration kBackupAgeMax = absl::Hours(24 * 7);

std::string Days(absl::Duration duration) {
  return DurationText(absl::Floor(duration, absl::Hours(1)));
}

void ExamineBackup(const v1::Status& status, Examination* examination) {
  const bool never = !status.has_last_backup_time();
  const absl::Duration age =
      never ? absl::ZeroDuration() : absl::Now() - TimeOf(status.last_backup_time());
  examination->Check(never || age > kBackupAgeMax,
                     {.severity = Severity::kWarning,
                      .check = "backup_age",
                      .what = never ? std::string("the database was never backed up")
                                    : StrCat("the last backup is ", Days(age), " old"),
                      .mend = "run `leasehold server backup FILE`, best every day, and keep "
                              "root.key apart from it"});
}

void ExamineStatus(const v1::Status& status, Examination* examination) {
  examination->Check(!status.ready() && !status.ledger_full(),
                     {.severity = Severity::kUnsafe,
                      .check = "ready",
                      .what = "the server runs but does not serve",
                      .mend = "its log on stderr says why"});
  examination->Check(status.ledger_full(),
                     {.severity = Severity::kUnsafe,
                      .check = "ledger_full",
                      .what = "the disk is nearly full: only revocations are admitted",
                      .mend = StrCat("make room on the disk of ", status.database())});
  examination->Check(status.policy_revision() == 0,
                     {.severity = Severity::kNote,
                      .check = "policy",
                      .what = "no policy was ever applied, so nobody can take a lease",
                      .mend = "run `leasehold policy apply -f FILE`"});
  ExamineBackup(status, examination);
  ++examination->checks;
  for (const std::string& warning : status.warnings()) {
    examination->findings.push_back({.severity = Severity::kWarning,
                                     .check = "server_warning",
                                     .what = warning,
                                     .mend = "docs/operations.md says how"});
  }
}

// One finding for all of `names`, the first of which stand in it.
DoctorFinding About(std::string check, const std::vector<std::string>& names, std::string_view what,
                    std::string mend) {
  constexpr size_t kNamesShown = 3;
  std::string shown;
  for (size_t i = 0; i < std::min(names.size(), kNamesShown); ++i) {
    StrAppend(&shown, i == 0 ? "" : ", ", names[i]);
  }
  if (names.size() > kNamesShown) StrAppend(&shown, " and ", names.size() - kNamesShown, " more");
  return {.severity = Severity::kNote,
          .check = std::move(check),
          .what = StrCat(what, ": ", shown),
          .mend = std::move(mend)};
}

void ExamineAgents(Session& session, Examination* examination) {
  const auto agents = ListAll(session, &v1::IdentityService::Stub::ListAgents,
                              v1::ListAgentsRequest(), &v1::ListAgentsResponse::agents);
  if (!agents.ok()) return;
  std::vector<std::string> endless_agents;
  std::vector<std::string> unowned;
  for (const v1::Agent& agent : agents->items) {
    if (!agent.has_expire_time()) endless_agents.push_back(ShortName(agent.name()));
    if (agent.owner().empty()) unowned.push_back(ShortName(agent.name()));
  }
  examination->Check(!endless_agents.empty(),
                     About("agent_expiry", endless_agents, "agents that never expire",
                           "create agents with --expires, for example 90d"));
  examination->Check(!unowned.empty(),
                     About("agent_owner", unowned, "agents that nobody answers for",
                           "create agents with --owner"));
}

}  // namespace

void ExamineServer(Session& session, Examination* examination) {
  const auto before = absl::Now();
  const auto status = session.Call(&v1::AdminService::Stub::GetStatus, v1::GetStatusRequest());
  examination->Check(!status.ok(), {.severity = Severity::kWarning,
                                    .check = "server",
                                    .what = std::string(status.status().message()),
                                    .mend = "start leaseholdd, or say where it is with --server"});
  if (!status.ok()) return;
  examination->Check(
      TimeOf(status->start_time()) > before,
      {.severity = Severity::kWarning,
       .check = "clock",
       .what = StrCat("the server started in the future: ", TimeCell(status->start_time())),
       .mend = "the clock was set back; check time synchronisation"});
  ExamineStatus(*status, examination);
  ExamineAgents(session, examination);
}

}  // namespace leasehold
