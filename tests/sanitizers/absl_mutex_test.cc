// Threads that share data in every way Abseil offers, none of them a race. Under the thread
// sanitizer this fails if absl_mutex.cc leaves one of them out; elsewhere it checks the sums only.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace leasehold {
namespace {

constexpr int kThreads = 4;
constexpr int kRounds = 1000;

struct Shared {
  absl::Mutex mu;
  absl::CondVar changed;
  int sum ABSL_GUARDED_BY(mu) = 0;
};

template <typename Work>
void RunThreads(Work work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
}

TEST_CASE("a field guarded by a mutex is no race for writers and readers") {
  Shared shared;
  RunThreads([&] {
    for (int i = 0; i < kRounds; ++i) {
      {
        absl::MutexLock lock(&shared.mu);
        ++shared.sum;
      }
      absl::ReaderMutexLock lock(&shared.mu);
      if (shared.sum < 1) std::abort();
    }
  });
  absl::MutexLock lock(&shared.mu);
  CHECK(shared.sum == kThreads * kRounds);
}

TEST_CASE("what a thread awaited is visible to it") {
  Shared shared;
  int last = 0;  // not guarded: the condition alone orders its accesses
  RunThreads([&] {
    absl::MutexLock lock(&shared.mu);
    const int turn = shared.sum++;
    if (turn < kThreads - 1) {
      shared.mu.Await(absl::Condition(
          +[](int* sum) { return *sum >= kThreads; }, &shared.sum));
    }
    last += turn;
  });
  CHECK(last == kThreads * (kThreads - 1) / 2);
}

TEST_CASE("a condition variable hands on what was written before the signal") {
  Shared shared;
  std::thread writer([&] {
    for (int i = 0; i < kRounds; ++i) {
      absl::MutexLock lock(&shared.mu);
      ++shared.sum;
      shared.changed.SignalAll();
    }
  });
  {
    absl::MutexLock lock(&shared.mu);
    while (shared.sum < kRounds) shared.changed.WaitWithTimeout(&shared.mu, absl::Seconds(1));
    CHECK(shared.sum == kRounds);
  }
  writer.join();
}

TEST_CASE("a notification publishes to those who wait and to those who ask") {
  absl::Notification done;
  int result = 0;
  std::thread writer([&] {
    result = 7;
    done.Notify();
  });
  std::thread asking([&] {
    while (!done.HasBeenNotified()) std::this_thread::yield();
    if (result != 7) std::abort();
  });
  done.WaitForNotification();
  CHECK(result == 7);
  asking.join();
  writer.join();
}

TEST_CASE("a blocking counter publishes what was done before each count") {
  absl::BlockingCounter left(kThreads);
  std::vector<int> results(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      results[i] = i + 1;
      left.DecrementCount();
    });
  }
  left.Wait();
  CHECK(results == std::vector<int>{1, 2, 3, 4});
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace leasehold
