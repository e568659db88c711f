#ifndef LEASEHOLD_SERVER_LEDGER_NOTE_H_
#define LEASEHOLD_SERVER_LEDGER_NOTE_H_

// Signed notes (c2sp.org/signed-note), the form in which checkpoints leave the server:
//
//   text              one or more lines, each ended by a newline
//   (an empty line)
//   — name base64     one or more signature lines: an em dash, the key's name, and the base64 of
//                     4 bytes of key hash and the signature
//
// An Ed25519 key has the hash SHA-256(name || newline || 0x01 || public key)[:4], signs the text,
// and is written for others as name+hash+key: the hash as 8 lower-case hexadecimal digits, the key
// as base64 of 0x01 and the 32 bytes of the public key.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "server/base/crypto_bytes.h"

namespace leasehold {

using Ed25519PublicKey = std::array<uint8_t, 32>;
using Ed25519Signature = std::array<uint8_t, 64>;

// The standard wants room for 16 signatures, and those of post-quantum witnesses have 5 kB.
inline constexpr size_t kNoteBytesMax = 128 * 1024;

// Checks the signatures of one key. Immutable and safe from any thread.
class NoteVerifier {
 public:
  // `name` is visible ASCII without '+'. INVALID_ARGUMENT otherwise.
  static absl::StatusOr<NoteVerifier> Make(std::string_view name, const Ed25519PublicKey& key);
  // From the text form. INVALID_ARGUMENT where it is not exactly that, or the hash is not the
  // key's: a mistyped key is found here and not as a forged note later.
  static absl::StatusOr<NoteVerifier> Parse(std::string_view text);

  // The text form.
  std::string ToText() const;
  const std::string& name() const { return name_; }
  const Ed25519PublicKey& key() const { return key_; }
  const std::array<uint8_t, 4>& key_hash() const { return key_hash_; }

  bool Verify(std::string_view message, const Ed25519Signature& signature) const;

 private:
  NoteVerifier(std::string_view name, const Ed25519PublicKey& key);

  std::string name_;
  Ed25519PublicKey key_;
  std::array<uint8_t, 4> key_hash_;
};

// Signs with the private key of a verifier; whoever holds that key provides it. An error (the
// server is sealed) is handed on.
using NoteSigner = std::function<absl::StatusOr<Ed25519Signature>(ByteView message)>;

// The note of `text`, which consists of non-empty lines that end in a newline. INVALID_ARGUMENT for
// other texts; INTERNAL where the signature is not by the verifier's key, since such a checkpoint
// would accuse an honest server.
absl::StatusOr<std::string> SignNote(std::string_view text, const NoteVerifier& key,
                                     const NoteSigner& sign);

// The text of a note that `key` has signed, final newline included; nothing in a note may be
// believed before that. Signatures of other keys are ignored. INVALID_ARGUMENT for what is no note
// (also: a line of the text that is no Text, a size above kNoteBytesMax); LEDGER_VIOLATION where
// the key's signature is missing or wrong.
absl::StatusOr<std::string> OpenNote(std::string_view note, const NoteVerifier& key);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_NOTE_H_
