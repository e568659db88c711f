#include <string>
#include <utility>

#include "client/cli/commands.h"
#include "client/cli/lease_request.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/message_json.h"
#include "leasehold/v1/lease.grpc.pb.h"
#include "leasehold/v1/use.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

void WipeFields(v1::RevealSecretResponse* response) {
  for (v1::RevealedField& field : *response->mutable_fields()) Wipe(field.mutable_value());
}

std::string FieldNames(const v1::RevealSecretResponse& response) {
  std::string names;
  for (const v1::RevealedField& field : response.fields()) {
    StrAppend(&names, names.empty() ? "" : ", ", field.name());
  }
  return names;
}

absl::Status Print(Session& session, const std::string& secret,
                   const v1::RevealSecretResponse& response) {
  Console& console = session.console();
  if (console.format() != OutputFormat::kTable) {
    console.Answer(MessageJson(response), "");
    return absl::OkStatus();
  }
  if (response.fields_size() != 1) {
    return UsageError(StrCat(secret, " has more than one field: ", FieldNames(response)),
                      "name one with #FIELD, or take all with -o json");
  }
  const std::string& value = response.fields(0).value();
  console.Write(value);
  // For people only: a pipe gets exactly the bytes.
  if (console.out_is_terminal() && !value.ends_with('\n')) console.Write("\n");
  return absl::OkStatus();
}

absl::StatusOr<ExitStatus> Read(Session& session) {
  const std::string& typed = session.args().positionals()[0];
  ASSIGN_OR_RETURN(const Reference reference, ParseReference(typed));
  ASSIGN_OR_RETURN(v1::AcquireLeaseRequest acquire, LeaseRequest(session.args(), typed));
  acquire.set_delivery(v1::DELIVERY_REVEALED);
  const auto acquired = session.Call(&v1::LeaseService::Stub::AcquireLease, acquire);
  if (!acquired.ok()) return ForAgents(acquired.status());
  const v1::AcquireLeaseResponse& lease = *acquired;

  v1::RevealSecretRequest reveal;
  reveal.set_token(lease.token());
  reveal.set_field(reference.field);
  auto response = session.Call(&v1::UseService::Stub::RevealSecret, reveal);
  absl::Status printed = response.status();
  if (response.ok()) {
    printed = Print(session, reference.secret, *response);
    WipeFields(&*response);
  }
  // Given back in any case: the lease was for this one read.
  v1::ReleaseLeaseRequest release;
  release.set_token(lease.token());
  const auto released = session.Call(&v1::LeaseService::Stub::ReleaseLease, release);
  if (!released.ok()) {
    session.console().Warn(StrCat(lease.lease().name(),
                                  " could not be released and ends by "
                                  "itself: ",
                                  released.status().message()));
  }
  RETURN_IF_ERROR(printed);
  return ExitStatus::kOk;
}

}  // namespace

Command ReadCommand() {
  return {
      .name = "read",
      .summary = "read a value (as an agent whose policy reveals it)",
      .details =
          "Takes a lease with delivery REVEALED, reads, and gives the lease back. The ledger "
          "counts\n"
          "it as an exposure: a value that was read cannot be recalled. Prints exactly the bytes "
          "of\n"
          "the value, with a line feed behind them on a terminal only; JSON and YAML have all "
          "fields\nin base64.",
      .positionals = {{.name = "REFERENCE", .help = "leasehold://PATH[?version=N][#FIELD]"}},
      .flags = {{.name = "workflow",
                 .value = "NAME",
                 .help = "what the work is for; else LEASEHOLD_WORKFLOW, else `default`"},
                {.name = "run",
                 .value = "ID",
                 .help = "the execution it is for; else "
                         "LEASEHOLD_RUN"}},
      .examples =
          {"LEASEHOLD_TOKEN_FILE=demo-bot.token leasehold read leasehold://demo/pat",
           "LEASEHOLD_TOKEN_FILE=demo-bot.token leasehold read 'demo/pat?version=1#value' -o json"},
      .run = Read,
  };
}

}  // namespace leasehold
