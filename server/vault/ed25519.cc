#include "server/vault/ed25519.h"

#include <openssl/evp.h>

#include <memory>

#include "server/base/check.h"

namespace leasehold {
namespace {

struct FreeKey {
  // Wipes the private key.
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

Key NewKey(ByteView seed) {
  LEASEHOLD_CHECK(seed.size() == kEd25519SeedSize);
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  LEASEHOLD_CHECK(key != nullptr, "OpenSSL has no Ed25519");
  return key;
}

}  // namespace

std::array<uint8_t, 32> Ed25519PublicKeyOf(ByteView seed) {
  const Key key = NewKey(seed);
  std::array<uint8_t, 32> public_key;
  size_t size = public_key.size();
  LEASEHOLD_CHECK(EVP_PKEY_get_raw_public_key(key.get(), public_key.data(), &size) == 1);
  LEASEHOLD_CHECK(size == public_key.size());
  return public_key;
}

std::array<uint8_t, 64> Ed25519Sign(ByteView seed, ByteView message) {
  const Key key = NewKey(seed);
  const Context context(EVP_MD_CTX_new());
  LEASEHOLD_CHECK(context != nullptr);
  LEASEHOLD_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  std::array<uint8_t, 64> signature;
  size_t size = signature.size();
  LEASEHOLD_CHECK(
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1);
  LEASEHOLD_CHECK(size == signature.size());
  return signature;
}

}  // namespace leasehold
