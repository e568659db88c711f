#include "server/net/tls/certificate_facts.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>

#include "server/base/check.h"
#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/net/tls/openssl_objects.h"

namespace leasehold {
namespace {

absl::Status Unreadable(std::string_view what) {
  ERR_clear_error();
  return Error(Reason::kCertificateRejected,
               StrCat("the certificate's ", what, " cannot be read; have it issued anew"));
}

absl::StatusOr<absl::Time> TimeOf(const ASN1_TIME* time, std::string_view what) {
  std::tm fields{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &fields) != 1) return Unreadable(what);
  return absl::FromTimeT(timegm(&fields));
}

// One name; the bytes of an ASN.1 string may hold anything, a NUL too.
absl::StatusOr<std::string> TextOf(const ASN1_STRING* string, std::string_view what) {
  const auto* const data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(string));
  const auto text =
      Text::Parse({data, static_cast<size_t>(ASN1_STRING_length(string))}, "the name");
  if (!text.ok()) return Unreadable(what);
  return text->value();
}

absl::Status ReadAlternativeNames(X509* certificate, CertificateFacts& facts) {
  int critical = 0;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr)),
      &GENERAL_NAMES_free);
  if (names == nullptr) {
    // -1: there is no such extension; -2: there are two.
    return critical == -1 ? absl::OkStatus() : Unreadable("alternative names");
  }
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_URI) {
      ASSIGN_OR_RETURN(std::string uri,
                       TextOf(name->d.uniformResourceIdentifier, "URI alternative name"));
      facts.uris.push_back(std::move(uri));
    } else if (name->type == GEN_DNS) {
      ASSIGN_OR_RETURN(std::string dns, TextOf(name->d.dNSName, "DNS alternative name"));
      std::transform(dns.begin(), dns.end(), dns.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
      facts.dns_names.push_back(std::move(dns));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> SubjectOf(X509* certificate) {
  X509_NAME* const subject = X509_get_subject_name(certificate);
  if (X509_NAME_entry_count(subject) == 0) return std::string();
  const BioPtr bio(BIO_new(BIO_s_mem()));
  LEASEHOLD_CHECK(bio != nullptr, "out of memory");
  if (X509_NAME_print_ex(bio.get(), subject, 0, XN_FLAG_RFC2253) < 0) return Unreadable("subject");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  const auto text = Text::Parse({data, static_cast<size_t>(size)}, "the subject");
  if (!text.ok()) return Unreadable("subject");
  return text->value();
}

std::string SerialOf(X509* certificate) {
  const ASN1_INTEGER* const serial = X509_get0_serialNumber(certificate);
  return HexEncode(
      {ASN1_STRING_get0_data(serial), static_cast<size_t>(ASN1_STRING_length(serial))});
}

}  // namespace

absl::StatusOr<CertificateFacts> FactsOf(X509* certificate) {
  CertificateFacts facts;
  unsigned length = 0;
  if (X509_digest(certificate, EVP_sha256(), facts.fingerprint.data(), &length) != 1 ||
      length != facts.fingerprint.size()) {
    return Unreadable("encoding");
  }
  ASSIGN_OR_RETURN(facts.not_before, TimeOf(X509_get0_notBefore(certificate), "start"));
  ASSIGN_OR_RETURN(facts.not_after, TimeOf(X509_get0_notAfter(certificate), "end"));
  ASSIGN_OR_RETURN(facts.subject, SubjectOf(certificate));
  RETURN_IF_ERROR(ReadAlternativeNames(certificate, facts));
  facts.serial = SerialOf(certificate);
  return facts;
}

}  // namespace leasehold
