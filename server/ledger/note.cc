#include "server/ledger/note.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "server/base/check.h"
#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr uint8_t kEd25519 = 1;  // the standard's number for this type of signature
constexpr std::string_view kEmDash = "\xe2\x80\x94 ";  // with its space
constexpr size_t kKeyHashBytes = 4;

absl::Status Malformed(std::string_view what, std::string_view offence) {
  return Error(Reason::kInvalidArgument, StrCat(what, " ", offence));
}

bool IsKeyName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(),
                                      [](char c) { return c > ' ' && c < '\x7f' && c != '+'; });
}

// 0x01 and the public key.
std::string TypedKey(const Ed25519PublicKey& key) {
  std::string bytes(1, static_cast<char>(kEd25519));
  bytes.append(AsText(key));
  return bytes;
}

template <size_t kSize>
std::array<uint8_t, kSize> ToArray(std::string_view bytes) {
  LEASEHOLD_CHECK(bytes.size() == kSize);
  std::array<uint8_t, kSize> array;
  std::copy(bytes.begin(), bytes.end(), array.begin());
  return array;
}

// Takes the line up to the next newline off the front. There is one.
std::string_view TakeLine(std::string_view* text) {
  const size_t end = text->find('\n');
  const std::string_view line = text->substr(0, end);
  text->remove_prefix(end + 1);
  return line;
}

// Lines of base's Text: stricter than the standard about a line's length and control characters.
absl::Status CheckText(std::string_view text) {
  if (text.size() < 2 || text.back() != '\n') {
    return Malformed("the note's text", "is empty or does not end in a newline");
  }
  while (!text.empty()) {
    const std::string_view line = TakeLine(&text);
    if (!line.empty()) RETURN_IF_ERROR(Text::Parse(line, "a line of the note").status());
  }
  return absl::OkStatus();
}

struct SignatureLine {
  std::string_view name;
  std::string bytes;  // key hash and signature
};

absl::StatusOr<SignatureLine> ParseSignatureLine(std::string_view line) {
  SignatureLine signature;
  if (line.starts_with(kEmDash)) {
    line.remove_prefix(kEmDash.size());
    const size_t space = line.find(' ');
    signature.name = line.substr(0, space);
    // The name may be that of any witness, so it only has to be text.
    if (space != line.npos && signature.name.find('+') == line.npos &&
        Text::Parse(signature.name, "key name").ok() &&
        Base64Decode(line.substr(space + 1), &signature.bytes) &&
        signature.bytes.size() > kKeyHashBytes) {
      return signature;
    }
  }
  return Malformed("the note", "has a signature line that is not `\xe2\x80\x94 name base64`");
}

struct PublicKeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct DigestContextDeleter {
  void operator()(EVP_MD_CTX* ctx) const { EVP_MD_CTX_free(ctx); }
};

}  // namespace

NoteVerifier::NoteVerifier(std::string_view name, const Ed25519PublicKey& key)
    : name_(name), key_(key) {
  const std::string hashed = StrCat(name, "\n", TypedKey(key));
  const Hash hash = Sha256Of(AsBytes(hashed));
  std::copy_n(hash.begin(), key_hash_.size(), key_hash_.begin());
}

absl::StatusOr<NoteVerifier> NoteVerifier::Make(std::string_view name,
                                                const Ed25519PublicKey& key) {
  if (!IsKeyName(name)) {
    return Malformed("the key's name",
                     "is empty or has a space, '+' or a character that is not "
                     "visible ASCII");
  }
  return NoteVerifier(name, key);
}

absl::StatusOr<NoteVerifier> NoteVerifier::Parse(std::string_view text) {
  const size_t hash_at = text.find('+');
  // Base64 has a '+' too, so the second one counts and not the last.
  const size_t key_at = hash_at == text.npos ? text.npos : text.find('+', hash_at + 1);
  std::string typed_key;
  if (key_at == text.npos || !Base64Decode(text.substr(key_at + 1), &typed_key) ||
      typed_key.size() != 1 + sizeof(Ed25519PublicKey) || typed_key[0] != kEd25519) {
    return Malformed("the verifier key", "is not name+hash+key with an Ed25519 key; copy it whole");
  }
  ASSIGN_OR_RETURN(NoteVerifier verifier,
                   Make(text.substr(0, hash_at),
                        ToArray<sizeof(Ed25519PublicKey)>(std::string_view(typed_key).substr(1))));
  if (verifier.ToText() != text) {
    return Malformed("the verifier key",
                     "has a hash that is not that of its name and key; copy it "
                     "whole");
  }
  return verifier;
}

std::string NoteVerifier::ToText() const {
  return StrCat(name_, "+", HexEncode(key_hash_), "+", Base64Encode(AsBytes(TypedKey(key_))));
}

bool NoteVerifier::Verify(std::string_view message, const Ed25519Signature& signature) const {
  const std::unique_ptr<EVP_PKEY, PublicKeyDeleter> key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key_.data(), key_.size()));
  const std::unique_ptr<EVP_MD_CTX, DigestContextDeleter> ctx(EVP_MD_CTX_new());
  LEASEHOLD_CHECK(key != nullptr && ctx != nullptr);
  LEASEHOLD_CHECK(EVP_DigestVerifyInit(ctx.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  const ByteView bytes = AsBytes(message);
  // Anything but 1 is "no"; a negative number is an error inside OpenSSL.
  return EVP_DigestVerify(ctx.get(), signature.data(), signature.size(), bytes.data(),
                          bytes.size()) == 1;
}

absl::StatusOr<std::string> SignNote(std::string_view text, const NoteVerifier& key,
                                     const NoteSigner& sign) {
  RETURN_IF_ERROR(CheckText(text));
  ASSIGN_OR_RETURN(const Ed25519Signature signature, sign(AsBytes(text)));
  if (!key.Verify(text, signature)) {
    return Error(Reason::kInternal, "the checkpoint key's private and public halves do not match");
  }
  const std::string bytes = StrCat(AsText(key.key_hash()), AsText(signature));
  return StrCat(text, "\n", kEmDash, key.name(), " ", Base64Encode(AsBytes(bytes)), "\n");
}

absl::StatusOr<std::string> OpenNote(std::string_view note, const NoteVerifier& key) {
  if (note.size() > kNoteBytesMax) return Malformed("the note", "is too large");
  const size_t text_end = note.rfind("\n\n");
  if (text_end == note.npos || note.back() != '\n' || note.size() == text_end + 2) {
    return Malformed("the note", "is not text, an empty line and signature lines");
  }
  const std::string_view text = note.substr(0, text_end + 1);
  RETURN_IF_ERROR(CheckText(text));
  bool verified = false;
  for (std::string_view rest = note.substr(text_end + 2); !rest.empty();) {
    ASSIGN_OR_RETURN(const SignatureLine line, ParseSignatureLine(TakeLine(&rest)));
    const std::string_view bytes = line.bytes;
    if (line.name != key.name() || !bytes.starts_with(AsText(key.key_hash()))) continue;
    const std::string_view signature = bytes.substr(kKeyHashBytes);
    if (signature.size() != sizeof(Ed25519Signature) ||
        !key.Verify(text, ToArray<sizeof(Ed25519Signature)>(signature))) {
      return Error(Reason::kLedgerViolation, StrCat("the note's signature by ", key.name(),
                                                    " is wrong: it was changed, or forged"));
    }
    verified = true;
  }
  if (!verified) {
    return Error(Reason::kLedgerViolation,
                 StrCat("the note is not signed by ", key.name(), "+", HexEncode(key.key_hash()),
                        ": it is another ledger's, or another key's"));
  }
  return std::string(text);
}

}  // namespace leasehold
