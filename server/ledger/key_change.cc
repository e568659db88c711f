#include "server/ledger/key_change.h"

#include <algorithm>

#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {

std::string KeyChangeText(std::string_view origin, uint64_t number, std::string_view public_key) {
  return StrCat("leasehold/checkpoint-key/1\n", origin, "\n", number, "\n",
                Base64Encode(AsBytes(public_key)), "\n");
}

absl::StatusOr<NoteVerifier> FollowKeyChange(const NoteVerifier& before, uint64_t number,
                                             std::string_view public_key,
                                             std::string_view signature) {
  Ed25519PublicKey key{};
  Ed25519Signature signed_by{};
  if (public_key.size() == key.size() && signature.size() == signed_by.size()) {
    std::copy(public_key.begin(), public_key.end(), key.begin());
    std::copy(signature.begin(), signature.end(), signed_by.begin());
    if (before.Verify(KeyChangeText(before.name(), number, public_key), signed_by)) {
      return NoteVerifier::Make(before.name(), key);
    }
  }
  return Error(Reason::kLedgerViolation, StrCat("checkpoint key ", number, " of ", before.name(),
                                                " is not signed for by the key before it"));
}

}  // namespace leasehold
