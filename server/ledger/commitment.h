#ifndef LEASEHOLD_SERVER_LEDGER_COMMITMENT_H_
#define LEASEHOLD_SERVER_LEDGER_COMMITMENT_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "server/base/crypto_bytes.h"

namespace leasehold {

// What the ledger says about a text without holding it: SHA-256(salt || kind || text), where the
// salt is 16 random bytes and the kind one byte (ledger::v1::TextKind). With salt and text at hand
// anybody can check it; once both are erased nobody can guess the text from it, however short the
// text is. Safe from any thread.
struct TextCommitment {
  static constexpr size_t kSaltBytes = 16;

  std::string salt;
  Hash hash{};
};

// With a fresh salt. `kind` is 1 to 255.
TextCommitment CommitToText(int kind, std::string_view text);

// Whether `hash`, as an entry has it, is the commitment to this text. False for a salt, hash or
// kind that no commitment can have; ask first whether the text was erased.
bool TextCommitmentHolds(std::string_view hash, std::string_view salt, int kind,
                         std::string_view text);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_COMMITMENT_H_
