// HMAC-SHA256 from SHA-256's block functions. OpenSSL 3 calls these deprecated and keeps them: with
// EVP_MAC a context a call took 0.9 us, this takes 0.2, and each use and each lease pays for one or
// two. A context that stays would be as fast but keeps the key in ordinary memory; what is here
// lies on the stack and is wiped.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "server/base/check.h"
#include "server/base/crypto_bytes.h"

namespace leasehold {
namespace {

constexpr size_t kBlockBytes = SHA256_CBLOCK;
constexpr uint8_t kInnerPad = 0x36;
constexpr uint8_t kOuterPad = 0x5c;

// SHA-256(block || message).
Hash HashAfterBlock(const std::array<uint8_t, kBlockBytes>& block, ByteView message) {
  SHA256_CTX context;
  Hash hash;
  LEASEHOLD_CHECK(SHA256_Init(&context) == 1);
  LEASEHOLD_CHECK(SHA256_Update(&context, block.data(), block.size()) == 1);
  LEASEHOLD_CHECK(SHA256_Update(&context, message.data(), message.size()) == 1);
  LEASEHOLD_CHECK(SHA256_Final(hash.data(), &context) == 1);
  OPENSSL_cleanse(&context, sizeof(context));
  return hash;
}

}  // namespace

Hash HmacSha256(ByteView key, ByteView message) {
  std::array<uint8_t, kBlockBytes> block{};
  if (key.size() > kBlockBytes) {
    Hash shorter;
    LEASEHOLD_CHECK(SHA256(key.data(), key.size(), shorter.data()) != nullptr);
    std::copy(shorter.begin(), shorter.end(), block.begin());
    OPENSSL_cleanse(shorter.data(), shorter.size());
  } else {
    std::copy(key.begin(), key.end(), block.begin());
  }
  for (uint8_t& byte : block) byte ^= kInnerPad;
  const Hash inner = HashAfterBlock(block, message);
  for (uint8_t& byte : block) byte ^= kInnerPad ^ kOuterPad;
  const Hash outer = HashAfterBlock(block, inner);
  OPENSSL_cleanse(block.data(), block.size());
  return outer;
}

}  // namespace leasehold
