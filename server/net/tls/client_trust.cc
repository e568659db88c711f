#include "server/net/tls/client_trust.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <optional>

#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/net/tls/openssl_objects.h"

namespace leasehold {
namespace {

// Root, intermediates and leaf; longer chains are a mistake or an attempt to keep us busy.
constexpr int kChainDepthMax = 8;
constexpr size_t kChainCertificatesMax = 8;
// 2: keys and hashes of at least 112 bits, which RSA with 2,048 bits has.
constexpr int kSecurityLevel = 2;

using StorePtr = std::unique_ptr<X509_STORE, OpensslDeleter<X509_STORE, X509_STORE_free>>;
using ContextPtr =
    std::unique_ptr<X509_STORE_CTX, OpensslDeleter<X509_STORE_CTX, X509_STORE_CTX_free>>;

absl::Status BadFile(const ClientTrust::PemFile& file, std::string_view what) {
  ERR_clear_error();
  return Error(Reason::kConfigInvalid, StrCat(file.name, " ", what));
}

std::optional<absl::Time> TimeOf(const ASN1_TIME* time) {
  std::tm fields{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &fields) != 1) return std::nullopt;
  return absl::FromTimeT(timegm(&fields));
}

absl::StatusOr<absl::Time> AddAuthorities(X509_STORE* store, const ClientTrust::PemFile& file) {
  const std::vector<X509Ptr> certificates = CertificatesOf(file.text);
  if (certificates.empty()) return BadFile(file, "holds no certificate in PEM form");
  absl::Time first_end = absl::InfiniteFuture();
  for (const X509Ptr& certificate : certificates) {
    const auto end = TimeOf(X509_get0_notAfter(certificate.get()));
    if (!end.has_value()) return BadFile(file, "holds a certificate without a readable end");
    first_end = std::min(first_end, *end);
    LEASEHOLD_CHECK(X509_STORE_add_cert(store, certificate.get()) == 1, "out of memory");
  }
  return first_end;
}

absl::StatusOr<absl::Time> AddLists(X509_STORE* store, const ClientTrust::PemFile& file) {
  const BioPtr bio = ReadingBio(file.text);
  absl::Time first_end = absl::InfiniteFuture();
  int lists = 0;
  while (true) {
    const X509CrlPtr list(PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr));
    if (list == nullptr) break;
    ++lists;
    if (const auto end = TimeOf(X509_CRL_get0_nextUpdate(list.get()))) {
      first_end = std::min(first_end, *end);
    }
    LEASEHOLD_CHECK(X509_STORE_add_crl(store, list.get()) == 1, "out of memory");
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end || lists == 0) return BadFile(file, "holds no revocation list in PEM form");
  return first_end;
}

absl::Status Rejected(std::string_view sentence) {
  return Error(Reason::kCertificateRejected, sentence);
}

// What OpenSSL says about a chain, in words for whoever presents it.
absl::Status ChainError(int error, const CertificateFacts& facts) {
  const std::string when =
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", facts.not_after, absl::UTCTimeZone());
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return Error(Reason::kCredentialExpired,
                   StrCat("the client certificate or an authority of its chain is over (the "
                          "client's ends ",
                          when, "); have it renewed"));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return Rejected("the client certificate is not valid yet; check the clocks of both sides");
    case X509_V_ERR_CERT_REVOKED:
      return Error(Reason::kCredentialRevoked,
                   StrCat("the client certificate with serial ", facts.serial,
                          " or an authority of its chain is on a revocation list; ask an owner for "
                          "another"));
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return Rejected(
          "the client certificate signs for itself and is not in the server's trust bundle");
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return Rejected(
          "no authority of the server's trust bundle issued the client certificate, or it came "
          "without its intermediate certificates");
    case X509_V_ERR_INVALID_PURPOSE:
      return Rejected(
          "the client certificate or an authority of its chain may not be used for client "
          "authentication");
    case X509_V_ERR_UNABLE_TO_GET_CRL:
      return Rejected(
          "the server has no revocation list of an authority that issued the client certificate; "
          "ask an operator to add it");
    case X509_V_ERR_CRL_HAS_EXPIRED:
      return Rejected(
          "the revocation list for the client certificate is over; ask an operator for a new one");
    case X509_V_ERR_CRL_NOT_YET_VALID:
      return Rejected("the revocation list for the client certificate is not valid yet");
    default:
      return Rejected(
          StrCat("the client certificate does not verify: ", X509_verify_cert_error_string(error)));
  }
}

// Beyond what OpenSSL's purpose asks: it lets a certificate pass that names no purpose at all.
absl::Status CheckLeaf(X509* leaf) {
  if ((X509_get_extension_flags(leaf) & EXFLAG_INVALID) != 0) {
    return Rejected("the client certificate has an extension that cannot be read");
  }
  if (X509_check_ca(leaf) != 0) {
    return Rejected("the client certificate is one of an authority, which no client may present");
  }
  const bool has_purposes = (X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) != 0;
  if (!has_purposes || (X509_get_extended_key_usage(leaf) & XKU_SSL_CLIENT) == 0) {
    return Rejected(
        "the client certificate lacks the purpose clientAuth; have it issued with that extended "
        "key usage");
  }
  return absl::OkStatus();
}

}  // namespace

struct ClientTrust::Store {
  StorePtr store;
  bool has_lists = false;
};

ClientTrust::ClientTrust(std::unique_ptr<Store> store) : store_(std::move(store)) {}
ClientTrust::~ClientTrust() = default;

absl::StatusOr<std::unique_ptr<const ClientTrust>> ClientTrust::Make(
    const PemFile& bundle, const std::vector<PemFile>& crls) {
  auto store = std::make_unique<Store>();
  store->store.reset(X509_STORE_new());
  LEASEHOLD_CHECK(store->store != nullptr, "out of memory");
  store->has_lists = !crls.empty();
  std::unique_ptr<ClientTrust> trust(new ClientTrust(std::move(store)));
  X509_STORE* const raw = trust->store_->store.get();
  ASSIGN_OR_RETURN(trust->bundle_expire_time_, AddAuthorities(raw, bundle));
  for (const PemFile& file : crls) {
    ASSIGN_OR_RETURN(const absl::Time end, AddLists(raw, file));
    trust->crl_expire_time_ = std::min(trust->crl_expire_time_, end);
  }
  return std::unique_ptr<const ClientTrust>(std::move(trust));
}

absl::StatusOr<CertificateFacts> ClientTrust::Verify(std::string_view certificate,
                                                     std::string_view chain, absl::Time now) const {
  const std::vector<X509Ptr> leaf = CertificatesOf(certificate);
  if (leaf.size() != 1) return Rejected("the client certificate cannot be read");
  ASSIGN_OR_RETURN(CertificateFacts facts, FactsOf(leaf[0].get()));
  const std::vector<X509Ptr> sent = CertificatesOf(chain);
  if (sent.size() > kChainCertificatesMax) {
    return Rejected(
        StrCat("the client sends a chain of more than ", kChainCertificatesMax, " certificates"));
  }
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> untrusted(
      sk_X509_new_null(), [](STACK_OF(X509) * stack) { sk_X509_free(stack); });
  for (const X509Ptr& one : sent) sk_X509_push(untrusted.get(), one.get());

  const ContextPtr context(X509_STORE_CTX_new());
  LEASEHOLD_CHECK(context != nullptr, "out of memory");
  LEASEHOLD_CHECK(
      X509_STORE_CTX_init(context.get(), store_->store.get(), leaf[0].get(), untrusted.get()) == 1);
  X509_VERIFY_PARAM* const param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(param, absl::ToTimeT(now));
  X509_VERIFY_PARAM_set_depth(param, kChainDepthMax);
  X509_VERIFY_PARAM_set_auth_level(param, kSecurityLevel);
  LEASEHOLD_CHECK(X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT) == 1);
  if (store_->has_lists) {
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  }
  if (X509_verify_cert(context.get()) != 1) {
    ERR_clear_error();
    return ChainError(X509_STORE_CTX_get_error(context.get()), facts);
  }
  RETURN_IF_ERROR(CheckLeaf(leaf[0].get()));
  return facts;
}

}  // namespace leasehold
