#include "server/net/os_user.h"

#include <catch2/catch.hpp>

#include "server/base/status.h"

namespace leasehold {
namespace {

TEST_CASE("users are found by name and by number", "[net]") {
  CHECK(*FindOsUser("root") == 0);
  CHECK(*FindOsUser("0") == 0);
  CHECK(*FindOsUser("123456") == 123456);
}

TEST_CASE("a user that does not exist is a mistake in the configuration", "[net]") {
  for (const char* user : {"", "no-such-user-here", "-1", "4294967295", "0x0", "12a", " 0"}) {
    INFO(user);
    CHECK(ReasonOf(FindOsUser(user).status()) == Reason::kConfigInvalid);
  }
}

}  // namespace
}  // namespace leasehold
