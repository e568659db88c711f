#include "server/base/utf8.h"

#include "server/base/check.h"

namespace leasehold {

Utf8Character FirstUtf8Character(std::string_view text) {
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

void AppendUtf8(std::string* out, uint32_t code_point) {
  LEASEHOLD_CHECK(code_point <= 0x10ffff && (code_point < 0xd800 || code_point > 0xdfff));
  if (code_point < 0x80) {
    out->push_back(static_cast<char>(code_point));
    return;
  }
  const int following = code_point < 0x800 ? 1 : code_point < 0x10000 ? 2 : 3;
  const uint32_t lead = following == 1 ? 0xc0 : following == 2 ? 0xe0 : 0xf0;
  out->push_back(static_cast<char>(lead | code_point >> (6 * following)));
  for (int i = following - 1; i >= 0; --i) {
    out->push_back(static_cast<char>(0x80 | (code_point >> (6 * i) & 0x3f)));
  }
}

}  // namespace leasehold
