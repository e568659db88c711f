#include "server/vault/envelope.h"

#include "server/base/status.h"
#include "server/vault/aes_gcm.h"

namespace leasehold {
namespace {

constexpr char kFormat = 1;
constexpr size_t kHeaderSize = 1 + kGcmNonceSize;
static_assert(Envelope::kOverhead == kHeaderSize + kGcmTagSize);

}  // namespace

AssociatedData& AssociatedData::AddNumber(uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) bytes_.push_back(static_cast<char>(number >> shift));
  return *this;
}

AssociatedData& AssociatedData::AddText(std::string_view text) {
  const auto size = static_cast<uint32_t>(text.size());
  for (int shift = 24; shift >= 0; shift -= 8) bytes_.push_back(static_cast<char>(size >> shift));
  bytes_ += text;
  return *this;
}

std::string Envelope::Seal(const SecretBytes& key, const AssociatedData& bound_to,
                           const SecretBytes& plaintext) {
  std::string envelope(kOverhead + plaintext.size(), '\0');
  envelope[0] = kFormat;
  const std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(envelope.data()), envelope.size());
  const std::span<uint8_t> nonce = bytes.subspan(1, kGcmNonceSize);
  RandomBytes(nonce);
  GcmSeal({key.Reveal(SecretAccess()), nonce, bound_to.bytes()}, plaintext.Reveal(SecretAccess()),
          bytes.subspan(kHeaderSize));
  return envelope;
}

absl::StatusOr<SecretBytes> Envelope::Open(const SecretBytes& key, const AssociatedData& bound_to,
                                           std::string_view envelope) {
  if (envelope.size() < kOverhead || envelope[0] != kFormat) {
    return Error(Reason::kStoreDamaged, "a ciphertext is cut short or of an unknown format");
  }
  ASSIGN_OR_RETURN(SecretBytes plaintext, SecretBytes::Allocate(envelope.size() - kOverhead));
  const ByteView bytes = AsBytes(envelope);
  if (!GcmOpen({key.Reveal(SecretAccess()), bytes.subspan(1, kGcmNonceSize), bound_to.bytes()},
               bytes.subspan(kHeaderSize), plaintext.Writable(SecretAccess()))) {
    return Error(Reason::kStoreDamaged, "a ciphertext, its key or its place was changed");
  }
  return plaintext;
}

}  // namespace leasehold
