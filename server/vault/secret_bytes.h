#ifndef LEASEHOLD_SERVER_VAULT_SECRET_BYTES_H_
#define LEASEHOLD_SERVER_VAULT_SECRET_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "server/base/crypto_bytes.h"
#include "server/vault/secret_access.h"

namespace leasehold {

// Bytes that must not leak: a secret's value or a key. They lie in the process's SecretArena, are
// wiped when the object goes, and come out through Reveal alone. An object cannot be copied,
// printed, compared with == or turned into a string, so that no log line, error or container does
// it by accident.
//
// An object belongs to one thread at a time; several may read it.
class SecretBytes {
 public:
  SecretBytes() = default;  // Empty.
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  ~SecretBytes();
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;

  // The functions that make one fail with OVERLOADED where the arena is full at the moment (a
  // retry may succeed) and with FAILED_PRECONDITION where this process has none.

  // `size` zero bytes.
  static absl::StatusOr<SecretBytes> Allocate(size_t size);
  // Random bytes from the kernel.
  static absl::StatusOr<SecretBytes> Random(size_t size);
  // Wants access because `bytes` are a secret that lies in ordinary memory: the caller wipes them.
  static absl::StatusOr<SecretBytes> CopyFrom(ByteView bytes, SecretAccess);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // The bytes, valid as long as this object is neither moved nor destroyed.
  ByteView Reveal(SecretAccess) const { return {data_, size_}; }
  std::span<uint8_t> Writable(SecretAccess) { return {data_, size_}; }

  // Whether two secrets are the same, in time that depends on their lengths alone.
  friend bool ConstantTimeEqual(const SecretBytes& a, const SecretBytes& b);

  bool operator==(const SecretBytes&) const = delete;
  template <typename Stream>
  friend Stream& operator<<(Stream&, const SecretBytes&) = delete;

 private:
  SecretBytes(uint8_t* data, size_t size) : data_(data), size_(size) {}

  uint8_t* data_ = nullptr;  // In the arena; null where empty.
  size_t size_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_VAULT_SECRET_BYTES_H_
