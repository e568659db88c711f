#include "server/identity/certificates/spiffe_id.h"

#include <algorithm>
#include <set>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr std::string_view kScheme = "spiffe://";
constexpr size_t kTrustDomainBytesMax = 255;
constexpr size_t kSegmentsMax = 32;

bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool IsSegment(std::string_view text) {
  return !text.empty() && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return IsLowerOrDigit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
         });
}

// "/a/b" -> "a", "b". An empty piece stays in, so that nothing is repaired.
std::vector<std::string> Split(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const size_t end = std::min(path.find('/'), path.size());
    segments.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

bool IsCapture(std::string_view segment) {
  return segment.size() > 2 && segment.starts_with('{') && segment.ends_with('}');
}

}  // namespace

bool IsTrustDomain(std::string_view text) {
  return !text.empty() && text.size() <= kTrustDomainBytesMax &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLowerOrDigit(c) || c == '.' || c == '-' || c == '_'; });
}

absl::StatusOr<SpiffeId> SpiffeId::Parse(std::string_view uri) {
  const auto bad = [] {
    return Error(Reason::kCertificateRejected,
                 "the client certificate's URI is no SPIFFE ID, which looks like "
                 "spiffe://trust-domain/path");
  };
  if (!uri.starts_with(kScheme)) return bad();
  const std::string_view rest = uri.substr(kScheme.size());
  const size_t slash = std::min(rest.find('/'), rest.size());
  SpiffeId id{.trust_domain = std::string(rest.substr(0, slash)),
              .segments = Split(rest.substr(slash))};
  if (!IsTrustDomain(id.trust_domain) || id.segments.size() > kSegmentsMax ||
      !std::all_of(id.segments.begin(), id.segments.end(), IsSegment)) {
    return bad();
  }
  return id;
}

absl::StatusOr<SpiffePattern> SpiffePattern::Parse(std::string_view text) {
  const auto bad = [](std::string_view what) {
    return Error(Reason::kInvalidArgument,
                 StrCat("a SPIFFE pattern is a path such as /ns/*/sa/{name}: ", what));
  };
  if (!text.starts_with('/')) return bad("it begins with \"/\", without a trust domain");
  SpiffePattern pattern;
  pattern.segments_ = Split(text);
  if (pattern.segments_.size() > kSegmentsMax) return bad("it has too many segments");
  if (pattern.segments_.back() == "**") {
    pattern.open_end_ = true;
    pattern.segments_.pop_back();
  }
  std::set<std::string> words;
  for (const std::string& segment : pattern.segments_) {
    if (segment == "*" || IsSegment(segment)) continue;
    if (segment == "**") return bad("\"**\" stands at its end only");
    if (!IsCapture(segment) || !IsSegment(segment.substr(1, segment.size() - 2))) {
      return bad(StrCat("\"", segment, "\" is no segment"));
    }
    if (!words.insert(segment).second) return bad(StrCat(segment, " stands in it twice"));
  }
  return pattern;
}

std::optional<SpiffePattern::Captures> SpiffePattern::Match(
    const std::vector<std::string>& segments) const {
  if (segments.size() < segments_.size() || (!open_end_ && segments.size() != segments_.size())) {
    return std::nullopt;
  }
  Captures captures;
  for (size_t i = 0; i < segments_.size(); ++i) {
    if (IsCapture(segments_[i])) {
      captures[segments_[i].substr(1, segments_[i].size() - 2)] = segments[i];
    } else if (segments_[i] != "*" && segments_[i] != segments[i]) {
      return std::nullopt;
    }
  }
  return captures;
}

bool SpiffePattern::CapturesWord(std::string_view word) const {
  return std::find(segments_.begin(), segments_.end(), StrCat("{", word, "}")) != segments_.end();
}

}  // namespace leasehold
