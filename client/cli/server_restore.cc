#include <string>
#include <utility>

#include "client/cli/commands.h"
#include "client/cli/session.h"
#include "client/cli/terminal/table.h"
#include "server/base/clock.h"
#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/install/install.h"

namespace leasehold {
namespace {

Json ReportJson(const RestoreReport& report) {
  Json moved = Json::Array();
  for (const std::string& path : report.moved_aside) moved.Append(path);
  return Json::Object()
      .Set("database", report.database)
      .Set("backup_tree_size", report.backup.size)
      .Set("backup_root", HexEncode(report.backup.root))
      .Set("tree_size", report.head.size)
      .Set("root", HexEncode(report.head.root))
      .Set("origin", report.origin)
      .Set("verifier_key", report.verifier_key)
      .Set("leases_ended", report.leases_ended)
      .Set("moved_aside", std::move(moved));
}

std::string ReportText(const RestoreReport& report) {
  Facts facts;
  facts.Add("database", report.database);
  facts.Add("backup", StrCat(report.backup.size, " entries, root ", HexEncode(report.backup.root)));
  facts.Add("ledger", StrCat(report.head.size, " entries, root ", HexEncode(report.head.root)));
  facts.Add("origin", report.origin);
  facts.Add("verifier key", report.verifier_key);
  facts.Add("leases ended", StrCat(report.leases_ended));
  for (const std::string& path : report.moved_aside) facts.Add("moved aside", path);
  return facts.ToText();
}

absl::StatusOr<ExitStatus> Restore(Session& session) {
  const std::string folder = session.data_folder();
  const std::string from = *session.args().Get("from");
  RETURN_IF_ERROR(session.Confirm(
      StrCat("make ", from, " the database of ", folder, "? all leases and tokens of before end")));
  const SystemClock clock;
  ASSIGN_OR_RETURN(const RestoreReport report,
                   RestoreServer({.data_dir = folder, .from = from, .clock = clock}));
  session.console().Answer(ReportJson(report), ReportText(report));
  return ExitStatus::kOk;
}

}  // namespace

Command ServerRestoreCommand() {
  return {
      .name = "restore",
      .summary = "go back to a backup, in a new epoch",
      .details =
          "With the server stopped, on its machine, as its user. The backup is verified "
          "first. All leases\nend and older tokens are refused, since nobody knows what "
          "happened after the backup. A database\nthat is there is kept under another "
          "name. The folder needs the root key of the backup.",
      .flags = {{.name = "from", .value = "FILE", .help = "the backup", .required = true},
                YesFlag()},
      .examples = {"leasehold server restore --from leasehold-backup.db --data-dir "
                   "./leasehold-data --yes"},
      .run = Restore,
  };
}

}  // namespace leasehold
