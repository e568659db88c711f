#include "server/net/unary/serving_loop.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// poll's timeout: rounded up, so that a deadline is over when it returns.
int TimeoutMs(absl::Time deadline) {
  if (deadline == absl::InfiniteFuture()) return -1;
  constexpr absl::Duration kLongest = absl::Hours(1);
  const absl::Duration left = std::clamp(deadline - absl::Now(), absl::ZeroDuration(), kLongest);
  return static_cast<int>(absl::ToInt64Milliseconds(left)) + 1;
}

}  // namespace

absl::Status ServingLoop::Inbox::Open() {
  event_.Reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (event_.valid()) return absl::OkStatus();
  return Error(Reason::kIo, StrCat("cannot start serving: ", std::strerror(errno)));
}

void ServingLoop::Inbox::Wake() { LEASEHOLD_CHECK(eventfd_write(event_.get(), 1) == 0); }

void ServingLoop::Inbox::Put(Newcomer newcomer) {
  {
    const absl::MutexLock lock(&mu_);
    contents_.newcomers.push_back(std::move(newcomer));
  }
  Wake();
}

void ServingLoop::Inbox::Put(Answered answered) {
  {
    const absl::MutexLock lock(&mu_);
    contents_.answers.push_back(std::move(answered));
  }
  Wake();
}

void ServingLoop::Inbox::PutStop(absl::Time by) {
  {
    const absl::MutexLock lock(&mu_);
    contents_.stop = true;
    contents_.stop_by = by;
  }
  Wake();
}

ServingLoop::Inbox::Contents ServingLoop::Inbox::Take() {
  eventfd_t ignored = 0;
  eventfd_read(event_.get(), &ignored);
  const absl::MutexLock lock(&mu_);
  Contents taken{.newcomers = std::exchange(contents_.newcomers, {}),
                 .answers = std::exchange(contents_.answers, {}),
                 .stop = contents_.stop,
                 .stop_by = contents_.stop_by};
  return taken;
}

ServingLoop::ServingLoop(const UnaryServer::Options& options, UnaryServer::Handler handler)
    : thread_name_(options.serve_thread),
      peer_time_max_(options.peer_time_max),
      handler_(std::move(handler)) {
  LEASEHOLD_CHECK(thread_name_.size() <= 15, "the kernel cuts longer thread names");
}

ServingLoop::~ServingLoop() { Stop(absl::ZeroDuration()); }

absl::Status ServingLoop::Start() {
  RETURN_IF_ERROR(inbox_->Open());
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), thread_name_.c_str());
    Run();
  });
  return absl::OkStatus();
}

void ServingLoop::Add(OwnedFd socket, ConnectionInfo info) {
  inbox_->Put(Inbox::Newcomer{std::move(socket), std::move(info)});
}

void ServingLoop::Stop(absl::Duration drain) {
  if (!thread_.joinable()) return;
  inbox_->PutStop(absl::Now() + drain);
  thread_.join();
}

void ServingLoop::Run() {
  bool stopping = false;
  absl::Time stop_by = absl::InfiniteFuture();
  while (!stopping || (!AllQuiet() && absl::Now() < stop_by)) {
    const std::vector<uint64_t> readable = AwaitReady(std::min(NextDeadline(), stop_by));
    Inbox::Contents inbox = inbox_->Take();
    for (Inbox::Newcomer& newcomer : inbox.newcomers) Welcome(std::move(newcomer));
    for (Inbox::Answered& answered : inbox.answers) {
      const auto it = connections_.find(answered.connection);
      if (it == connections_.end()) continue;
      it->second->Answer(answered.stream, std::move(answered.answer));
      Serve(answered.connection, /*readable=*/false);
    }
    for (const uint64_t id : readable) Serve(id, /*readable=*/true);
    if (inbox.stop && !stopping) {
      stopping = true;
      stop_by = inbox.stop_by;
      std::vector<uint64_t> all;
      for (const auto& [id, connection] : connections_) all.push_back(id);
      for (const uint64_t id : all) {
        connections_[id]->GoAway();
        Serve(id, /*readable=*/false);
      }
    }
    CloseLate();
  }
  connections_.clear();
}

std::vector<uint64_t> ServingLoop::AwaitReady(absl::Time deadline) {
  std::vector<pollfd> polled = {{.fd = inbox_->fd(), .events = POLLIN, .revents = 0}};
  std::vector<uint64_t> ids;
  for (const auto& [id, connection] : connections_) {
    const int events = connection->WantsToWrite() ? POLLIN | POLLOUT : POLLIN;
    polled.push_back({.fd = connection->fd(), .events = static_cast<short>(events), .revents = 0});
    ids.push_back(id);
  }
  const int ready = poll(polled.data(), polled.size(), TimeoutMs(deadline));
  LEASEHOLD_CHECK(ready >= 0 || errno == EINTR || errno == ENOMEM, "poll of our own connections");
  std::vector<uint64_t> with_events;
  for (size_t i = 1; ready > 0 && i < polled.size(); ++i) {
    if (polled[i].revents != 0) with_events.push_back(ids[i - 1]);
  }
  return with_events;
}

void ServingLoop::Welcome(Inbox::Newcomer newcomer) {
  const uint64_t id = ++last_id_;
  auto on_call = [this, id](int32_t stream, UnaryRequest request) {
    handler_(std::move(request), UnaryReply([inbox = inbox_, id, stream](UnaryAnswer answer) {
               inbox->Put(Inbox::Answered{id, stream, std::move(answer)});
             }));
  };
  connections_[id] = std::make_unique<Http2Connection>(
      std::move(newcomer.socket), std::move(newcomer.info), on_call, peer_time_max_);
  Serve(id, /*readable=*/true);
}

// Reads and writes what goes now; closes the connection where it is at its end.
void ServingLoop::Serve(uint64_t id, bool readable) {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return;
  Http2Connection& connection = *it->second;
  if ((readable && !connection.OnReadable()) || !connection.OnWritable()) connections_.erase(it);
}

absl::Time ServingLoop::NextDeadline() const {
  absl::Time next = absl::InfiniteFuture();
  for (const auto& [id, connection] : connections_) next = std::min(next, connection->Deadline());
  return next;
}

void ServingLoop::CloseLate() {
  const absl::Time now = absl::Now();
  std::erase_if(connections_, [now](const auto& each) { return each.second->Deadline() <= now; });
}

bool ServingLoop::AllQuiet() const {
  return std::all_of(connections_.begin(), connections_.end(),
                     [](const auto& each) { return each.second->Quiet(); });
}

}  // namespace leasehold
