#ifndef LEASEHOLD_SERVER_IDENTITY_CERTIFICATES_SPIFFE_ID_H_
#define LEASEHOLD_SERVER_IDENTITY_CERTIFICATES_SPIFFE_ID_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace leasehold {

// "spiffe://prod.example/ns/ci/sa/builder": whose workload (the trust domain) and which (the path).
struct SpiffeId {
  std::string trust_domain;           // "prod.example"
  std::vector<std::string> segments;  // "ns", "ci", "sa", "builder"; may be empty

  // As the SPIFFE specification has it: no port, query or fragment, no empty segment, no "." and
  // "..", no escape. CERTIFICATE_REJECTED for all else; nothing is normalised.
  static absl::StatusOr<SpiffeId> Parse(std::string_view uri);
};

// Whether `text` can be a trust domain: lower-case letters, digits, ".", "-" and "_".
bool IsTrustDomain(std::string_view text);

// A pattern for the path of a SPIFFE ID: "/ns/*/sa/{name}", "/people/**". A segment is literal, `*`
// (any one), `{word}` (any one, captured under that word) or, as the last, `**` (any number).
class SpiffePattern {
 public:
  // INVALID_ARGUMENT says what is wrong.
  static absl::StatusOr<SpiffePattern> Parse(std::string_view text);

  using Captures = std::map<std::string, std::string, std::less<>>;
  // What was captured, or nullopt where the path does not match.
  std::optional<Captures> Match(const std::vector<std::string>& segments) const;
  bool CapturesWord(std::string_view word) const;

 private:
  std::vector<std::string> segments_;
  bool open_end_ = false;  // ended with "**"
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_IDENTITY_CERTIFICATES_SPIFFE_ID_H_
