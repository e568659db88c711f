#include "server/ledger/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <system_error>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {

std::string CheckpointText(const Checkpoint& checkpoint) {
  return StrCat(checkpoint.origin, "\n", checkpoint.head.size, "\n",
                Base64Encode(checkpoint.head.root), "\n");
}

absl::StatusOr<Checkpoint> ParseCheckpointText(std::string_view text) {
  const absl::Status malformed =
      Error(Reason::kInvalidArgument,
            "the checkpoint is not three lines: origin, size, and root in base64");
  const size_t origin_end = text.find('\n');
  const size_t size_end = origin_end == text.npos ? text.npos : text.find('\n', origin_end + 1);
  if (origin_end == 0 || size_end == text.npos || text.back() != '\n') return malformed;
  Checkpoint checkpoint;
  checkpoint.origin = std::string(text.substr(0, origin_end));
  const std::string_view size = text.substr(origin_end + 1, size_end - origin_end - 1);
  const std::errc error =
      std::from_chars(size.data(), size.data() + size.size(), checkpoint.head.size).ec;
  std::string root;
  std::string_view root_line = text.substr(size_end + 1);
  if (!root_line.empty()) root_line.remove_suffix(1);
  if (error != std::errc() || !Base64Decode(root_line, &root) || root.size() != sizeof(Hash)) {
    return malformed;
  }
  std::copy(root.begin(), root.end(), checkpoint.head.root.begin());
  // Leading zeros, characters after the number: only one text stands for a checkpoint.
  if (CheckpointText(checkpoint) != text) return malformed;
  return checkpoint;
}

absl::StatusOr<std::string> SignCheckpoint(const Checkpoint& checkpoint, const NoteVerifier& key,
                                           const NoteSigner& sign) {
  if (checkpoint.origin != key.name()) {
    return Error(Reason::kInvalidArgument,
                 StrCat("a checkpoint of ", checkpoint.origin, " is not for the key of ",
                        key.name(), " to sign"));
  }
  return SignNote(CheckpointText(checkpoint), key, sign);
}

absl::StatusOr<Checkpoint> OpenCheckpoint(std::string_view note, const NoteVerifier& key) {
  ASSIGN_OR_RETURN(const std::string text, OpenNote(note, key));
  ASSIGN_OR_RETURN(Checkpoint checkpoint, ParseCheckpointText(text));
  if (checkpoint.origin != key.name()) {
    return Error(Reason::kLedgerViolation,
                 StrCat("the checkpoint is of ", checkpoint.origin, " and signed by ", key.name()));
  }
  return checkpoint;
}

}  // namespace leasehold
