#ifndef LEASEHOLD_SERVER_BASE_CHECK_H_
#define LEASEHOLD_SERVER_BASE_CHECK_H_

#include <string_view>

namespace leasehold {

// Prints `expression`, its place and `message` to stderr and aborts. Never returns.
[[noreturn]] void CheckFailed(const char* file, int line, const char* expression,
                              std::string_view message = {});

}  // namespace leasehold

// States what only a bug of ours can break. It stays on in production and stops the process:
// stopping is safe, going on is not. What the world can cause is a Status instead.
#define LEASEHOLD_CHECK(condition, ...) \
  (static_cast<bool>(condition)         \
       ? static_cast<void>(0)           \
       : ::leasehold::CheckFailed(__FILE__, __LINE__, #condition __VA_OPT__(, ) __VA_ARGS__))

#endif  // LEASEHOLD_SERVER_BASE_CHECK_H_
