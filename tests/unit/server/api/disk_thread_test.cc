#include "server/api/hot/disk_thread.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "absl/synchronization/notification.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

TEST_CASE("work is done on another thread, one piece after the other, and its end is told") {
  std::atomic<int> told = 0;
  DiskThread disk([&] { ++told; });
  for (int i = 0; i < 100; ++i) {
    std::thread::id where;
    absl::Notification go_on;
    auto work = [&] {
      go_on.WaitForNotification();
      where = std::this_thread::get_id();
      return i % 2 == 0 ? absl::OkStatus() : Error(Reason::kIo, "no");
    };
    const DiskThread::Work begun(work);
    disk.Begin(begun);
    CHECK_FALSE(disk.Done());
    go_on.Notify();
    CHECK(disk.Await().ok() == (i % 2 == 0));
    CHECK(where != std::this_thread::get_id());
    CHECK_FALSE(disk.Done());
  }
  while (told < 100) {
  }
  CHECK(told == 100);
}

TEST_CASE("whoever is told finds the work done") {
  absl::Notification told;
  DiskThread* itself = nullptr;
  bool done = false;
  DiskThread disk([&] {
    done = itself->Done();
    told.Notify();
  });
  itself = &disk;
  auto work = [] { return absl::OkStatus(); };
  const DiskThread::Work begun(work);
  disk.Begin(begun);
  told.WaitForNotification();
  CHECK(done);
  CHECK(disk.Await().ok());
}

}  // namespace
}  // namespace leasehold
