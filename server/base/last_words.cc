#include "server/base/last_words.h"

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <climits>

namespace leasehold {
namespace {

static_assert(kLastWordsBytesMax <= PIPE_BUF, "more could wait within the write");

constexpr int kWaitMs = 1000;

std::atomic<void (*)()> before{nullptr};

}  // namespace

void SayLastWords(std::string_view text) {
  // Once: flushing may itself be what fails.
  if (auto* flush = before.exchange(nullptr); flush != nullptr) flush();
  // Not by making stderr non-blocking, which whoever shares it would inherit.
  pollfd room{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  if (poll(&room, 1, kWaitMs) != 1 || room.revents != POLLOUT) return;
  // Nobody is left to be told that this failed too.
  [[maybe_unused]] const ssize_t ignored =
      write(STDERR_FILENO, text.data(), text.substr(0, kLastWordsBytesMax).size());
}

void SetBeforeLastWords(void (*flush)()) { before = flush; }

}  // namespace leasehold
