#include "client/cli/checkpoint_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "client/cli/server_place.h"
#include "client/cli/terminal/cli_error.h"
#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/ledger/key_change.h"
#include "server/ledger/note.h"

namespace leasehold {
namespace {

absl::Status Inconsistent(std::string_view sentence) {
  return CliError(ExitStatus::kFindings, sentence,
                  "entries were removed or changed, or an older database was put back; keep a copy "
                  "of the database and compare it with your backups");
}

// Written beside and renamed, so that a crash leaves the old or the new file.
absl::Status WriteFile(const std::string& path, const std::string& content) {
  const std::string draft = StrCat(path, ".", getpid());
  std::ofstream file(draft, std::ios::binary | std::ios::trunc);
  file << content;
  file.close();
  if (file.good() && std::rename(draft.c_str(), path.c_str()) == 0) return absl::OkStatus();
  const std::string why = std::strerror(errno);
  unlink(draft.c_str());
  return CliError(ExitStatus::kFailure,
                  StrCat("the checkpoint cannot be kept in '", path, "': ", why),
                  "it is this machine's witness of the ledger; make the folder writable");
}

// Whether the kept key leads to the one that signs now: each key signed for the next.
bool Follows(const std::string& kept_key, const KeptCheckpoint& seen) {
  absl::StatusOr<NoteVerifier> key = NoteVerifier::Parse(kept_key);
  for (const v1::CheckpointKeyChange& change : seen.key_changes) {
    if (!key.ok()) return false;
    // Those from before the kept key was in use are not signed by it.
    absl::StatusOr<NoteVerifier> next =
        FollowKeyChange(*key, change.number(), change.public_key(), change.signature());
    if (next.ok()) key = std::move(next);
  }
  return key.ok() && key->ToText() == seen.verifier_key;
}

}  // namespace

absl::StatusOr<KeptCheckpoint> CheckAnswer(const v1::Checkpoint& answer) {
  ASSIGN_OR_RETURN(KeptCheckpoint checked, CheckNote(answer.note(), answer.verifier_key()));
  checked.key_changes.assign(answer.key_changes().begin(), answer.key_changes().end());
  return checked;
}

absl::StatusOr<KeptCheckpoint> CheckNote(const std::string& note, const std::string& verifier_key) {
  ASSIGN_OR_RETURN(const NoteVerifier verifier, NoteVerifier::Parse(verifier_key));
  ASSIGN_OR_RETURN(Checkpoint checkpoint, OpenCheckpoint(note, verifier));
  return KeptCheckpoint{
      .note = note, .verifier_key = verifier_key, .checkpoint = std::move(checkpoint)};
}

std::string CheckpointStore::DefaultFolder() {
  const auto state = Environment("XDG_STATE_HOME");
  if (state.has_value()) return *state + "/leasehold/checkpoints";
  return Environment("HOME").value_or("/") + "/.local/state/leasehold/checkpoints";
}

std::string CheckpointStore::PathOf(const std::string& origin) const {
  return StrCat(folder_, "/", HexEncode(Sha256Of(AsBytes(origin))).substr(0, 32));
}

absl::StatusOr<std::optional<KeptCheckpoint>> CheckpointStore::Load(
    const std::string& origin) const {
  const std::string path = PathOf(origin);
  const std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::stringstream content;
  content << file.rdbuf();
  const std::string text = content.str();
  const size_t line_end = text.find('\n');
  auto kept = CheckNote(line_end == std::string::npos ? "" : text.substr(line_end + 1),
                        text.substr(0, line_end));
  if (kept.ok() && kept->checkpoint.origin == origin) return *std::move(kept);
  return CliError(ExitStatus::kFailure, StrCat("the kept checkpoint in '", path, "' is damaged"),
                  "it cannot be compared; move it away to begin anew");
}

absl::Status CheckpointStore::Keep(const KeptCheckpoint& seen) const {
  const Checkpoint& now = seen.checkpoint;
  ASSIGN_OR_RETURN(const std::optional<KeptCheckpoint> kept, Load(now.origin));
  if (kept.has_value()) {
    const TreeHead& before = kept->checkpoint.head;
    if (!Follows(kept->verifier_key, seen)) {
      return Inconsistent(StrCat("another key signs for ", now.origin,
                                 " than before, and the one before did not sign for it"));
    }
    if (now.head.size < before.size) {
      return Inconsistent(StrCat("the ledger ends at entry ", now.head.size,
                                 ", but a checkpoint seen earlier covers ", before.size));
    }
    if (now.head.size == before.size) {
      if (now.head.root == before.root) return absl::OkStatus();  // a rotation makes it longer
      return Inconsistent(StrCat("the ledger's ", now.head.size,
                                 " entries differ from those of a checkpoint seen earlier"));
    }
  }
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  return WriteFile(PathOf(now.origin), StrCat(seen.verifier_key, "\n", seen.note));
}

}  // namespace leasehold
