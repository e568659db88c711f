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
#include "leasehold/v1/admin.grpc.pb.h"
#include "leasehold/v1/identity.grpc.pb.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// A warning of the server is one sentence: what is unsafe; what to do about it.
DoctorFinding FromWarning(const std::string& warning) {
  const size_t semicolon = warning.find("; ");
  if (semicolon == std::string::npos) {
    return {.check = "server_warning", .what = warning, .mend = "see docs/operations.md"};
  }
  return {.check = "server_warning",
          .what = warning.substr(0, semicolon),
          .mend = warning.substr(semicolon + 2)};
}

void ExamineStatus(const v1::Status& status, Examination* examination) {
  examination->Check(status.sealed(),
                     {.severity = Severity::kUnsafe,
                      .check = "sealed",
                      .what = "the server is sealed: no lease and no use is served",
                      .mend = "run `leasehold server unseal` with the root key's passphrase"});
  examination->Check(!status.ready() && !status.ledger_full() && !status.sealed(),
                     {.severity = Severity::kUnsafe,
                      .check = "ready",
                      .what = "the server runs but does not serve",
                      .mend = "its log on stderr says why"});
  examination->Check(status.policy_revision() == 0,
                     {.severity = Severity::kNote,
                      .check = "policy",
                      .what = "no policy was ever applied, so nobody can take a lease",
                      .mend = "run `leasehold policy apply -f FILE`"});
  // Isolation, room on the disk, age of the last backup: the server looks at these itself.
  ++examination->checks;
  for (const std::string& warning : status.warnings()) {
    examination->findings.push_back(FromWarning(warning));
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
                           "run `leasehold agent update NAME --expires 90d`"));
  examination->Check(!unowned.empty(),
                     About("agent_owner", unowned, "agents that nobody answers for",
                           "run `leasehold agent update NAME --owner TEXT`"));
}

}  // namespace

bool ExamineServer(Session& session, Examination* examination) {
  const auto before = absl::Now();
  const auto status = session.Call(&v1::AdminService::Stub::GetStatus, v1::GetStatusRequest());
  examination->Check(!status.ok(), {.severity = Severity::kWarning,
                                    .check = "server",
                                    .what = std::string(status.status().message()),
                                    .mend = "start leaseholdd, or say where it is with --server"});
  if (!status.ok()) return false;
  examination->Check(
      TimeOf(status->start_time()) > before,
      {.severity = Severity::kWarning,
       .check = "clock",
       .what = StrCat("the server started in the future: ", TimeCell(status->start_time())),
       .mend = "the clock was set back; check time synchronisation"});
  ExamineStatus(*status, examination);
  ExamineAgents(session, examination);
  return true;
}

}  // namespace leasehold
