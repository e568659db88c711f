#ifndef LEASEHOLD_SERVER_LEDGER_VERIFY_VERIFY_H_
#define LEASEHOLD_SERVER_LEDGER_VERIFY_VERIFY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/ledger/checkpoint.h"
#include "storage/rows.h"
#include "storage/store.h"

namespace leasehold {

// Something that verification came upon.
struct Finding {
  // The entry that it is about; empty where it is about none, or nothing tells which.
  std::optional<uint64_t> index;
  // Whether it is only a limit of what can be known here: an erased text, a kind of a later
  // version. Otherwise it is a violation.
  bool undecidable = false;
  // For people, starting with "entry 17: " where there is an index.
  std::string sentence;
};

enum class VerifyOutcome { kOk, kViolation, kUndecidable };

struct VerifyReport {
  VerifyOutcome outcome = VerifyOutcome::kOk;
  // In the order in which they were found, which is that of the entries as far as they go; at most
  // kFindingsMax.
  std::vector<Finding> findings;
  uint64_t findings_left_out = 0;

  TreeHead head;  // recomputed
  std::string origin;
  uint64_t entries = 0;  // that were read
  uint64_t leases = 0;
  uint64_t allowed_uses = 0;  // each was judged again
  uint64_t revocations = 0;
  uint64_t texts_erased = 0;
  bool snapshot_compared = false;             // false where there is none yet
  std::optional<bool> checkpoint_consistent;  // empty where none was given
};

struct VerifyOptions {
  // One that was kept elsewhere, its signature checked (OpenCheckpoint).
  std::optional<Checkpoint> checkpoint;
};

// One damaged entry can make all that come after it look wrong, and nobody reads a thousand lines.
inline constexpr size_t kFindingsMax = 20;

// Checks a ledger from its first entry on, believing nothing of what is stored beside the entries:
// that every entry is well formed and in its place; that tiles and head are the hashes of the
// entries; that texts, bodies and ciphertext are what the entries committed to; that the entries
// make sense one after the other; that each lease, renewal and allowed use was right at its moment,
// by rules that are written down a second time here, apart from the server's; and that summaries
// and snapshot are what the entries come to.
//
// Errors are what kept it from looking (kIo and the like); whatever it sees is a finding. Reads
// everything once; about a few hundred thousand entries a second.
absl::StatusOr<VerifyReport> VerifyView(StoreView& view, const VerifyOptions& options);

// VerifyView of a database file, and what SQLite itself says about its structure. The file may be a
// backup, a copy, or that of a running server. kStoreMissing, kStoreSchemaNewer, kIo.
absl::StatusOr<VerifyReport> VerifyDatabase(const std::string& path, const VerifyOptions& options);

// "ok", "violation", "undecidable".
std::string_view VerifyOutcomeName(VerifyOutcome outcome);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_VERIFY_VERIFY_H_
