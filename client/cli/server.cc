#include <algorithm>
#include <filesystem>
#include <string>

#include "client/cli/commands.h"
#include "client/cli/counted.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/table.h"
#include "client/cli/terminal/time_text.h"
#include "leasehold/v1/admin.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using Stub = v1::AdminService::Stub;

std::string SizeText(uint64_t bytes) {
  constexpr uint64_t kMib = 1 << 20;
  return bytes < kMib ? StrCat(bytes / 1024, " KiB") : StrCat(bytes / kMib, " MiB");
}

std::string StateText(const Console& console, const v1::Status& status) {
  if (status.ledger_full()) {
    return console.Red("disk nearly full: only revocations, holds and releases are admitted");
  }
  if (status.sealed()) return console.Red("sealed: run `leasehold server unseal`");
  return status.ready() ? console.Green("ready") : console.Red("not ready");
}

// The first few names; -o json has all.
std::string ObservedText(const v1::Status& status) {
  constexpr int kShown = 5;
  std::string text;
  for (int i = 0; i < std::min(status.observed_policies_size(), kShown); ++i) {
    StrAppend(&text, i == 0 ? "" : ", ", status.observed_policies(i));
  }
  if (status.observed_policies_size() > kShown) {
    StrAppend(&text, " and ", status.observed_policies_size() - kShown, " more");
  }
  return text + " (what they refuse is recorded and happens all the same)";
}

absl::StatusOr<ExitStatus> PrintStatus(Session& session) {
  ASSIGN_OR_RETURN(const v1::Status status, session.Call(&Stub::GetStatus, v1::GetStatusRequest()));
  ASSIGN_OR_RETURN(const v1::ServerInfo info,
                   session.Call(&Stub::GetServerInfo, v1::GetServerInfoRequest()));
  const Console& console = session.console();
  Facts facts;
  facts.Add("version", info.version());
  facts.Add("state", StateText(console, status));
  facts.Add("started", TimeCell(status.start_time()));
  facts.Add("origin", info.origin());
  facts.Add("verifier key", info.verifier_key());
  facts.Add("ledger",
            StrCat(Counted(status.tree_size(), "entry", "entries"), ", root ", status.root()));
  facts.Add("policy revision",
            status.policy_revision() == 0 ? "none" : StrCat(status.policy_revision()));
  if (!status.observed_policies().empty()) {
    facts.Add("observed policies", ObservedText(status));
  }
  facts.Add("active leases", StrCat(status.active_leases()));
  facts.Add("holds", StrCat(status.holds()));
  facts.Add("database", StrCat(status.database(), ", ", SizeText(status.database_bytes()),
                               ", disk has ", SizeText(status.free_bytes()), " free"));
  facts.Add("last backup",
            status.has_last_backup_time() ? TimeCell(status.last_backup_time()) : "never");
  std::string human = facts.ToText();
  for (const std::string& warning : status.warnings()) {
    StrAppend(&human, console.Yellow("warning:"), " ", warning, "\n");
  }
  Json data = MessageJson(status);
  data.Set("server", MessageJson(info));
  session.console().Answer(data, human);
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> Backup(Session& session) {
  // Long enough for a database of some 100 GB.
  constexpr absl::Duration kDeadline = absl::Hours(1);
  std::error_code error;
  const std::string path =
      std::filesystem::absolute(session.args().positionals()[0], error).lexically_normal();
  if (error) return UsageError(StrCat("'", path, "' is no path: ", error.message()));
  v1::BackupRequest request;
  request.set_path(path);
  ASSIGN_OR_RETURN(Connection * server, session.server());
  ASSIGN_OR_RETURN(const v1::BackupResponse response,
                   server->Call(&Stub::Backup, request, kDeadline));
  Json data = MessageJson(response);
  data.Set("path", path);
  session.console().Answer(
      data, StrCat(path, ": ", Counted(response.tree_size(), "entry", "entries"), ", ",
                   SizeText(response.bytes()), ", verified\n"));
  session.console().Note("the root key is not in it: keep root.key apart from the backup");
  return ExitStatus::kOk;
}

}  // namespace

Command ServerCommand() {
  return {
      .name = "server",
      .summary = "set up, watch, back up and restore the server of this machine",
      .examples = {"leasehold server status"},
      .commands = {ServerInitCommand(),
                   {.name = "status",
                    .summary = "say how the server is",
                    .examples = {"leasehold server status",
                                 "leasehold server status -o json | jq .tree_size"},
                    .run = PrintStatus},
                   {.name = "backup",
                    .summary = "copy the database while the server serves",
                    .details = "The server writes and verifies the copy; FILE must not exist. "
                               "Secrets in it stay encrypted\nunder the root key, which it does "
                               "not hold.",
                    .positionals = {{.name = "FILE", .help = "where to, on the server's machine"}},
                    .examples = {"leasehold server backup leasehold-backup.db"},
                    .run = Backup},
                   ServerRestoreCommand(),
                   ServerUnsealCommand(),
                   ServerRotateKeysCommand()},
  };
}

}  // namespace leasehold
