#include "server/base/check.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "server/base/last_words.h"

namespace leasehold {

void CheckFailed(const char* file, int line, const char* expression, std::string_view message) {
  // Without allocation: the heap may be what is broken.
  char text[kLastWordsBytesMax];
  const int wanted =
      std::snprintf(text, sizeof(text), "%s:%d: check failed: %s%s%.*s\n", file, line, expression,
                    message.empty() ? "" : ": ", static_cast<int>(message.size()), message.data());
  const int size = std::clamp(wanted, 0, kLastWordsBytesMax - 1);
  SayLastWords({text, static_cast<size_t>(size)});
  std::abort();
}

}  // namespace leasehold
