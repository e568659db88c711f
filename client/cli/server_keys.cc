// The keys of a running server: giving it the passphrase, replacing them.

#include <string>
#include <utility>

#include "client/cli/commands.h"
#include "client/cli/counted.h"
#include "client/cli/passphrase_input.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/table.h"
#include "leasehold/v1/admin.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using Stub = v1::AdminService::Stub;

struct KeyWord {
  v1::KeyUse use;
  const char* word;     // as it is typed
  const char* meaning;  // as it is shown
};
constexpr KeyWord kKeyWords[] = {
    {v1::KEY_USE_ENCRYPTION, "encryption", "encryption key"},
    {v1::KEY_USE_LEASE_MAC, "lease-mac", "lease MAC key"},
    {v1::KEY_USE_CHECKPOINT, "checkpoint", "checkpoint key"},
};

absl::StatusOr<ExitStatus> Unseal(Session& session) {
  v1::UnsealRequest request;
  ASSIGN_OR_RETURN(*request.mutable_passphrase(),
                   PassphraseInput::ReadText(session, PassphraseInput::Which::kExisting));
  const auto response = session.Call(&Stub::Unseal, request);
  Wipe(request.mutable_passphrase());
  RETURN_IF_ERROR(response.status());
  session.console().Answer(Json::Object().Set("sealed", false),
                           "unsealed: leases and uses are served\n");
  return ExitStatus::kOk;
}

absl::StatusOr<v1::KeyUse> ParseKeyUse(const std::string& text) {
  for (const KeyWord& word : kKeyWords) {
    if (text == word.word) return word.use;
  }
  return UsageError(StrCat("'", text, "' is no key"),
                    "keys are: encryption, lease-mac, checkpoint");
}

std::string RotatedText(const v1::RotatedKey& key) {
  std::string text;
  for (const KeyWord& word : kKeyWords) {
    if (word.use == key.use()) text = word.meaning;
  }
  StrAppend(&text, " ", key.number(), " in use (entry ", key.index(), ")");
  if (key.use() == v1::KEY_USE_ENCRYPTION) {
    StrAppend(&text, ", ", Counted(key.rewrapped_versions(), "version", "versions"),
              " wrapped anew");
  }
  return StrCat(text, "\n");
}

absl::StatusOr<ExitStatus> RotateKeys(Session& session) {
  // Long enough for millions of versions.
  constexpr absl::Duration kDeadline = absl::Hours(1);
  v1::RotateKeysRequest request;
  for (const std::string& text : session.args().All("key")) {
    ASSIGN_OR_RETURN(const v1::KeyUse use, ParseKeyUse(text));
    request.add_uses(use);
  }
  ASSIGN_OR_RETURN(Connection * server, session.server());
  ASSIGN_OR_RETURN(const v1::RotateKeysResponse response,
                   server->Call(&Stub::RotateKeys, request, kDeadline));
  std::string human;
  for (const v1::RotatedKey& key : response.keys()) human += RotatedText(key);
  session.console().Answer(MessageJson(response), human);
  session.console().Note(
      "backups of before need the root key and nothing else; make a new one with `leasehold server "
      "backup`");
  return ExitStatus::kOk;
}

}  // namespace

Command ServerUnsealCommand() {
  return {
      .name = "unseal",
      .summary = "give the server the passphrase of its root key",
      .details =
          "A server whose root key is under a passphrase starts sealed: no lease, no use "
          "and no reveal,\nwhile revocations, holds and reading the ledger work. Goes to "
          "the admin socket of this machine.",
      .flags = {PassphraseFileFlag()},
      .examples = {"leasehold server unseal",
                   "leasehold server unseal --passphrase-file passphrase.txt"},
      .run = Unseal,
  };
}

Command ServerRotateKeysCommand() {
  return {
      .name = "rotate-keys",
      .summary = "replace keys while the server serves",
      .details =
          "Without --key all three. A new encryption key wraps the keys of all versions anew, in "
          "small\nsteps; cut short, the server goes on by itself. Lease tokens and handles of "
          "before stay good\nuntil their leases end. The old checkpoint key signs for the new one, "
          "so that kept checkpoints\nstay comparable.",
      .flags = {{.name = "key",
                 .value = "KEY",
                 .help = "encryption, lease-mac or checkpoint",
                 .repeats = true}},
      .examples = {"leasehold server rotate-keys", "leasehold server rotate-keys --key checkpoint"},
      .run = RotateKeys,
  };
}

}  // namespace leasehold
