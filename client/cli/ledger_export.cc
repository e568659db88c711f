#include "client/cli/ledger_export.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "client/cli/commands.h"
#include "client/cli/counted.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "leasehold/v1/ledger.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/ledger/verify/export_file.h"

namespace leasehold {
namespace {

absl::Status CannotWrite(std::string_view path) {
  return CliError(ExitStatus::kFailure, StrCat("'", path, "' cannot be written"),
                  "check the folder and the room on its disk");
}

// Into a draft beside the file first: what is called `path` is always a whole export.
absl::StatusOr<uint64_t> ExportToFile(Session& session, const std::string& path) {
  const std::string draft = StrCat(path, ".part");
  std::ofstream file(draft, std::ios::binary | std::ios::trunc);
  if (!file) return CannotWrite(path);
  const auto entries = WriteExport(session, &file);
  file.close();
  if (!entries.ok() || !file.good() || std::rename(draft.c_str(), path.c_str()) != 0) {
    unlink(draft.c_str());
    return entries.ok() ? CannotWrite(path) : entries.status();
  }
  return *entries;
}

absl::StatusOr<ExitStatus> Export(Session& session) {
  const std::string path = *session.args().Get("out");
  ASSIGN_OR_RETURN(const uint64_t entries, ExportToFile(session, path));
  session.console().Answer(Json::Object().Set("file", path).Set("entries", entries),
                           StrCat(path, ": ", Counted(entries, "entry", "entries"), "\n"));
  return ExitStatus::kOk;
}

}  // namespace

absl::StatusOr<uint64_t> WriteExport(Session& session, std::ostream* out) {
  uint64_t promised = 0;
  uint64_t entries = 0;
  bool complete = false;
  ASSIGN_OR_RETURN(Connection * server, session.server());
  RETURN_IF_ERROR(server->Read(&v1::LedgerService::Stub::ExportEntries, v1::ExportEntriesRequest(),
                               [&](const v1::ExportRecord& record) -> absl::Status {
                                 if (record.has_header()) promised = record.header().tree_size();
                                 if (record.has_entry()) ++entries;
                                 complete = record.has_checkpoint();
                                 return WriteExportRecord(record, out);
                               }));
  if (complete && entries == promised) return entries;
  return CliError(
      ExitStatus::kFailure,
      StrCat("the export ended after ", entries, " of ", Counted(promised, "entry", "entries")),
      "the server stopped in between; repeat it");
}

Command LedgerExportCommand() {
  return {
      .name = "export",
      .summary = "write the whole ledger to a file that can be verified anywhere",
      .details =
          "The file has entries, names and texts, bodies and a signed checkpoint, and no "
          "secret's value.",
      .flags = {{.name = "out", .value = "FILE", .help = "where to", .required = true}},
      .examples = {"leasehold ledger export --out ledger.export"},
      .run = Export,
  };
}

}  // namespace leasehold
