#include "server/identity/jwt/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "server/base/crypto_bytes.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BigNumber = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

// What failed is told by the answer; OpenSSL's queue of this thread must not grow by it.
class ForgetErrors {
 public:
  ~ForgetErrors() { ERR_clear_error(); }
};

BigNumber ToNumber(std::string_view bytes) {
  return BigNumber(BN_bin2bn(AsBytes(bytes).data(), static_cast<int>(bytes.size()), nullptr));
}

std::shared_ptr<EVP_PKEY> MakeKey(const char* type, const OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(const_cast<OSSL_PARAM_BLD*>(builder)));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  std::shared_ptr<EVP_PKEY> made(key, &EVP_PKEY_free);
  const KeyContext check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (check == nullptr || EVP_PKEY_public_check(check.get()) != 1) return nullptr;
  return made;
}

// RFC 7518 writes r and s side by side, OpenSSL wants them as ASN.1. Empty where it cannot be.
std::string ToDer(std::string_view signature, size_t coordinate_bytes) {
  if (signature.size() != 2 * coordinate_bytes) return {};
  const EcdsaSignature ecdsa(ECDSA_SIG_new());
  BigNumber r = ToNumber(signature.substr(0, coordinate_bytes));
  BigNumber s = ToNumber(signature.substr(coordinate_bytes));
  if (ecdsa == nullptr || r == nullptr || s == nullptr ||
      ECDSA_SIG_set0(ecdsa.get(), r.get(), s.get()) != 1) {
    return {};
  }
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(ecdsa.get(), &der);
  if (size <= 0) return {};
  std::string out(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

}  // namespace

std::shared_ptr<EVP_PKEY> RsaPublicKey(std::string_view modulus, std::string_view exponent) {
  const ForgetErrors forget;
  const BigNumber n = ToNumber(modulus);
  const BigNumber e = ToNumber(exponent);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (n == nullptr || e == nullptr || builder == nullptr ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return nullptr;
  }
  return MakeKey("RSA", builder.get());
}

std::shared_ptr<EVP_PKEY> EcPublicKey(const std::string& curve, std::string_view x,
                                      std::string_view y) {
  const ForgetErrors forget;
  const std::string point = StrCat("\x04", x, y);  // uncompressed
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.c_str(),
                                      0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return nullptr;
  }
  return MakeKey("EC", builder.get());
}

std::shared_ptr<EVP_PKEY> Ed25519PublicKey(std::string_view x) {
  const ForgetErrors forget;
  return {EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, AsBytes(x).data(), x.size()),
          &EVP_PKEY_free};
}

int BitsOf(const EVP_PKEY& key) { return EVP_PKEY_get_bits(&key); }

bool SignatureVerifies(EVP_PKEY* key, const AlgorithmFacts& algorithm, std::string_view text,
                       std::string_view signature) {
  const ForgetErrors forget;
  std::string der;
  if (algorithm.coordinate_bytes > 0) {
    der = ToDer(signature, static_cast<size_t>(algorithm.coordinate_bytes));
    signature = der;
  }
  if (signature.empty()) return false;
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;  // owned by the context
  if (context == nullptr || EVP_DigestVerifyInit_ex(context.get(), &options, algorithm.digest,
                                                    nullptr, nullptr, key, nullptr) != 1) {
    return false;
  }
  // RFC 7518 section 3.5: the salt is as long as the hash, and both hashes are the same.
  if (algorithm.pss &&
      (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
       EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) != 1 ||
       EVP_PKEY_CTX_set_rsa_mgf1_md_name(options, algorithm.digest, nullptr) != 1)) {
    return false;
  }
  return EVP_DigestVerify(context.get(), AsBytes(signature).data(), signature.size(),
                          AsBytes(text).data(), text.size()) == 1;
}

}  // namespace leasehold
