#include "client/cli/arguments/near_name.h"

#include <algorithm>

#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// The optimal string alignment distance: insertions, deletions, replacements and swaps of
// neighbours that turn `a` into `b`.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string NearName(std::string_view typed, const std::vector<std::string>& names) {
  // Names have at most 200 bytes; what is much longer is none of them, and the table above grows
  // with the square.
  constexpr size_t kTypedBytesMax = 256;
  if (typed.empty() || typed.size() > kTypedBytesMax) return {};
  size_t best = std::max<size_t>(1, typed.size() / 3) + 1;
  std::string nearest;
  for (const std::string& name : names) {
    if (name.size() > kTypedBytesMax) continue;
    const size_t distance = Distance(typed, name);
    if (distance < best) {
      best = distance;
      nearest = name;
    }
  }
  return nearest;
}

std::string NearNameHint(std::string_view typed, const std::vector<std::string>& names,
                         std::string_view otherwise) {
  const std::string near = NearName(typed, names);
  return near.empty() ? std::string(otherwise) : StrCat("did you mean '", near, "'?");
}

}  // namespace leasehold
