#include "server/identity/jwt/claim_pattern.h"

#include <charconv>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr size_t kPatternBytesMax = 1024;
// RE2's default is 8 MiB; a pattern about names needs some kilobytes.
constexpr int64_t kPatternMemory = 1 << 20;

absl::Status Invalid(std::string_view what) { return Error(Reason::kConfigInvalid, what); }

// Undoes RFC 6901's "~1" and "~0"; nullopt for another '~'.
std::optional<std::string> PointerToken(std::string_view escaped) {
  std::string out;
  for (size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '~') {
      out.push_back(escaped[i]);
      continue;
    }
    ++i;
    if (i == escaped.size() || (escaped[i] != '0' && escaped[i] != '1')) return std::nullopt;
    out.push_back(escaped[i] == '0' ? '~' : '/');
  }
  return out;
}

const JsonValue* Step(const JsonValue& value, const std::string& token) {
  if (value.is_object()) return value.Find(token);
  size_t index = 0;
  const char* const end = token.data() + token.size();
  const auto [stop, error] = std::from_chars(token.data(), end, index);
  const bool canonical = error == std::errc() && stop == end && token == StrCat(index);
  return canonical && index < value.items().size() ? &value.items()[index] : nullptr;
}

}  // namespace

absl::StatusOr<ClaimPattern> ClaimPattern::Compile(const std::string& pattern) {
  if (pattern.size() > kPatternBytesMax) {
    return Invalid(StrCat("a pattern has more than ", kPatternBytesMax, " bytes"));
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kPatternMemory);
  auto regex = std::make_unique<RE2>(pattern, options);
  if (!regex->ok()) {
    return Invalid(StrCat("'", pattern, "' is no pattern: ", regex->error()));
  }
  return ClaimPattern(std::move(regex));
}

bool ClaimPattern::Match(std::string_view text, Captures* captures) const {
  std::vector<re2::StringPiece> groups(static_cast<size_t>(regex_->NumberOfCapturingGroups()) + 1);
  const re2::StringPiece piece(text.data(), text.size());
  if (!regex_->Match(piece, 0, piece.size(), RE2::ANCHOR_BOTH, groups.data(),
                     static_cast<int>(groups.size()))) {
    return false;
  }
  for (const auto& [name, number] : regex_->NamedCapturingGroups()) {
    const re2::StringPiece& caught = groups[static_cast<size_t>(number)];
    (*captures)[name] = std::string(caught.data() == nullptr ? "" : caught.data(), caught.size());
  }
  return true;
}

std::set<std::string> ClaimPattern::names() const {
  std::set<std::string> names;
  for (const auto& [name, number] : regex_->NamedCapturingGroups()) names.insert(name);
  return names;
}

absl::StatusOr<CaptureTemplate> CaptureTemplate::Parse(std::string_view text,
                                                       const std::set<std::string>& names) {
  CaptureTemplate parsed;
  while (!text.empty()) {
    const size_t open = text.find_first_of("{}");
    if (open == std::string_view::npos) {
      parsed.pieces_.push_back({std::string(text), false});
      break;
    }
    const size_t close = text.find('}', open);
    if (text[open] == '}' || close == std::string_view::npos) {
      return Invalid(StrCat("'", text, "' has a brace without its partner"));
    }
    const std::string name(text.substr(open + 1, close - open - 1));
    if (!names.contains(name)) {
      return Invalid(StrCat("{", name, "} is no capture; write (?P<", name, ">...) in a pattern"));
    }
    if (open > 0) parsed.pieces_.push_back({std::string(text.substr(0, open)), false});
    parsed.pieces_.push_back({name, true});
    text.remove_prefix(close + 1);
  }
  return parsed;
}

std::string CaptureTemplate::Fill(const Captures& captures) const {
  std::string out;
  for (const Piece& piece : pieces_) {
    out.append(piece.is_name ? captures.find(piece.text)->second : piece.text);
  }
  return out;
}

const JsonValue* FindClaim(const JsonValue& claims, std::string_view claim) {
  if (!claim.starts_with('/')) return claims.Find(claim);
  const JsonValue* value = &claims;
  while (value != nullptr && !claim.empty()) {
    claim.remove_prefix(1);
    const std::string_view escaped = claim.substr(0, claim.find('/'));
    claim.remove_prefix(escaped.size());
    const std::optional<std::string> token = PointerToken(escaped);
    value = token.has_value() ? Step(*value, *token) : nullptr;
  }
  return value;
}

}  // namespace leasehold
