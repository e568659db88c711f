#include "client/cli/program.h"

#include "client/cli/arguments/help.h"
#include "client/cli/arguments/parser.h"
#include "client/cli/commands.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

absl::StatusOr<ExitStatus> Run(const Command& root, const std::vector<std::string>& arguments,
                               Console* console) {
  if (arguments.empty()) {
    console->WriteError(HelpText({&root}));
    return ExitStatus::kUsage;
  }
  ASSIGN_OR_RETURN(const Parsed parsed, Parse(root, arguments));
  if (parsed.help) {
    console->Write(HelpText(parsed.path));
    return ExitStatus::kOk;
  }
  if (const auto format = parsed.arguments.Get("output")) {
    ASSIGN_OR_RETURN(const OutputFormat chosen, ParseOutputFormat(*format));
    console->set_format(chosen);
  }
  if (parsed.arguments.Has("no-color")) console->set_no_color();
  Session session(&parsed.arguments, console);
  return parsed.path.back()->run(session);
}

}  // namespace

Flag YesFlag() { return {.name = "yes", .help = "do not ask", .letter = 'y'}; }

Command RootCommand() {
  return {
      .name = "leasehold",
      .summary = "short-lived, policed, recorded use of secrets by agents and other workloads",
      .details =
          "Exit status: 0 ok, 1 failure, 2 usage, 3 not found, 4 not authenticated, 5 denied by\n"
          "policy, 6 findings of `ledger verify` and `doctor`, 7 the server is unavailable.\n"
          "Environment: LEASEHOLD_SERVER, LEASEHOLD_DATA_DIR; for agents LEASEHOLD_TOKEN or\n"
          "LEASEHOLD_TOKEN_FILE, LEASEHOLD_LEASE_TOKEN, LEASEHOLD_WORKFLOW, LEASEHOLD_RUN; for "
          "TLS\n"
          "LEASEHOLD_TLS_CA, LEASEHOLD_TLS_CERT, LEASEHOLD_TLS_KEY.",
      .flags = {{.name = "output",
                 .value = "FORMAT",
                 .help = "table (for people, may change), json or yaml (for programs, stable)",
                 .letter = 'o'},
                {.name = "server",
                 .value = "ADDRESS",
                 .help = "unix:/path/to/admin.sock or HOST:8640"},
                {.name = "tls-ca",
                 .value = "FILE",
                 .help = "speak TLS with --server; PEM authorities of its certificate"},
                {.name = "tls-cert",
                 .value = "FILE",
                 .help = "with --tls-ca: your own certificate, PEM, with its intermediates"},
                {.name = "tls-key", .value = "FILE", .help = "private key of --tls-cert, PEM"},
                {.name = "data-dir",
                 .value = "FOLDER",
                 .help = "the data folder of the server on this machine"},
                {.name = "no-color", .help = "no colour, on a terminal either"}},
      .examples = {"leasehold server status", "leasehold usage", "leasehold secret put --help"},
      .commands = {UsageCommand(),  ReadCommand(),       RevokeCommand(),   ResumeCommand(),
                   HoldCommand(),   RevocationCommand(), ApprovalCommand(), LoginCommand(),
                   LogoutCommand(), WhoamiCommand(),     SecretCommand(),   AgentCommand(),
                   GroupCommand(),  TargetCommand(),     PolicyCommand(),   LeaseCommand(),
                   LedgerCommand(), ServerCommand(),     DoctorCommand(),   VersionCommand()},
  };
}

int RunProgram(const std::vector<std::string>& arguments, Console* console) {
  const Command root = RootCommand();
  const auto result = Run(root, arguments, console);
  // What was answered is written even if the command failed later: it happened.
  const absl::Status flushed = console->Flush();
  if (!result.ok()) {
    console->WriteError(ErrorText(result.status()));
    return static_cast<int>(ExitStatusOf(result.status()));
  }
  if (!flushed.ok()) {
    console->WriteError(ErrorText(flushed));
    return static_cast<int>(ExitStatusOf(flushed));
  }
  return static_cast<int>(*result);
}

}  // namespace leasehold
