#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/counted.h"
#include "client/cli/passphrase_input.h"
#include "client/cli/session.h"
#include "client/cli/terminal/table.h"
#include "server/base/clock.h"
#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/install/install.h"

namespace leasehold {
namespace {

Json ListJson(const std::vector<std::string>& texts) {
  Json list = Json::Array();
  for (const std::string& text : texts) list.Append(text);
  return list;
}

std::string_view CauseOf(StopKept::Kind kind) {
  switch (kind) {
    case StopKept::Kind::kHeld:
      return "held";
    case StopKept::Kind::kDeleted:
      return "deleted";
    case StopKept::Kind::kDisabled:
      return "disabled";
  }
  return "";
}

Json ReportJson(const RestoreReport& report) {
  Json stops = Json::Array();
  for (const StopKept& stop : report.stops_kept) {
    stops.Append(Json::Object()
                     .Set("name", stop.name)
                     .Set("was", CauseOf(stop.kind))
                     .Set("entry", stop.entry));
  }
  return Json::Object()
      .Set("database", report.database)
      .Set("backup_tree_size", report.backup.size)
      .Set("backup_root", HexEncode(report.backup.root))
      .Set("tree_size", report.head.size)
      .Set("root", HexEncode(report.head.root))
      .Set("origin", report.origin)
      .Set("verifier_key", report.verifier_key)
      .Set("leases_ended", report.leases_ended)
      .Set("tokens_ended", report.tokens_ended)
      .Set("moved_aside", ListJson(report.moved_aside))
      .Set("stopped_again", std::move(stops))
      .Set("changed_back", ListJson(report.changed_back))
      .Set("stops_unknown", report.stops_unknown.empty() ? Json() : Json(report.stops_unknown))
      .Set("holds", ListJson(report.holds));
}

void AddStop(const StopKept& stop, Facts& facts) {
  const std::string entry = StrCat("entry ", stop.entry, " of the database moved aside)");
  switch (stop.kind) {
    case StopKept::Kind::kHeld:
      facts.Add("held again", StrCat(stop.name, " (since ", entry));
      break;
    case StopKept::Kind::kDeleted:
      facts.Add("held", StrCat(stop.name, " (deleted by ", entry));
      break;
    case StopKept::Kind::kDisabled:
      facts.Add("disabled again", StrCat(stop.name, " (by ", entry));
      break;
  }
}

std::string HeadText(const TreeHead& head) {
  return StrCat(Counted(head.size, "entry", "entries"), ", root ", HexEncode(head.root));
}

std::string ReportText(const RestoreReport& report) {
  Facts facts;
  facts.Add("database", report.database);
  facts.Add("backup", HeadText(report.backup));
  facts.Add("ledger", HeadText(report.head));
  facts.Add("origin", report.origin);
  facts.Add("verifier key", report.verifier_key);
  facts.Add("leases ended", StrCat(report.leases_ended));
  facts.Add(
      "tokens ended",
      StrCat(report.tokens_ended,
             report.tokens_ended > 0 ? " (issue new ones: `leasehold agent token NAME`)" : ""));
  for (const std::string& path : report.moved_aside) facts.Add("moved aside", path);
  for (const StopKept& stop : report.stops_kept) AddStop(stop, facts);
  for (const std::string& name : report.changed_back) {
    facts.Add("as in the backup", StrCat(name, " (changed later)"));
  }
  return facts.ToText();
}

// What nobody but the operator can know.
void WarnOfUnknownStops(const RestoreReport& report, Console& console) {
  if (report.stops_unknown.empty()) return;
  std::string held = report.holds.empty() ? "nothing is held" : "held are only";
  for (const std::string& name : report.holds) {
    StrAppend(&held, name == report.holds.front() ? " " : ", ", name);
  }
  console.Warn(StrCat("what was stopped after the backup is unknown: ", report.stops_unknown, "; ",
                      held,
                      "; find out what has to stay stopped before agents can reach the server"));
}

absl::StatusOr<ExitStatus> Restore(Session& session) {
  const std::string folder = session.data_folder();
  const std::string from = *session.args().Get("from");
  RETURN_IF_ERROR(session.Confirm(StrCat("make ", from, " the database of ", folder,
                                         "? all leases and agent tokens of before end")));
  const SystemClock clock;
  RestoreOptions options{.data_dir = folder,
                         .from = from,
                         .clock = clock,
                         .root_key = session.args().Get("root-key").value_or("")};
  absl::StatusOr<RestoreReport> restored = RestoreServer(options);
  SecretBytes passphrase;
  if (ReasonOf(restored.status()) == Reason::kSealed) {
    ASSIGN_OR_RETURN(passphrase, PassphraseInput::Read(session, PassphraseInput::Which::kExisting));
    options.passphrase = &passphrase;
    restored = RestoreServer(options);
  }
  RETURN_IF_ERROR(restored.status());
  const RestoreReport& report = *restored;
  session.console().Answer(ReportJson(report), ReportText(report));
  WarnOfUnknownStops(report, session.console());
  return ExitStatus::kOk;
}

}  // namespace

Command ServerRestoreCommand() {
  return {
      .name = "restore",
      .summary = "go back to a backup, in a new epoch",
      .details =
          "With the server stopped, on its machine, as its user. The backup is verified "
          "first. All leases\nand agent tokens of before end, since nobody knows what happened "
          "to them after the backup;\nissue new tokens. What the database that is there says was "
          "held, deleted or disabled after the\nbackup is held or disabled again; `leasehold "
          "resume` and `secret version enable` end that. That\ndatabase is kept under another "
          "name. The folder needs the root key of the backup.\nWhere that is "
          "under a passphrase, it is asked for.",
      .flags = {{.name = "from", .value = "FILE", .help = "the backup", .required = true},
                {.name = "root-key",
                 .value = "FILE",
                 .help = "the root key, where it is not in the folder but a systemd credential"},
                PassphraseFileFlag(),
                YesFlag()},
      .examples = {"leasehold server restore --from leasehold-backup.db --data-dir "
                   "./leasehold-data --yes"},
      .run = Restore,
  };
}

}  // namespace leasehold
