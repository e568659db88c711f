#include "server/api/open_streams.h"

#include <grpc/grpc.h>
#include <grpcpp/server_context.h>
#include <pthread.h>

#include "server/api/status_mapping.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

absl::Status Stopping() { return Error(Reason::kShuttingDown, "the server stops; call again"); }

}  // namespace

OpenStreams::OpenStreams(int max, absl::Duration stalled_max)
    : max_(static_cast<size_t>(max)), stalled_max_(stalled_max) {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "lh-streams");
    Run();
  });
}

OpenStreams::~OpenStreams() {
  Stop();
  thread_.join();
}

void OpenStreams::Stop() {
  absl::MutexLock lock(&mu_);
  stopping_ = true;
  for (Stream* stream : open_) {
    EndLocked(*stream, Stopping());
  }
}

absl::StatusOr<std::unique_ptr<OpenStreams::Stream>> OpenStreams::Open(grpc::ServerContext* context,
                                                                       EntityUid agent) {
  absl::MutexLock lock(&mu_);
  if (stopping_) {
    return Stopping();
  }
  if (!HasRoomLocked(agent)) {
    return Error(Reason::kOverloaded, "too many streams are open on this server; try again later",
                 {.retry_after = absl::Seconds(5)});
  }
  std::unique_ptr<Stream> stream(new Stream(this, context, agent));
  stream->place_ = open_.insert(open_.end(), stream.get());
  return stream;
}

bool OpenStreams::HasRoomLocked(EntityUid agent) const {
  if (open_.size() >= max_) {
    return false;
  }
  if (agent.empty()) {
    return true;
  }
  size_t of_agents = 0;
  size_t of_agent = 0;
  for (const Stream* stream : open_) {
    of_agents += stream->agent_.empty() ? 0 : 1;
    of_agent += stream->agent_ == agent ? 1 : 0;
  }
  return of_agents < kOfAgentsMax && of_agent < kOfAgentMax;
}

absl::Status OpenStreams::CallerGone() { return Error(Reason::kOverloaded, "the caller is gone"); }

void OpenStreams::Run() {
  absl::MutexLock lock(&mu_);
  while (!mu_.AwaitWithTimeout(absl::Condition(&stopping_), stalled_max_ / 10)) {
    absl::Time now = absl::Now();
    for (Stream* stream : open_) {
      if (now - stream->waiting_since_ > stalled_max_) {
        EndLocked(*stream,
                  Error(Reason::kOverloaded,
                        StrCat("the caller took nothing for ", absl::ToInt64Seconds(stalled_max_),
                               " s; read faster and begin again, a watch from its last "
                               "resume_token")));
      }
    }
  }
}

void OpenStreams::EndLocked(Stream& stream, const absl::Status& why) {
  if (!stream.ended_.ok()) {
    return;
  }
  stream.ended_ = why;
  // Under the lock, so that the call cannot go meanwhile: its handler's Stream needs the lock to
  // go. Not TryCancel: that says CANCELLED and nothing else, and what the handler returns later is
  // too late where a write is stuck.
  grpc::Status status = ToGrpcStatus(why);
  grpc_call_cancel_with_status(stream.context_->c_call(),
                               static_cast<grpc_status_code>(status.error_code()),
                               status.error_message().c_str(), nullptr);
}

OpenStreams::Stream::~Stream() {
  absl::MutexLock lock(&streams_.mu_);
  streams_.open_.erase(place_);
}

OpenStreams::Waiting::Waiting(Stream& stream) : stream_(stream) {
  absl::MutexLock lock(&stream_.streams_.mu_);
  stream_.waiting_since_ = absl::Now();
}

OpenStreams::Waiting::~Waiting() {
  absl::MutexLock lock(&stream_.streams_.mu_);
  stream_.waiting_since_ = absl::InfiniteFuture();
}

absl::Status OpenStreams::Stream::Alive() const {
  {
    absl::MutexLock lock(&streams_.mu_);
    if (!ended_.ok()) {
      return ended_;
    }
  }
  return context_->IsCancelled() ? CallerGone() : absl::OkStatus();
}

}  // namespace leasehold
