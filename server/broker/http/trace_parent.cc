#include "server/broker/http/trace_parent.h"

#include <cstddef>

namespace leasehold {
namespace {

// version "00" - trace id, 32 digits - parent id, 16 digits - flags, 2 digits
constexpr size_t kTraceAt = 3;
constexpr size_t kParentAt = 36;
constexpr size_t kFlagsAt = 53;
constexpr size_t kSize = 55;

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::string ParseTraceId(std::string_view text) {
  // Later versions may be longer, and are read as this one.
  if (text.size() < kSize || text.substr(0, 2) == "ff") return {};
  if (text.size() > kSize && (text.substr(0, 2) == "00" || text[kSize] != '-')) return {};
  for (size_t i = 0; i < kSize; ++i) {
    const bool dash = i == kTraceAt - 1 || i == kParentAt - 1 || i == kFlagsAt - 1;
    if (dash ? text[i] != '-' : HexValue(text[i]) < 0) return {};
  }
  std::string id;
  bool zero = true;
  for (size_t i = kTraceAt; i + 1 < kParentAt; i += 2) {
    const int byte = HexValue(text[i]) * 16 + HexValue(text[i + 1]);
    if (byte != 0) zero = false;
    id.push_back(static_cast<char>(byte));
  }
  if (zero) return {};
  return id;
}

}  // namespace leasehold
