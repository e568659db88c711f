#include "server/logging/log_queue.h"

#include <catch2/catch.hpp>
#include <string>

namespace leasehold {
namespace {

TEST_CASE("lines come out in their order, each with its end", "[logging]") {
  LogQueue queue;
  queue.Push("one");
  queue.Push("");
  queue.Push("three");
  const LogQueue::Batch batch = queue.Take();
  CHECK(batch.text == "one\n\nthree\n");
  CHECK(batch.dropped == 0);
}

TEST_CASE("a full queue drops what comes, counts it, and has room again afterwards", "[logging]") {
  struct Row {
    std::string line;
    uint64_t fit;
    const char* why;
  };
  const Row rows[] = {
      {"", LogQueue::kLinesMax, "short lines are limited by their number"},
      {std::string(1023, 'x'), LogQueue::kBytesMax / 1024, "long lines by their bytes"},
      {std::string(LogQueue::kBytesMax - 1, 'x'), 1, "one that fills it"},
      {std::string(LogQueue::kBytesMax, 'x'), 0, "one that never fits"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    LogQueue queue;
    for (uint64_t i = 0; i < row.fit + 3; ++i) queue.Push(row.line);
    const LogQueue::Batch batch = queue.Take();
    CHECK(batch.text.size() == row.fit * (row.line.size() + 1));
    CHECK(batch.dropped == 3);
    queue.Push("next");
    const LogQueue::Batch next = queue.Take();
    CHECK(next.text == "next\n");
    CHECK(next.dropped == 0);
  }
}

TEST_CASE("a queue is done when all that was given to it is", "[logging]") {
  LogQueue queue;
  CHECK(queue.AwaitDone(absl::ZeroDuration()));
  queue.Push("one");
  CHECK_FALSE(queue.AwaitDone(absl::ZeroDuration()));
  queue.Take();
  CHECK_FALSE(queue.AwaitDone(absl::ZeroDuration()));
  queue.Push("two");
  queue.Done();
  CHECK_FALSE(queue.AwaitDone(absl::ZeroDuration()));
  queue.Take();
  queue.Done();
  CHECK(queue.AwaitDone(absl::ZeroDuration()));
  queue.Push(std::string(LogQueue::kBytesMax, 'x'));
  // That a line was dropped is still to be said.
  CHECK_FALSE(queue.AwaitDone(absl::ZeroDuration()));
}

}  // namespace
}  // namespace leasehold
