#ifndef LEASEHOLD_SERVER_LEDGER_KEY_CHANGE_H_
#define LEASEHOLD_SERVER_LEDGER_KEY_CHANGE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/ledger/note.h"

namespace leasehold {

// A checkpoint key names the one that takes its place, so that whoever trusted it can follow.

// What the old key signs, four lines:
//
//   leasehold/checkpoint-key/1
//   the origin
//   the number of the new key, in decimal
//   its public key, in base64
//
// It begins otherwise than any checkpoint, whose first line is an origin.
std::string KeyChangeText(std::string_view origin, uint64_t number, std::string_view public_key);

// The verifier of the new key, where `before` has signed for it: `public_key` has 32 bytes,
// `signature` 64. LEDGER_VIOLATION otherwise.
absl::StatusOr<NoteVerifier> FollowKeyChange(const NoteVerifier& before, uint64_t number,
                                             std::string_view public_key,
                                             std::string_view signature);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_KEY_CHANGE_H_
