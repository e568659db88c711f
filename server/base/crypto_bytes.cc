#include "server/base/crypto_bytes.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "server/base/check.h"

namespace leasehold {
namespace {

// Fetched once and never freed: a fetch walks OpenSSL's provider tables and costs more than the
// digest of an entry.
const EVP_MD* Sha256Md() {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  LEASEHOLD_CHECK(md != nullptr, "OpenSSL has no SHA-256");
  return md;
}

}  // namespace

void RandomBytes(std::span<uint8_t> out) {
  // A request of more than INT_MAX bytes would be a bug of ours.
  LEASEHOLD_CHECK(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1,
                  "no random bytes; going on would make guessable keys");
}

uint64_t RandomNonZero64() {
  uint64_t value = 0;
  while (value == 0) RandomBytes({reinterpret_cast<uint8_t*>(&value), sizeof(value)});
  return value;
}

Sha256::Sha256() : ctx_(EVP_MD_CTX_new()) {
  LEASEHOLD_CHECK(ctx_ != nullptr);
  LEASEHOLD_CHECK(EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(ctx_), Sha256Md(), nullptr) == 1);
}

Sha256::~Sha256() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(ctx_)); }

Sha256& Sha256::Update(ByteView bytes) {
  LEASEHOLD_CHECK(EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(ctx_), bytes.data(), bytes.size()) ==
                  1);
  return *this;
}

Hash Sha256::Finish() {
  auto* ctx = static_cast<EVP_MD_CTX*>(ctx_);
  Hash hash;
  LEASEHOLD_CHECK(EVP_DigestFinal_ex(ctx, hash.data(), nullptr) == 1);
  // The same digest again: OpenSSL keeps the context's memory.
  LEASEHOLD_CHECK(EVP_DigestInit_ex(ctx, nullptr, nullptr) == 1);
  return hash;
}

Hash Sha256Of(ByteView bytes) {
  thread_local Sha256 hasher;
  return hasher.Update(bytes).Finish();
}

bool ConstantTimeEqual(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace leasehold
