#include <cstdint>

#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// The number of bytes of the character at the front of `text` and its code point, strictly by RFC
// 3629: no overlong forms, no surrogates, nothing above U+10FFFF. Size 0 for anything else.
struct Utf8Character {
  size_t size;
  uint32_t code_point;
};

Utf8Character FirstCharacter(std::string_view text) {
  const auto lead = static_cast<uint8_t>(text[0]);
  if (lead < 0x80) return {1, lead};
  const size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  // 0x80..0xbf continue a character, 0xc0 and 0xc1 could only start overlong ones.
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {0, 0};
  uint32_t code_point = lead & (0x7fU >> size);
  for (size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if ((byte & 0xc0) != 0x80) return {0, 0};
    code_point = code_point << 6 | (byte & 0x3fU);
  }
  const bool overlong = code_point < (size == 4 ? 0x10000U : size == 3 ? 0x800U : 0x80U);
  const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  if (overlong || surrogate || code_point > 0x10ffff) return {0, 0};
  return {size, code_point};
}

absl::Status Invalid(std::string_view what, std::string_view offence) {
  return Error(Reason::kInvalidArgument, StrCat(what, " ", offence));
}

// C0, DEL and C1.
bool IsControl(uint32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7f && code_point <= 0x9f);
}

}  // namespace

absl::StatusOr<Text> Text::Parse(std::string_view text, std::string_view what) {
  if (text.empty()) return Invalid(what, "is empty");
  if (text.size() > kBytesMax) {
    return Invalid(what,
                   StrCat("has ", text.size(), " bytes; at most ", kBytesMax, " are allowed"));
  }
  for (size_t at = 0; at < text.size();) {
    const Utf8Character character = FirstCharacter(text.substr(at));
    if (character.size == 0) return Invalid(what, StrCat("is not UTF-8 at byte ", at));
    if (IsControl(character.code_point)) {
      return Invalid(what, StrCat("has a control character at byte ", at));
    }
    at += character.size;
  }
  return Text(std::string(text));
}

}  // namespace leasehold
