#include "server/vault/secret_bytes.h"

#include <algorithm>
#include <utility>

#include "server/base/check.h"
#include "server/base/status.h"
#include "server/vault/secret_arena.h"

namespace leasehold {
namespace {

// Uses hold their secrets for about as long as a commit or an upstream's answer takes.
constexpr absl::Duration kRetryAfter = absl::Milliseconds(100);

}  // namespace

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  // What was here before goes, and is wiped, with `old`.
  SecretBytes old(std::exchange(data_, nullptr), std::exchange(size_, 0));
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

SecretBytes::~SecretBytes() {
  if (data_ == nullptr) return;
  const absl::StatusOr<SecretArena*> arena = SecretArena::OfProcess();
  LEASEHOLD_CHECK(arena.ok());
  (*arena)->Free(data_);
}

absl::StatusOr<SecretBytes> SecretBytes::Allocate(size_t size) {
  if (size == 0) return SecretBytes();
  ASSIGN_OR_RETURN(SecretArena* const arena, SecretArena::OfProcess());
  uint8_t* const data = arena->Allocate(size);
  if (data == nullptr) {
    return Error(Reason::kOverloaded, "too many secrets are in use at once; retry in a moment",
                 {.retry_after = kRetryAfter});
  }
  return SecretBytes(data, size);
}

absl::StatusOr<SecretBytes> SecretBytes::Random(size_t size) {
  ASSIGN_OR_RETURN(SecretBytes secret, Allocate(size));
  RandomBytes({secret.data_, secret.size_});
  return secret;
}

absl::StatusOr<SecretBytes> SecretBytes::CopyFrom(ByteView bytes, SecretAccess) {
  ASSIGN_OR_RETURN(SecretBytes secret, Allocate(bytes.size()));
  std::copy(bytes.begin(), bytes.end(), secret.data_);
  return secret;
}

bool ConstantTimeEqual(const SecretBytes& a, const SecretBytes& b) {
  return ConstantTimeEqual(ByteView(a.data_, a.size_), ByteView(b.data_, b.size_));
}

}  // namespace leasehold
