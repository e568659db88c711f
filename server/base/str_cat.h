#ifndef LEASEHOLD_SERVER_BASE_STR_CAT_H_
#define LEASEHOLD_SERVER_BASE_STR_CAT_H_

// Debian 12 builds abseil with a string_view of its own that neither takes nor gives a
// std::string_view, so absl::StrCat(std::string_view) does not compile there. Our code speaks
// std::string_view; this file is the bridge.

#include <array>
#include <charconv>
#include <concepts>
#include <span>
#include <string>
#include <string_view>

#include "absl/strings/string_view.h"

namespace leasehold {

// The same characters in the other type. Without the type's difference (an abseil built for C++17)
// both are the identity.
inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view ToStd(absl::string_view text) { return {text.data(), text.size()}; }

namespace str_cat_internal {

template <typename T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

// One argument as text: the view points into the argument or into the piece itself.
class Piece {
 public:
  explicit Piece(char c) : view_(buffer_, 1) { buffer_[0] = c; }
  template <Integer T>
  explicit Piece(T number)
      : view_(buffer_, std::to_chars(buffer_, buffer_ + sizeof(buffer_), number).ptr - buffer_) {}
  template <typename T>
  requires std::convertible_to<const T&, std::string_view>
  explicit Piece(const T& text) : view_(text) {}
  template <typename T>
  requires(std::same_as<T, absl::string_view> &&
           !std::convertible_to<const T&, std::string_view>) explicit Piece(const T& text)
      : view_(ToStd(text)) {}
  Piece(const Piece&) = delete;
  Piece& operator=(const Piece&) = delete;

  std::string_view view() const { return view_; }

 private:
  // The longest 64-bit integer: a sign and 19 digits, or 20 digits.
  char buffer_[20];
  std::string_view view_;
};

void AppendPieces(std::string* out, std::span<const std::string_view> pieces);

}  // namespace str_cat_internal

// Joins texts (anything that converts to std::string_view, and absl::string_view), characters and
// integers (in decimal). No text may be a part of *out.
template <typename... Args>
void StrAppend(std::string* out, const Args&... args) {
  [out](const auto&... pieces) {
    const std::array<std::string_view, sizeof...(pieces)> views = {pieces.view()...};
    str_cat_internal::AppendPieces(out, views);
  }(str_cat_internal::Piece(args)...);
}

template <typename... Args>
std::string StrCat(const Args&... args) {
  std::string out;
  StrAppend(&out, args...);
  return out;
}

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BASE_STR_CAT_H_
