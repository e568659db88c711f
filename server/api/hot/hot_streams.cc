#include "server/api/hot/hot_streams.h"

#include <chrono>

#include "server/base/status.h"

namespace leasehold {
namespace {

absl::Status Stopping() { return Error(Reason::kShuttingDown, "the server stops; call again"); }

}  // namespace

HotStreams::Place::~Place() {
  streams_.open_.erase(stream_);
  auto it = streams_.of_agent_.find(agent_);
  if (--it->second == 0) {
    streams_.of_agent_.erase(it);
  }
}

absl::StatusOr<std::unique_ptr<HotStreams::Place>> HotStreams::Enter(EntityUid agent,
                                                                     Stream* stream) {
  if (stopping_) {
    return Stopping();
  }
  if (open_.size() >= max_) {
    return Error(Reason::kOverloaded,
                 "too many streams are open on this server; close some, or try again later",
                 {.retry_after = absl::Seconds(5)});
  }
  auto it = of_agent_.find(agent);
  if (it != of_agent_.end() && it->second >= of_agent_max_) {
    return Error(Reason::kOverloaded,
                 "this agent has too many streams open; close some before it opens more",
                 {.scope = ErrorDetail::Scope::kAgent, .retry_after = absl::Seconds(5)});
  }
  ++of_agent_[agent];
  open_.insert(stream);
  return std::unique_ptr<Place>(new Place(*this, agent, stream));
}

void HotStreams::Stop(grpc::CompletionQueue* queue) {
  stop_alarm_.Set(queue, std::chrono::system_clock::time_point(), &stop_);
}

void HotStreams::StopTag::Proceed(bool, std::vector<std::unique_ptr<Operation>>&) {
  streams_.stopping_ = true;
  for (Stream* stream : streams_.open_) {
    stream->End(Stopping());
  }
}

}  // namespace leasehold
