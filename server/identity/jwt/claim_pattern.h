#ifndef LEASEHOLD_SERVER_IDENTITY_JWT_CLAIM_PATTERN_H_
#define LEASEHOLD_SERVER_IDENTITY_JWT_CLAIM_PATTERN_H_

#include <re2/re2.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/json.h"

namespace leasehold {

// Named captures and what they caught.
using Captures = std::map<std::string, std::string, std::less<>>;

// An RE2 pattern that a claim's text must match whole. Safe from any thread.
class ClaimPattern {
 public:
  // CONFIG_INVALID where it is no pattern, is longer than 1 KiB or would take much memory.
  static absl::StatusOr<ClaimPattern> Compile(const std::string& pattern);

  // Whether it matches; if so, adds its named captures. One that took no part caught "".
  bool Match(std::string_view text, Captures* captures) const;
  std::set<std::string> names() const;

 private:
  explicit ClaimPattern(std::unique_ptr<RE2> regex) : regex_(std::move(regex)) {}
  std::unique_ptr<RE2> regex_;
};

// A text with {names} of captures in it.
class CaptureTemplate {
 public:
  // CONFIG_INVALID where a brace has no partner or a name is not among `names`.
  static absl::StatusOr<CaptureTemplate> Parse(std::string_view text,
                                               const std::set<std::string>& names);
  std::string Fill(const Captures& captures) const;

 private:
  struct Piece {
    std::string text;
    bool is_name;
  };
  std::vector<Piece> pieces_;
};

// The claim of that name, or where `claim` begins with '/' at that JSON pointer (RFC 6901); null
// where there is none.
const JsonValue* FindClaim(const JsonValue& claims, std::string_view claim);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_IDENTITY_JWT_CLAIM_PATTERN_H_
