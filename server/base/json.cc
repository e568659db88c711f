#include "server/base/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/base/utf8.h"

namespace leasehold {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

// One pass over the text. Each Read... begins at its value's first byte and ends behind its last.
class JsonParser {
 public:
  JsonParser(std::string_view text, int depth_max, std::string_view what)
      : text_(text), depth_left_(depth_max), what_(what) {}

  absl::StatusOr<JsonValue> ReadAll() {
    JsonValue value;
    SkipSpace();
    RETURN_IF_ERROR(ReadValue(&value));
    SkipSpace();
    if (at_ != text_.size()) return Wrong("something behind the value");
    return value;
  }

 private:
  absl::Status Wrong(std::string_view offence) const {
    return Error(Reason::kInvalidArgument,
                 StrCat(what_, " is not strict JSON: ", offence, " at byte ", at_));
  }

  // The next byte, or 0 at the end: no JSON has a zero byte outside of strings, which look for
  // themselves.
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Take(char c) {
    if (Peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  void SkipSpace() {
    while (Peek() == ' ' || Peek() == '\t' || Peek() == '\n' || Peek() == '\r') ++at_;
  }

  absl::Status ReadValue(JsonValue* out) {
    switch (Peek()) {
      case '{':
        return ReadObject(out);
      case '[':
        return ReadArray(out);
      case '"':
        out->kind_ = JsonValue::Kind::kString;
        return ReadString(&out->text_);
      case 't':
        out->boolean_ = true;
        return ReadWord("true", JsonValue::Kind::kBool, out);
      case 'f':
        return ReadWord("false", JsonValue::Kind::kBool, out);
      case 'n':
        return ReadWord("null", JsonValue::Kind::kNull, out);
      default:
        return ReadNumber(out);
    }
  }

  absl::Status ReadWord(std::string_view word, JsonValue::Kind kind, JsonValue* out) {
    if (!text_.substr(at_).starts_with(word)) return Wrong("no value");
    at_ += word.size();
    out->kind_ = kind;
    return absl::OkStatus();
  }

  absl::Status Enter() {
    if (depth_left_-- == 0) {
      return Error(Reason::kTooLarge, StrCat(what_, " nests too deeply at byte ", at_));
    }
    return absl::OkStatus();
  }

  absl::Status ReadArray(JsonValue* out) {
    RETURN_IF_ERROR(Enter());
    out->kind_ = JsonValue::Kind::kArray;
    ++at_;
    SkipSpace();
    if (!Take(']')) {
      do {
        SkipSpace();
        RETURN_IF_ERROR(ReadValue(&out->items_.emplace_back()));
        SkipSpace();
      } while (Take(','));
      if (!Take(']')) return Wrong("no ',' or ']'");
    }
    ++depth_left_;
    return absl::OkStatus();
  }

  absl::Status ReadObject(JsonValue* out) {
    RETURN_IF_ERROR(Enter());
    out->kind_ = JsonValue::Kind::kObject;
    ++at_;
    SkipSpace();
    if (!Take('}')) {
      do {
        SkipSpace();
        if (Peek() != '"') return Wrong("no name");
        JsonMember& member = out->members_.emplace_back();
        RETURN_IF_ERROR(ReadString(&member.name));
        SkipSpace();
        if (!Take(':')) return Wrong("no ':'");
        SkipSpace();
        RETURN_IF_ERROR(ReadValue(&member.value));
        SkipSpace();
      } while (Take(','));
      if (!Take('}')) return Wrong("no ',' or '}'");
    }
    ++depth_left_;
    return CheckNames(*out);
  }

  // Sorted, since a search for each name would take hours for a hostile text.
  absl::Status CheckNames(const JsonValue& object) const {
    std::vector<std::string_view> names;
    names.reserve(object.members_.size());
    for (const JsonMember& member : object.members_) names.push_back(member.name);
    std::sort(names.begin(), names.end());
    if (std::adjacent_find(names.begin(), names.end()) != names.end()) {
      return Wrong("a name twice in the object that ends");
    }
    return absl::OkStatus();
  }

  absl::Status ReadString(std::string* out) {
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return absl::OkStatus();
      }
      if (c == '\\') {
        RETURN_IF_ERROR(ReadEscape(out));
        continue;
      }
      if (static_cast<unsigned char>(c) < 0x20) return Wrong("a control character in a string");
      const Utf8Character character = FirstUtf8Character(text_.substr(at_));
      if (character.size == 0) return Wrong("no UTF-8");
      out->append(text_.substr(at_, character.size));
      at_ += character.size;
    }
    return Wrong("a string without end");
  }

  absl::Status ReadEscape(std::string* out) {
    ++at_;
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char letter = Peek();
    if (letter == 'u') {
      ++at_;
      return ReadUnicode(out);
    }
    const size_t found = kLetters.find(letter);
    if (found == std::string_view::npos) return Wrong("an unknown escape");
    ++at_;
    out->push_back(kMeanings[found]);
    return absl::OkStatus();
  }

  // Behind "\u".
  absl::Status ReadUnicode(std::string* out) {
    uint32_t code = 0;
    RETURN_IF_ERROR(ReadHex(&code));
    if (code >= 0xd800 && code <= 0xdbff) {
      uint32_t low = 0;
      if (!Take('\\') || !Take('u')) return Wrong("half a surrogate pair");
      RETURN_IF_ERROR(ReadHex(&low));
      if (low < 0xdc00 || low > 0xdfff) return Wrong("half a surrogate pair");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code <= 0xdfff) {
      return Wrong("half a surrogate pair");
    }
    AppendUtf8(out, code);
    return absl::OkStatus();
  }

  absl::Status ReadHex(uint32_t* out) {
    const std::string_view digits = text_.substr(at_, 4);
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, *out, 16);
    if (digits.size() != 4 || error != std::errc() || stop != end) {
      return Wrong("no four hexadecimal digits");
    }
    at_ += 4;
    return absl::OkStatus();
  }

  bool TakeDigits() {
    const size_t begin = at_;
    while (IsDigit(Peek())) ++at_;
    return at_ > begin;
  }

  absl::Status ReadNumber(JsonValue* out) {
    const size_t begin = at_;
    Take('-');
    // A zero in front is a number of its own: "01" has something behind the value.
    if (!Take('0') && !TakeDigits()) return Wrong("no value");
    if (Take('.') && !TakeDigits()) return Wrong("no digit behind the point");
    if (Take('e') || Take('E')) {
      if (!Take('+')) Take('-');
      if (!TakeDigits()) return Wrong("no digit in the exponent");
    }
    out->kind_ = JsonValue::Kind::kNumber;
    out->text_ = text_.substr(begin, at_ - begin);
    const auto [stop, error] =
        std::from_chars(out->text_.data(), out->text_.data() + out->text_.size(), out->number_);
    // Out of range is what is too large, and what is so small that it would be zero.
    if (error != std::errc() || !std::isfinite(out->number_)) {
      return Wrong("a number that no double can hold");
    }
    return absl::OkStatus();
  }

  const std::string_view text_;
  size_t at_ = 0;
  int depth_left_;
  const std::string_view what_;
};

absl::StatusOr<JsonValue> JsonValue::Parse(std::string_view text, const JsonLimits& limits,
                                           std::string_view what) {
  if (text.size() > limits.bytes_max) {
    return Error(Reason::kTooLarge, StrCat(what, " has ", text.size(), " bytes; at most ",
                                           limits.bytes_max, " are allowed"));
  }
  return JsonParser(text, limits.depth_max, what).ReadAll();
}

std::optional<int64_t> JsonValue::integer() const {
  int64_t value = 0;
  const char* const end = text_.data() + text_.size();
  const auto [stop, error] = std::from_chars(text_.data(), end, value);
  if (kind_ != Kind::kNumber || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

const JsonValue* JsonValue::Find(std::string_view name) const {
  for (const JsonMember& member : members_) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

}  // namespace leasehold
