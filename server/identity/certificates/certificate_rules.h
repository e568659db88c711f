#ifndef LEASEHOLD_SERVER_IDENTITY_CERTIFICATES_CERTIFICATE_RULES_H_
#define LEASEHOLD_SERVER_IDENTITY_CERTIFICATES_CERTIFICATE_RULES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/principal.h"
#include "server/identity/certificates/spiffe_id.h"
#include "server/net/tls/certificate_facts.h"

namespace leasehold {

// A rule as the configuration writes it. Exactly one of the first three says which certificates it
// is about, exactly one of the others who their holder is.
struct CertificateRule {
  std::string spiffe;   // pattern of the path of a SPIFFE ID: see SpiffePattern
  std::string dns;      // a DNS alternative name, exactly
  std::string subject;  // the subject as RFC 2253 writes it, exactly: "CN=mia,O=Example"

  // Name of the agent, without "agents/"; "{word}" is what the SPIFFE pattern captured.
  std::string agent;
  bool adapter = false;
  Role role = Role::kNone;  // admin, security or auditor

  bool operator==(const CertificateRule&) const = default;
};

// Who the holder of a certificate is.
struct CertificateIdentity {
  Role role = Role::kNone;
  std::string agent;   // of agents: the Name
  std::string holder;  // the SPIFFE ID, DNS name or subject that a rule matched
};

// The rules that map certificates to who they are, tried in order. Constant, safe from any thread.
class CertificateRules {
 public:
  CertificateRules() = default;  // none: every certificate is nobody's

  // `trust_domain` is the one whose SPIFFE IDs count, or empty. INVALID_ARGUMENT with the number of
  // the rule (from 0) and what is wrong with it.
  static absl::StatusOr<CertificateRules> Compile(std::string trust_domain,
                                                  std::vector<CertificateRule> rules);
  // The same of one rule, so that the configuration can say where it stands.
  static absl::Status Check(const std::string& trust_domain, const CertificateRule& rule);

  // Who that is; nullopt where no rule is about this certificate. The facts are verified by then.
  // With a trust domain a certificate with URI names counts only where it has exactly one, which
  // is a SPIFFE ID of that domain: else CERTIFICATE_REJECTED, whatever its other names say. The
  // same where a captured name is no canonical agent name.
  absl::StatusOr<std::optional<CertificateIdentity>> Identify(const CertificateFacts& facts) const;

  // All that decides, as one text, for ConfigLoaded's hash: the same rules give the same text.
  std::string CanonicalText() const;
  bool empty() const { return rules_.empty(); }

 private:
  struct Compiled {
    CertificateRule rule;
    std::optional<SpiffePattern> pattern;
  };
  std::string trust_domain_;
  std::vector<Compiled> rules_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_IDENTITY_CERTIFICATES_CERTIFICATE_RULES_H_
