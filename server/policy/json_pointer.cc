#include "server/policy/json_pointer.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

absl::Status Refuse(std::string_view what, std::string_view offence) {
  return Error(Reason::kInvalidArgument, StrCat(what, " ", offence));
}

// One name without its escapes, or nullopt where '~' is followed by neither 0 nor 1.
std::optional<std::string> Unescape(std::string_view token) {
  std::string name;
  for (size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      name.push_back(token[i]);
      continue;
    }
    ++i;
    if (i == token.size() || (token[i] != '0' && token[i] != '1')) return std::nullopt;
    name.push_back(token[i] == '0' ? '~' : '/');
  }
  return name;
}

// An element's number as the RFC has it: digits without leading zeros. "-", the place behind the
// last, is none that exists.
std::optional<size_t> ParseElement(std::string_view name) {
  if (name.empty() || name[0] < '0' || name[0] > '9' || (name[0] == '0' && name.size() > 1)) {
    return std::nullopt;
  }
  size_t element = 0;
  const char* end = name.data() + name.size();
  const auto [parsed, error] = std::from_chars(name.data(), end, element);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return element;
}

}  // namespace

absl::StatusOr<JsonPointer> JsonPointer::Parse(std::string_view text, std::string_view what) {
  if (text.size() > kBytesMax) {
    return Refuse(what, StrCat("has ", text.size(), " bytes; at most ", kBytesMax, " are allowed"));
  }
  if (!text.empty() && text[0] != '/') {
    return Refuse(what, "is no JSON pointer; write for example /owner");
  }
  JsonPointer pointer{std::string(text)};
  for (size_t begin = 1; begin <= text.size();) {
    const size_t end = std::min(text.find('/', begin), text.size());
    std::optional<std::string> name = Unescape(text.substr(begin, end - begin));
    if (!name.has_value()) {
      return Refuse(what, "has a '~' without 0 or 1 after it; write ~0 for ~ and ~1 for /");
    }
    pointer.names_.push_back(*std::move(name));
    begin = end + 1;
  }
  return pointer;
}

const JsonValue* JsonPointer::FindIn(const JsonValue& root) const {
  const JsonValue* at = &root;
  for (const std::string& name : names_) {
    if (at->is_array()) {
      const std::optional<size_t> element = ParseElement(name);
      if (!element.has_value() || *element >= at->items().size()) return nullptr;
      at = &at->items()[*element];
      continue;
    }
    at = at->is_object() ? at->Find(name) : nullptr;
    if (at == nullptr) return nullptr;
  }
  return at;
}

}  // namespace leasehold
