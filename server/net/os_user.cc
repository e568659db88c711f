#include "server/net/os_user.h"

#include <pwd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <vector>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// Of one user's record; those with long comments from a directory service have been seen with 4
// KiB.
constexpr size_t kRecordBytesMax = 64 * 1024;

}  // namespace

absl::StatusOr<uid_t> FindOsUser(const std::string& user) {
  uid_t number = 0;
  const char* const end = user.data() + user.size();
  const auto [stop, parse_error] = std::from_chars(user.data(), end, number);
  // (uid_t)-1 means "no user" to the kernel.
  if (parse_error == std::errc() && stop == end && number != static_cast<uid_t>(-1)) return number;
  passwd record{};
  passwd* found = nullptr;
  std::vector<char> buffer(kRecordBytesMax);
  const int error = getpwnam_r(user.c_str(), &record, buffer.data(), buffer.size(), &found);
  if (found != nullptr) return found->pw_uid;
  // Of an absent user, glibc's modules return any of these.
  if (error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM) {
    return Error(Reason::kConfigInvalid,
                 StrCat("there is no OS user \"", user, "\"; correct or remove it"));
  }
  return Error(Reason::kIo,
               StrCat("cannot look up the OS user \"", user, "\": ", std::strerror(error)));
}

}  // namespace leasehold
