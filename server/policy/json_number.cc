#include "server/policy/json_number.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// RFC 8785 writes whole numbers of up to 21 digits without an exponent, and fractions with up to
// six zeros behind the point.
constexpr int64_t kWholeDigitsMax = 21;
constexpr int64_t kLeadingZerosMax = 6;

// An exponent that no text of ours can hold the digits for; sums with it do not overflow.
constexpr int64_t kExponentMax = std::numeric_limits<int64_t>::max() / 4;

// 0.DIGITS times ten to the power of `point`. No zero at either end of `digits`; empty for zero.
struct Decimal {
  bool negative = false;
  std::string digits;
  int64_t point = 0;
};

int64_t ParseExponent(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) value = kExponentMax;
  value = std::min(value, kExponentMax);
  return negative ? -value : value;
}

Decimal ParseDecimal(std::string_view number) {
  Decimal decimal;
  decimal.negative = number.starts_with('-');
  if (decimal.negative) number.remove_prefix(1);
  const size_t e = std::min(number.find_first_of("eE"), number.size());
  const std::string_view mantissa = number.substr(0, e);
  const size_t point = std::min(mantissa.find('.'), mantissa.size());
  decimal.digits = mantissa.substr(0, point);
  if (point < mantissa.size()) decimal.digits += mantissa.substr(point + 1);
  decimal.point = static_cast<int64_t>(point);
  if (e < number.size()) decimal.point += ParseExponent(number.substr(e + 1));
  const size_t zeros = std::min(decimal.digits.find_first_not_of('0'), decimal.digits.size());
  decimal.digits.erase(0, zeros);
  decimal.point -= static_cast<int64_t>(zeros);
  decimal.digits.erase(decimal.digits.find_last_not_of('0') + 1);
  return decimal;
}

}  // namespace

std::string ShortestNumber(std::string_view number) {
  const Decimal decimal = ParseDecimal(number);
  const std::string& digits = decimal.digits;
  if (digits.empty()) return "0";
  const std::string_view sign = decimal.negative ? "-" : "";
  const auto count = static_cast<int64_t>(digits.size());
  const int64_t point = decimal.point;
  if (count <= point && point <= kWholeDigitsMax) {
    return StrCat(sign, digits, std::string(static_cast<size_t>(point - count), '0'));
  }
  if (0 < point && point <= kWholeDigitsMax) {
    const auto whole = static_cast<size_t>(point);
    return StrCat(sign, digits.substr(0, whole), ".", digits.substr(whole));
  }
  if (-kLeadingZerosMax < point && point <= 0) {
    return StrCat(sign, "0.", std::string(static_cast<size_t>(-point), '0'), digits);
  }
  const std::string fraction = count > 1 ? StrCat(".", digits.substr(1)) : std::string();
  return StrCat(sign, digits.substr(0, 1), fraction, "e", point > 0 ? "+" : "", point - 1);
}

}  // namespace leasehold
