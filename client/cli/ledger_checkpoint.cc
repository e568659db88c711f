#include <string>

#include "client/cli/checkpoint_store.h"
#include "client/cli/commands.h"
#include "client/cli/session.h"
#include "leasehold/v1/ledger.grpc.pb.h"
#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

absl::StatusOr<ExitStatus> PrintCheckpoint(Session& session) {
  ASSIGN_OR_RETURN(
      const v1::Checkpoint answer,
      session.Call(&v1::LedgerService::Stub::GetCheckpoint, v1::GetCheckpointRequest()));
  ASSIGN_OR_RETURN(const KeptCheckpoint seen, CheckAnswer(answer));
  const CheckpointStore store(CheckpointStore::DefaultFolder());
  RETURN_IF_ERROR(store.Keep(seen));
  Json data = Json::Object();
  data.Set("origin", seen.checkpoint.origin)
      .Set("tree_size", seen.checkpoint.head.size)
      .Set("root", HexEncode(seen.checkpoint.head.root))
      .Set("note", seen.note)
      .Set("verifier_key", seen.verifier_key)
      .Set("kept_in", store.PathOf(seen.checkpoint.origin));
  session.console().Answer(data, seen.note);
  return ExitStatus::kOk;
}

}  // namespace

Command LedgerCheckpointCommand() {
  return {
      .name = "checkpoint",
      .summary = "get a signed checkpoint, and compare it with the last one",
      .details =
          "Prints a signed note: keep it where this server's machine cannot change it, and give "
          "it\n"
          "to `leasehold ledger verify --checkpoint FILE`. The last one of each server is kept in\n"
          "~/.local/state/leasehold/checkpoints; exits with 6 where the ledger became shorter, "
          "has\n"
          "other entries at the same length, or is signed by another key. That a longer ledger\n"
          "still begins with the same entries is what `leasehold ledger verify` checks.",
      .examples = {"leasehold ledger checkpoint > checkpoint.txt",
                   "leasehold ledger checkpoint -o json | jq -r .verifier_key"},
      .run = PrintCheckpoint,
  };
}

}  // namespace leasehold
