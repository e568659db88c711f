#ifndef LEASEHOLD_SERVER_LEDGER_ENTRY_CODEC_H_
#define LEASEHOLD_SERVER_LEDGER_ENTRY_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "leasehold/ledger/v1/entry.pb.h"
#include "server/base/crypto_bytes.h"

namespace leasehold {

// Of the entries, not of the database; stands in log_created and epoch_started.
inline constexpr uint32_t kEntryFormat = 1;

using EntryKind = ledger::v1::Entry::KindCase;

// Entries are read into memory whole and hashed on the hot path. The largest honest ones (a group's
// thousand members) have some kilobytes.
inline constexpr size_t kEntryBytesMax = 65'535;

// Everything here is safe from any thread.

// Replaces `out` by the bytes that are stored and hashed. An entry is encoded once: from then on
// its bytes are the entry. kTooLarge above kEntryBytesMax. That a kind is set is the caller's duty.
absl::Status EncodeEntry(const ledger::v1::Entry& entry, std::string* out);

// kStoreDamaged for bytes that EncodeEntry would never have made, of this or a later server: not
// protobuf, too long, no kind or two, fields twice or in another than the shortest form. An entry
// of a later server may have an unknown kind (KIND_NOT_SET) or unknown fields: ask HasUnknown.
absl::StatusOr<ledger::v1::Entry> DecodeEntry(ByteView bytes);

// Whether there is anything in the entry that this build does not know: a field at any depth, or a
// number in an enumeration. A reader that judges answers "undecidable" then.
bool HasUnknown(const ledger::v1::Entry& entry);

// The name of a kind in JSON, on the command line and in filters: "use", "lease_issued".
// KIND_NOT_SET is "unknown".
std::string_view EntryKindName(EntryKind kind);
// nullopt for a name that no kind has ("unknown" too).
std::optional<EntryKind> ParseEntryKind(std::string_view name);
// All kinds, in the order of their numbers.
std::vector<EntryKind> AllEntryKinds();

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_ENTRY_CODEC_H_
