#include "server/api/read_pool.h"

#include <atomic>
#include <catch2/catch.hpp>

#include "absl/synchronization/notification.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

TEST_CASE("a full pool refuses, and runs everything that it took") {
  std::atomic<int> ran = 0;
  int taken = 0;
  {
    ReadPool pool("test", /*threads=*/1, /*waiting_max=*/3);
    absl::Notification started;
    absl::Notification go_on;
    REQUIRE(pool.Submit([&] {
                  started.Notify();
                  go_on.WaitForNotification();
                  ++ran;
                })
                .ok());
    ++taken;
    started.WaitForNotification();
    absl::Status refused;
    while (refused.ok()) {
      refused = pool.Submit([&] { ++ran; });
      taken += refused.ok() ? 1 : 0;
    }
    CHECK(ReasonOf(refused) == Reason::kOverloaded);
    CHECK(taken == 1 + 3);
    pool.SubmitRest([&] { ++ran; });  // the rest of a call is never refused
    ++taken;
    go_on.Notify();
  }
  CHECK(ran == taken);
}

}  // namespace
}  // namespace leasehold
