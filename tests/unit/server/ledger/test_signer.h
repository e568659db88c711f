#ifndef LEASEHOLD_TESTS_UNIT_SERVER_LEDGER_TEST_SIGNER_H_
#define LEASEHOLD_TESTS_UNIT_SERVER_LEDGER_TEST_SIGNER_H_

#include <openssl/evp.h>

#include <cstddef>
#include <memory>

#include "server/base/check.h"
#include "server/ledger/note.h"

namespace leasehold {

// An Ed25519 key that exists as long as the object.
class TestSigner {
 public:
  TestSigner() : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free) {
    LEASEHOLD_CHECK(key_ != nullptr);
  }

  Ed25519PublicKey public_key() const {
    Ed25519PublicKey bytes;
    size_t size = bytes.size();
    LEASEHOLD_CHECK(EVP_PKEY_get_raw_public_key(key_.get(), bytes.data(), &size) == 1);
    return bytes;
  }

  Ed25519Signature Sign(ByteView message) const {
    Ed25519Signature signature;
    size_t size = signature.size();
    EVP_MD_CTX* ctx = EVP_MD_CTX_new();
    LEASEHOLD_CHECK(EVP_DigestSignInit(ctx, nullptr, nullptr, nullptr, key_.get()) == 1);
    LEASEHOLD_CHECK(EVP_DigestSign(ctx, signature.data(), &size, message.data(), message.size()) ==
                    1);
    EVP_MD_CTX_free(ctx);
    return signature;
  }

  // Must not outlive this object.
  NoteSigner AsNoteSigner() const {
    return [this](ByteView message) { return Sign(message); };
  }

 private:
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_SERVER_LEDGER_TEST_SIGNER_H_
