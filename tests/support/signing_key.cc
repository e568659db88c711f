#include "tests/support/signing_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "server/base/check.h"
#include "server/base/crypto_bytes.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

EVP_PKEY* Generate(const AlgorithmFacts& facts, unsigned rsa_bits) {
  if (facts.key_type == "RSA") {
    return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<size_t>(rsa_bits));
  }
  if (facts.key_type == "EC") {
    return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", std::string(facts.curve).c_str());
  }
  return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
}

std::string FromDer(const std::string& der, int coordinate_bytes) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size()));
  std::string out(static_cast<size_t>(2 * coordinate_bytes), '\0');
  auto* room = reinterpret_cast<unsigned char*>(out.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(signature), room, coordinate_bytes);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature), room + coordinate_bytes, coordinate_bytes);
  ECDSA_SIG_free(signature);
  return out;
}

}  // namespace

SigningKey::SigningKey(SignatureAlgorithm algorithm, std::string kid, unsigned rsa_bits)
    : facts_(FactsOf(algorithm)),
      kid_(std::move(kid)),
      key_(Generate(facts_, rsa_bits), &EVP_PKEY_free) {
  LEASEHOLD_CHECK(key_ != nullptr);
}

std::string SigningKey::Number(const char* name, int size) const {
  BIGNUM* number = nullptr;
  LEASEHOLD_CHECK(EVP_PKEY_get_bn_param(key_.get(), name, &number) == 1);
  std::string bytes(static_cast<size_t>(size > 0 ? size : BN_num_bytes(number)), '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()),
               static_cast<int>(bytes.size()));
  BN_free(number);
  return Base64UrlEncode(AsBytes(bytes));
}

std::string SigningKey::Jwk(std::string_view more) const {
  std::string out = StrCat(R"({"kty":")", facts_.key_type, R"(","kid":")", kid_, "\"");
  if (facts_.key_type == "RSA") {
    StrAppend(&out, R"(,"n":")", Number(OSSL_PKEY_PARAM_RSA_N, 0), R"(","e":")",
              Number(OSSL_PKEY_PARAM_RSA_E, 0), "\"");
  } else {
    StrAppend(&out, R"(,"crv":")", facts_.curve, "\"");
    if (facts_.key_type == "EC") {
      StrAppend(&out, R"(,"x":")", Number(OSSL_PKEY_PARAM_EC_PUB_X, facts_.coordinate_bytes),
                R"(","y":")", Number(OSSL_PKEY_PARAM_EC_PUB_Y, facts_.coordinate_bytes), "\"");
    } else {
      std::string x(32, '\0');
      size_t size = x.size();
      EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(x.data()), &size);
      StrAppend(&out, R"(,"x":")", Base64UrlEncode(AsBytes(x)), "\"");
    }
  }
  return StrCat(out, more, "}");
}

std::string SigningKey::Sign(std::string_view text) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* options = nullptr;
  LEASEHOLD_CHECK(EVP_DigestSignInit_ex(context, &options, facts_.digest, nullptr, nullptr,
                                        key_.get(), nullptr) == 1);
  if (facts_.pss) {
    EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST);
  }
  std::string signature(1024, '\0');
  size_t size = signature.size();
  LEASEHOLD_CHECK(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                                 AsBytes(text).data(), text.size()) == 1);
  EVP_MD_CTX_free(context);
  signature.resize(size);
  return facts_.coordinate_bytes > 0 ? FromDer(signature, facts_.coordinate_bytes) : signature;
}

std::string SigningKey::TokenWithHeader(std::string_view header, std::string_view claims) const {
  const std::string text = SignedText(header, claims);
  return StrCat(text, ".", Base64UrlEncode(AsBytes(Sign(text))));
}

std::string SigningKey::Token(std::string_view claims) const {
  return TokenWithHeader(
      StrCat(R"({"alg":")", facts_.name, R"(","typ":"JWT","kid":")", kid_, R"("})"), claims);
}

std::string SigningKey::PublicPem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(bio, key_.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  std::string pem(text, static_cast<size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string KeySet(std::initializer_list<const SigningKey*> keys) {
  std::string out = R"({"keys":[)";
  for (const SigningKey* key : keys) {
    StrAppend(&out, out.ends_with('[') ? "" : ",", key->Jwk());
  }
  return StrCat(out, "]}");
}

std::string SignedText(std::string_view header, std::string_view claims) {
  return StrCat(Base64UrlEncode(AsBytes(header)), ".", Base64UrlEncode(AsBytes(claims)));
}

}  // namespace leasehold
