// What a change of keys does to the state.

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/leases/state/fold_error.h"
#include "server/leases/state/state.h"

namespace leasehold {
namespace {

constexpr size_t kPublicKeySize = 32;
constexpr size_t kSignatureSize = 64;

}  // namespace

absl::Status State::FoldKeys(LogIndex index, const ledger::v1::KeyRotated& rotated) {
  if (rotated.key_class() < ledger::v1::KEY_CLASS_KEY_ENCRYPTION ||
      rotated.key_class() > ledger::v1::KEY_CLASS_CHECKPOINT) {
    return FoldError(index, "replaces a key of no class");
  }
  const auto cls = static_cast<KeyClass>(rotated.key_class());
  if (rotated.number() != uint64_t{keys_.current(cls)} + 1) {
    return FoldError(index, "replaces a key by one whose number is not the next");
  }
  const bool checkpoint = cls == KeyClass::kCheckpoint;
  if (rotated.public_key().size() != (checkpoint ? kPublicKeySize : 0) ||
      rotated.signature().size() != (checkpoint ? kSignatureSize : 0)) {
    return FoldError(index, "replaces a key without what proves it");
  }
  keys_.Add({.cls = cls,
             .number = static_cast<uint32_t>(rotated.number()),
             .index = index,
             .leases_through = LeaseNumber(leases_.count()),
             .public_key = rotated.public_key(),
             .signature = rotated.signature()});
  if (checkpoint) {
    checkpoint_key_ = rotated.public_key();
  }
  return absl::OkStatus();
}

}  // namespace leasehold
