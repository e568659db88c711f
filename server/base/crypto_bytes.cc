#include "server/base/crypto_bytes.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
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

EVP_MAC* HmacAlgorithm() {
  static EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  LEASEHOLD_CHECK(mac != nullptr, "OpenSSL has no HMAC");
  return mac;
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

Hash HmacSha256(ByteView key, ByteView message) {
  // A context a call, although making one costs about a microsecond: a context that stays keeps
  // the key in ordinary memory, one that is freed is wiped by OpenSSL.
  EVP_MAC_CTX* ctx = EVP_MAC_CTX_new(HmacAlgorithm());
  LEASEHOLD_CHECK(ctx != nullptr);
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0),
                               OSSL_PARAM_construct_end()};
  // To OpenSSL a null key means "the key of before", so an empty one needs an address.
  const uint8_t no_key = 0;
  const uint8_t* key_data = key.empty() ? &no_key : key.data();
  Hash hash;
  size_t size = 0;
  LEASEHOLD_CHECK(EVP_MAC_init(ctx, key_data, key.size(), params) == 1);
  LEASEHOLD_CHECK(EVP_MAC_update(ctx, message.data(), message.size()) == 1);
  LEASEHOLD_CHECK(EVP_MAC_final(ctx, hash.data(), &size, hash.size()) == 1);
  LEASEHOLD_CHECK(size == hash.size());
  EVP_MAC_CTX_free(ctx);
  return hash;
}

bool ConstantTimeEqual(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace leasehold
