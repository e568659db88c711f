#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "client/cli/checkpoint_store.h"
#include "client/cli/commands.h"
#include "client/cli/counted.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/verify_text.h"
#include "leasehold/v1/ledger.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/ledger/verify/verify.h"
#include "server/ledger/verify/verify_export.h"

namespace leasehold {
namespace {

using Stub = v1::LedgerService::Stub;

absl::StatusOr<std::string> ReadNote(const std::string& path) {
  const std::ifstream file(path, std::ios::binary);
  if (!file) return UsageError(StrCat("the checkpoint '", path, "' cannot be read"));
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

// The key that has to have signed `note`: --key, else the one that is kept of its server, else
// `servers_own` (empty where no server was asked).
absl::StatusOr<std::string> KeyFor(const Arguments& args, const CheckpointStore& store,
                                   const std::string& note, const std::string& servers_own) {
  if (auto key = args.Get("key")) return *std::move(key);
  ASSIGN_OR_RETURN(const auto kept, store.Load(note.substr(0, note.find('\n'))));
  if (kept.has_value()) return kept->verifier_key;
  if (!servers_own.empty()) return servers_own;
  return UsageError("nothing tells which key signed the checkpoint",
                    "give the server's verifier key with --key; `leasehold server init` and "
                    "`leasehold server status` print it");
}

// What --checkpoint names, its signature checked.
absl::StatusOr<std::optional<Checkpoint>> CheckpointTyped(const Arguments& args,
                                                          const CheckpointStore& store,
                                                          const std::string& servers_own) {
  const auto path = args.Get("checkpoint");
  if (!path.has_value()) return std::nullopt;
  ASSIGN_OR_RETURN(const std::string note, ReadNote(*path));
  ASSIGN_OR_RETURN(const std::string key, KeyFor(args, store, note, servers_own));
  ASSIGN_OR_RETURN(KeptCheckpoint checked, CheckNote(note, key));
  return std::move(checked.checkpoint);
}

// Streams the server's export through the verifier: nothing is believed that the server says about
// itself, and nothing is stored. Compares with --checkpoint, else with the one that was kept.
absl::StatusOr<VerifyReport> VerifyServer(Session& session, const CheckpointStore& store) {
  ASSIGN_OR_RETURN(const v1::Checkpoint answer,
                   session.Call(&Stub::GetCheckpoint, v1::GetCheckpointRequest()));
  ASSIGN_OR_RETURN(const KeptCheckpoint now, CheckAnswer(answer));
  VerifyOptions options;
  ASSIGN_OR_RETURN(options.checkpoint,
                   CheckpointTyped(session.args(), store, answer.verifier_key()));
  ASSIGN_OR_RETURN(const auto kept, store.Load(now.checkpoint.origin));
  if (!options.checkpoint.has_value() && kept.has_value()) options.checkpoint = kept->checkpoint;

  ExportVerifier verifier(options);
  ASSIGN_OR_RETURN(Connection * server, session.server());
  RETURN_IF_ERROR(
      server->Read(&Stub::ExportEntries, v1::ExportEntriesRequest(),
                   [&verifier](const v1::ExportRecord& record) { return verifier.Add(record); }));
  ASSIGN_OR_RETURN(VerifyReport report, verifier.Finish());
  // Only what was verified becomes what the next one is compared with.
  if (report.outcome == VerifyOutcome::kOk) RETURN_IF_ERROR(store.Keep(now));
  return report;
}

absl::StatusOr<VerifyReport> VerifyWhatIsNamed(Session& session, const CheckpointStore& store) {
  const Arguments& args = session.args();
  const auto database = args.Get("db");
  const auto file = args.Get("file");
  if (database.has_value() && file.has_value()) {
    return UsageError("--db and --file cannot stand together", "verify one after the other");
  }
  if (!database.has_value() && !file.has_value()) return VerifyServer(session, store);
  VerifyOptions options;
  ASSIGN_OR_RETURN(options.checkpoint, CheckpointTyped(args, store, ""));
  return database.has_value() ? VerifyDatabase(*database, options)
                              : VerifyExportFile(*file, options);
}

absl::StatusOr<ExitStatus> Verify(Session& session) {
  const CheckpointStore store(CheckpointStore::DefaultFolder());
  ASSIGN_OR_RETURN(const VerifyReport report, VerifyWhatIsNamed(session, store));
  session.console().Answer(VerifyReportJson(report), VerifyReportText(session.console(), report));
  return report.outcome == VerifyOutcome::kOk ? ExitStatus::kOk : ExitStatus::kFindings;
}

}  // namespace

Command LedgerVerifyCommand() {
  return {
      .name = "verify",
      .summary = "check that nobody changed the ledger, and that it allowed nothing wrong",
      .details =
          "Of the running server, of a database (also a backup or a copy, with --db), or of an\n"
          "export (--file). Recomputes all hashes, judges every lease and allowed use again, and\n"
          "compares with a checkpoint: --checkpoint, or for a server the one that was kept when\n"
          "this user last looked. Exits with 6 where anything is wrong or cannot be decided.",
      .flags = {{.name = "db", .value = "FILE", .help = "verify this database"},
                {.name = "file", .value = "FILE", .help = "verify this export"},
                {.name = "checkpoint",
                 .value = "FILE",
                 .help = "a signed checkpoint that was kept elsewhere"},
                {.name = "key",
                 .value = "KEY",
                 .help = "the verifier key that has to have signed it; else the one kept"}},
      .examples = {"leasehold ledger verify", "leasehold ledger checkpoint > checkpoint.txt",
                   "leasehold ledger verify --checkpoint checkpoint.txt",
                   "leasehold ledger export --out ledger.export",
                   "leasehold ledger verify --file ledger.export --checkpoint checkpoint.txt"},
      .run = Verify,
  };
}

}  // namespace leasehold
