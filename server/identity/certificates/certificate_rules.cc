#include "server/identity/certificates/certificate_rules.h"

#include <algorithm>
#include <utility>

#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

absl::Status Bad(std::string_view what) { return Error(Reason::kInvalidArgument, what); }

// `text` with each "{word}" replaced by what `fill` gives for it. False where a brace is alone or
// `fill` knows nothing of the word.
template <typename Fill>
bool Expand(std::string_view text, const Fill& fill, std::string* out) {
  while (true) {
    const size_t open = std::min(text.find('{'), text.size());
    out->append(text.substr(0, open));
    if (open == text.size()) return out->find('}') == std::string::npos;
    const size_t close = text.find('}', open);
    if (close == std::string_view::npos) return false;
    if (!fill(text.substr(open + 1, close - open - 1), out)) return false;
    text.remove_prefix(close + 1);
  }
}

absl::StatusOr<std::string> AgentName(const CertificateRule& rule,
                                      const SpiffePattern::Captures& captures) {
  std::string name;
  const bool filled = Expand(
      rule.agent,
      [&captures](std::string_view word, std::string* out) {
        const auto found = captures.find(word);
        if (found == captures.end()) return false;
        out->append(found->second);
        return true;
      },
      &name);
  if (filled && Name::Parse(name).ok()) return name;
  return Error(Reason::kCertificateRejected,
               "what the client certificate's SPIFFE ID gives as the agent's name is no canonical "
               "name (lower-case letters, digits, \".\", \"_\" and \"-\")");
}

absl::Status CheckAgent(const CertificateRule& rule) {
  // A sample in place of what will be captured: the rest has to be canonical by itself.
  std::string sample;
  std::string unknown;
  const auto pattern = SpiffePattern::Parse(rule.spiffe);
  const bool filled = Expand(
      rule.agent,
      [&](std::string_view word, std::string* out) {
        if (!pattern.ok() || !pattern->CapturesWord(word)) {
          unknown = word;
          return false;
        }
        out->append("x");
        return true;
      },
      &sample);
  if (!unknown.empty()) {
    return Bad(StrCat("\"agent\" uses {", unknown,
                      "}, which the rule's SPIFFE pattern does not "
                      "capture"));
  }
  if (!filled) return Bad("\"agent\" has a brace that stands alone");
  if (const auto name = Name::Parse(sample, "agent name"); !name.ok()) {
    return Bad(ToStd(name.status().message()));
  }
  if (sample.find('/') != std::string::npos) {
    return Bad("\"agent\" has a '/', and an agent's name is one word: write \"{ns}.{name}\"");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CertificateRules::Check(const std::string& trust_domain, const CertificateRule& rule) {
  if (!rule.spiffe.empty() + !rule.dns.empty() + !rule.subject.empty() != 1) {
    return Bad("a rule needs one of \"spiffe\", \"dns\" and \"subject\"");
  }
  if (!rule.agent.empty() + rule.adapter + (rule.role != Role::kNone) != 1) {
    return Bad("a rule needs one of \"agent\", \"adapter: true\" and \"role\"");
  }
  if (rule.role != Role::kNone && rule.role != Role::kAdmin && rule.role != Role::kSecurity &&
      rule.role != Role::kAuditor) {
    return Bad("\"role\" is one of admin, security, auditor");
  }
  if (!rule.spiffe.empty()) {
    if (trust_domain.empty()) return Bad("a rule for SPIFFE IDs needs \"trust_domain\"");
    RETURN_IF_ERROR(SpiffePattern::Parse(rule.spiffe).status());
  }
  if (rule.dns.find('*') != std::string::npos) {
    return Bad("\"dns\" is one name exactly, without \"*\"");
  }
  if (std::any_of(rule.dns.begin(), rule.dns.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
    return Bad("\"dns\" is written in lower case");
  }
  return rule.agent.empty() ? absl::OkStatus() : CheckAgent(rule);
}

absl::StatusOr<CertificateRules> CertificateRules::Compile(std::string trust_domain,
                                                           std::vector<CertificateRule> rules) {
  if (!trust_domain.empty() && !IsTrustDomain(trust_domain)) {
    return Bad("\"trust_domain\" is a name such as prod.example, without spiffe://");
  }
  CertificateRules compiled;
  for (CertificateRule& rule : rules) {
    if (absl::Status checked = Check(trust_domain, rule); !checked.ok()) {
      return Annotate(checked, StrCat("rule ", compiled.rules_.size()));
    }
    Compiled& next = compiled.rules_.emplace_back();
    if (!rule.spiffe.empty()) {
      ASSIGN_OR_RETURN(next.pattern, SpiffePattern::Parse(rule.spiffe));
    }
    next.rule = std::move(rule);
  }
  compiled.trust_domain_ = std::move(trust_domain);
  return compiled;
}

absl::StatusOr<std::optional<CertificateIdentity>> CertificateRules::Identify(
    const CertificateFacts& facts) const {
  std::optional<SpiffeId> spiffe;
  if (!trust_domain_.empty() && !facts.uris.empty()) {
    if (facts.uris.size() > 1) {
      return Error(Reason::kCertificateRejected,
                   "the client certificate has several URI names; a workload has one SPIFFE ID");
    }
    ASSIGN_OR_RETURN(spiffe, SpiffeId::Parse(facts.uris[0]));
    if (spiffe->trust_domain != trust_domain_) {
      return Error(Reason::kCertificateRejected,
                   StrCat("the client certificate is of the trust domain ", spiffe->trust_domain,
                          ", and this server knows ", trust_domain_));
    }
  }
  for (const Compiled& compiled : rules_) {
    const CertificateRule& rule = compiled.rule;
    CertificateIdentity identity{.role = rule.adapter         ? Role::kAdapter
                                         : rule.agent.empty() ? rule.role
                                                              : Role::kAgent};
    std::optional<SpiffePattern::Captures> captures;
    if (compiled.pattern.has_value()) {
      if (spiffe.has_value()) captures = compiled.pattern->Match(spiffe->segments);
      if (captures.has_value()) identity.holder = facts.uris[0];
    } else if (!rule.dns.empty()) {
      if (std::find(facts.dns_names.begin(), facts.dns_names.end(), rule.dns) !=
          facts.dns_names.end()) {
        identity.holder = rule.dns;
      }
    } else if (facts.subject == rule.subject) {
      identity.holder = rule.subject;
    }
    if (identity.holder.empty()) continue;
    if (identity.role == Role::kAgent) {
      ASSIGN_OR_RETURN(identity.agent,
                       AgentName(rule, captures.value_or(SpiffePattern::Captures())));
    }
    return identity;
  }
  return std::optional<CertificateIdentity>();
}

std::string CertificateRules::CanonicalText() const {
  std::string text = StrCat("certificates\n", trust_domain_, "\n");
  for (const Compiled& compiled : rules_) {
    const CertificateRule& rule = compiled.rule;
    // Lengths keep fields apart whatever they hold.
    for (const std::string& field : {rule.spiffe, rule.dns, rule.subject, rule.agent}) {
      StrAppend(&text, field.size(), ":", field, ",");
    }
    StrAppend(&text, rule.adapter ? "adapter" : "", ",", static_cast<int>(rule.role), "\n");
  }
  return text;
}

}  // namespace leasehold
