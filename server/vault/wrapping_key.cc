#include "server/vault/wrapping_key.h"

#include <openssl/crypto.h>

#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr std::string_view kWrapLabel = "leasehold/wrap/1";
constexpr std::string_view kIdLabel = "leasehold/key-id/1";

}  // namespace

absl::StatusOr<WrappingKey> WrappingKey::From(const SecretBytes& source) {
  LEASEHOLD_CHECK(source.size() == kKeySize);
  const ByteView bytes = source.Reveal(SecretAccess());
  Hash derived = HmacSha256(bytes, AsBytes(kWrapLabel));
  absl::StatusOr<SecretBytes> key = SecretBytes::CopyFrom(derived, SecretAccess());
  OPENSSL_cleanse(derived.data(), derived.size());
  if (!key.ok()) return key.status();
  const Hash id = HmacSha256(bytes, AsBytes(kIdLabel));
  return WrappingKey(std::string(AsText(id).substr(0, kIdSize)), *std::move(key));
}

std::string WrappingKey::Wrap(const AssociatedData& bound_to, const SecretBytes& key) const {
  LEASEHOLD_CHECK(key.size() == kKeySize);
  return StrCat(id_, Envelope::Seal(key_, bound_to, key));
}

std::string_view WrappingKey::IdIn(std::string_view wrapped) {
  return wrapped.size() < kIdSize ? std::string_view() : wrapped.substr(0, kIdSize);
}

absl::StatusOr<SecretBytes> WrappingKey::Unwrap(const AssociatedData& bound_to,
                                                std::string_view wrapped) const {
  if (IdIn(wrapped) != id_) {
    return Error(Reason::kStoreDamaged, "a key was wrapped by another key than its record says");
  }
  ASSIGN_OR_RETURN(SecretBytes key, Envelope::Open(key_, bound_to, wrapped.substr(kIdSize)));
  if (key.size() != kKeySize) {
    return Error(Reason::kStoreDamaged, "a wrapped key has another size than keys have");
  }
  return key;
}

}  // namespace leasehold
