#include "server/logging/log_writer.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <thread>

namespace leasehold {
namespace {

// Blocks all signals in the calling thread, and in those that it starts meanwhile: a signal that is
// meant for main must not find a thread that does not block it.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

// How much of `text` stderr has taken; less than all of it where it can take no more.
size_t WriteToStderr(std::string_view text) {
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t size = write(STDERR_FILENO, text.data() + written, text.size() - written);
    if (size > 0) {
      written += static_cast<size_t>(size);
    } else if (errno == EAGAIN) {
      // Somebody who shares it has made it non-blocking.
      pollfd room{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
      poll(&room, 1, -1);
    } else if (errno != EINTR) {
      break;
    }
  }
  return written;
}

}  // namespace

LogWriter::LogWriter(DescribeLost describe_lost) : describe_lost_(describe_lost) {
  const AllSignalsBlocked blocked;
  std::thread([this] { Run(); }).detach();
}

void LogWriter::Run() {
  pthread_setname_np(pthread_self(), "lh-log");
  for (;;) {
    const LogQueue::Batch batch = queue_.Take();
    const bool whole = WriteOut(batch.text);
    lost_ += batch.dropped;
    // Where stderr takes nothing (a full disk, perhaps) it is said as soon as it does.
    if (whole && lost_ > 0) {
      std::string line = describe_lost_(lost_);
      line.push_back('\n');
      if (WriteOut(line)) lost_ = 0;
    }
    queue_.Done();
  }
}

bool LogWriter::WriteOut(std::string_view text) {
  if (text.empty()) return true;
  if (torn_ && WriteToStderr("\n") == 0) {
    lost_ += static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
    return false;
  }
  const std::string_view left = text.substr(WriteToStderr(text));
  lost_ += static_cast<uint64_t>(std::count(left.begin(), left.end(), '\n'));
  torn_ = !left.empty() && left.size() < text.size() && text[text.size() - left.size() - 1] != '\n';
  return left.empty();
}

}  // namespace leasehold
