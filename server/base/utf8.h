#ifndef LEASEHOLD_SERVER_BASE_UTF8_H_
#define LEASEHOLD_SERVER_BASE_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace leasehold {

// A character at the front of a text: how many bytes it has, and its code point.
struct Utf8Character {
  size_t size;
  uint32_t code_point;
};

// The first character of `text`, which is not empty, strictly by RFC 3629: no overlong forms, no
// surrogates, nothing above U+10FFFF. Size 0 for anything else.
Utf8Character FirstUtf8Character(std::string_view text);

// Appends the character of a code point that is no surrogate and at most U+10FFFF.
void AppendUtf8(std::string* out, uint32_t code_point);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BASE_UTF8_H_
