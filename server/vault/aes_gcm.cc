#include "server/vault/aes_gcm.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#include "server/base/check.h"

namespace leasehold {
namespace {

struct FreeContext {
  // Wipes the key schedule.
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

// Fetched once and never freed; see Sha256Md in server/base/crypto_bytes.cc.
const EVP_CIPHER* Cipher() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  LEASEHOLD_CHECK(cipher != nullptr, "OpenSSL has no AES-256-GCM");
  return cipher;
}

// OpenSSL counts in int.
int Size(ByteView bytes) {
  LEASEHOLD_CHECK(bytes.size() <= static_cast<size_t>(std::numeric_limits<int>::max()));
  return static_cast<int>(bytes.size());
}

Context NewContext(const GcmInput& input) {
  LEASEHOLD_CHECK(input.key.size() == kGcmKeySize && input.nonce.size() == kGcmNonceSize);
  Context context(EVP_CIPHER_CTX_new());
  LEASEHOLD_CHECK(context != nullptr);
  return context;
}

}  // namespace

void GcmSeal(const GcmInput& input, ByteView plaintext, std::span<uint8_t> out) {
  LEASEHOLD_CHECK(out.size() == plaintext.size() + kGcmTagSize);
  const Context context = NewContext(input);
  int written = 0;
  LEASEHOLD_CHECK(EVP_EncryptInit_ex2(context.get(), Cipher(), input.key.data(), input.nonce.data(),
                                      nullptr) == 1);
  LEASEHOLD_CHECK(EVP_EncryptUpdate(context.get(), nullptr, &written, input.associated_data.data(),
                                    Size(input.associated_data)) == 1);
  LEASEHOLD_CHECK(EVP_EncryptUpdate(context.get(), out.data(), &written, plaintext.data(),
                                    Size(plaintext)) == 1);
  LEASEHOLD_CHECK(static_cast<size_t>(written) == plaintext.size());
  uint8_t* const tag = out.data() + plaintext.size();
  LEASEHOLD_CHECK(EVP_EncryptFinal_ex(context.get(), tag, &written) == 1 && written == 0);
  LEASEHOLD_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kGcmTagSize, tag) == 1);
}

bool GcmOpen(const GcmInput& input, ByteView sealed, std::span<uint8_t> out) {
  LEASEHOLD_CHECK(sealed.size() == out.size() + kGcmTagSize);
  const ByteView ciphertext = sealed.first(out.size());
  // OpenSSL takes the expected tag as not const, but only copies it.
  std::array<uint8_t, kGcmTagSize> tag;
  std::copy(sealed.begin() + static_cast<ptrdiff_t>(out.size()), sealed.end(), tag.begin());
  const Context context = NewContext(input);
  int written = 0;
  LEASEHOLD_CHECK(EVP_DecryptInit_ex2(context.get(), Cipher(), input.key.data(), input.nonce.data(),
                                      nullptr) == 1);
  LEASEHOLD_CHECK(EVP_DecryptUpdate(context.get(), nullptr, &written, input.associated_data.data(),
                                    Size(input.associated_data)) == 1);
  LEASEHOLD_CHECK(EVP_DecryptUpdate(context.get(), out.data(), &written, ciphertext.data(),
                                    Size(ciphertext)) == 1);
  LEASEHOLD_CHECK(static_cast<size_t>(written) == out.size());
  LEASEHOLD_CHECK(
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kGcmTagSize, tag.data()) == 1);
  uint8_t none = 0;
  if (EVP_DecryptFinal_ex(context.get(), &none, &written) == 1) return true;
  OPENSSL_cleanse(out.data(), out.size());
  return false;
}

}  // namespace leasehold
