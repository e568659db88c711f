#include <string>

#include "client/cli/commands.h"
#include "client/cli/passphrase_input.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/table.h"
#include "server/base/clock.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/install/install.h"

namespace leasehold {
namespace {

// Whether --root-key asks for a passphrase.
absl::StatusOr<bool> UnderPassphrase(const Arguments& args) {
  const std::string kind = args.Get("root-key").value_or("file");
  if (kind == "passphrase") return true;
  if (kind != "file") {
    return UsageError(StrCat("'", kind, "' is no kind of root key"),
                      "kinds are: file (the default), passphrase");
  }
  if (!args.Has("passphrase-file")) return false;
  return UsageError("--passphrase-file goes with --root-key passphrase",
                    "add it, or leave the file out");
}

absl::StatusOr<ExitStatus> Init(Session& session) {
  const SystemClock clock;
  ASSIGN_OR_RETURN(const bool sealed, UnderPassphrase(session.args()));
  SecretBytes passphrase;
  if (sealed) {
    ASSIGN_OR_RETURN(passphrase, PassphraseInput::Read(session, PassphraseInput::Which::kNew));
  }
  ASSIGN_OR_RETURN(const InitReport report,
                   InitServer({.data_dir = session.data_folder(),
                               .store_name = session.args().Get("name").value_or(""),
                               .clock = clock,
                               .passphrase = sealed ? &passphrase : nullptr}));
  Facts facts;
  facts.Add("data folder", report.data_dir);
  facts.Add("database", report.database);
  facts.Add("root key", report.root_key);
  facts.Add("origin", report.origin);
  facts.Add("verifier key", report.verifier_key);
  session.console().Answer(
      Json::Object()
          .Set("data_dir", report.data_dir)
          .Set("database", report.database)
          .Set("root_key", report.root_key)
          .Set("origin", report.origin)
          .Set("verifier_key", report.verifier_key),
      StrCat(facts.ToText(), "\ncopy ", report.root_key,
             " to a safe place now, apart from backups of the database:\n",
             sealed
                 ? "a backup without it and its passphrase is none; nobody can find a passphrase "
                   "out again.\n"
                 : "both together are every secret, and a backup without the key is none.\n",
             "next: leaseholdd --data-dir ", report.data_dir,
             sealed ? ", and after each start: leasehold server unseal" : "", "\n"));
  return ExitStatus::kOk;
}

}  // namespace

Command ServerInitCommand() {
  return {
      .name = "init",
      .summary = "make a data folder with a root key and an empty database",
      .details =
          "In the folder of --data-dir, on this machine. Prints what to back up and the key "
          "by which\nothers verify checkpoints. Changes nothing where a store is already.",
      .flags = {{.name = "name",
                 .value = "NAME",
                 .help = "stands in checkpoints; without it the machine's name"},
                {.name = "root-key",
                 .value = "KIND",
                 .help =
                     "file (the default) or passphrase: each start is sealed until it is given"},
                PassphraseFileFlag()},
      .examples = {"leasehold server init --data-dir ./leasehold-data",
                   "leasehold server init --root-key passphrase --passphrase-file passphrase "
                   "--data-dir ./sealed"},
      .run = Init,
  };
}

}  // namespace leasehold
