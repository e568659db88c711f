#include "server/vault/sealed_root_key.h"

#include <algorithm>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/vault/envelope.h"
#include "server/vault/wrapping_key.h"

namespace leasehold {
namespace {

constexpr char kByArgon2id = 1;
constexpr size_t kPassesAt = 1;
constexpr size_t kMemoryAt = 5;
constexpr size_t kSaltAt = 9;
constexpr size_t kWrappedAt = 25;
constexpr std::string_view kLabel = "leasehold/root-key/1";

void PutNumber(std::string& out, uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
}

uint32_t GetNumber(std::string_view bytes, size_t at) {
  uint32_t number = 0;
  for (const uint8_t byte : AsBytes(bytes.substr(at, 4))) number = number << 8 | byte;
  return number;
}

std::string HeadOf(const Argon2idCost& cost) {
  std::string head(1, kByArgon2id);
  PutNumber(head, cost.passes);
  PutNumber(head, cost.memory_kib);
  head.append(AsText(cost.salt));
  return head;
}

AssociatedData BoundTo(std::string_view head) {
  AssociatedData data(kLabel);
  data.AddText(head);
  return data;
}

absl::StatusOr<WrappingKey> KeyOf(const SecretBytes& passphrase, const Argon2idCost& cost) {
  ASSIGN_OR_RETURN(const SecretBytes derived, Argon2id::Derive(passphrase, cost));
  return WrappingKey::From(derived);
}

absl::Status Wrong() {
  return Error(Reason::kRootKeyWrong, "the passphrase is not that of the root key");
}

}  // namespace

absl::StatusOr<SealedRootKey> SealedRootKey::Seal(const SecretBytes& root,
                                                  const SecretBytes& passphrase) {
  if (passphrase.size() < kPassphraseMin || passphrase.size() > kPassphraseMax) {
    return Error(Reason::kInvalidArgument,
                 StrCat("a passphrase has ", kPassphraseMin, " to ", kPassphraseMax,
                        " bytes; six random words are a good one"));
  }
  Argon2idCost cost{.passes = kArgon2idPasses, .memory_kib = kArgon2idMemoryKib};
  RandomBytes(cost.salt);
  ASSIGN_OR_RETURN(const WrappingKey key, KeyOf(passphrase, cost));
  const std::string head = HeadOf(cost);
  return SealedRootKey(StrCat(head, key.Wrap(BoundTo(head), root)), cost);
}

absl::StatusOr<SealedRootKey> SealedRootKey::Parse(std::string_view bytes) {
  if (bytes.size() != kSize || bytes.front() != kByArgon2id) {
    return Error(Reason::kRootKeyUnusable,
                 "has a form that this server does not know; was it made by a newer one?");
  }
  Argon2idCost cost{.passes = GetNumber(bytes, kPassesAt),
                    .memory_kib = GetNumber(bytes, kMemoryAt)};
  const ByteView salt = AsBytes(bytes.substr(kSaltAt, cost.salt.size()));
  std::copy(salt.begin(), salt.end(), cost.salt.begin());
  if (cost.passes == 0 || cost.passes > kPassesMax || cost.memory_kib < kMemoryKibMin ||
      cost.memory_kib > kMemoryKibMax) {
    return Error(Reason::kRootKeyUnusable,
                 StrCat("asks for ", cost.passes, " passes over ", cost.memory_kib,
                        " KiB to try a passphrase, which no server of ours wrote; restore it from "
                        "its backup"));
  }
  return SealedRootKey(std::string(bytes), cost);
}

absl::StatusOr<SecretBytes> SealedRootKey::Open(const SecretBytes& passphrase) const {
  if (passphrase.empty() || passphrase.size() > kPassphraseMax) return Wrong();
  ASSIGN_OR_RETURN(const WrappingKey key, KeyOf(passphrase, cost_));
  const std::string_view bytes = bytes_;
  absl::StatusOr<SecretBytes> root =
      key.Unwrap(BoundTo(bytes.substr(0, kWrappedAt)), bytes.substr(kWrappedAt));
  if (ReasonOf(root.status()) == Reason::kStoreDamaged) return Wrong();
  return root;
}

}  // namespace leasehold
