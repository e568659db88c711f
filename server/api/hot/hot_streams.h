#ifndef LEASEHOLD_SERVER_API_HOT_HOT_STREAMS_H_
#define LEASEHOLD_SERVER_API_HOT_HOT_STREAMS_H_

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/api/hot/hot_call.h"
#include "server/base/ids.h"

namespace leasehold {

// The streams of the hot thread that are open, so that there are never too many of them and all end
// when the server stops. For the hot thread alone, where nothing else is said. Outlives its
// streams.
class HotStreams {
 public:
  // A stream takes some 10 KiB of ours and gRPC's, and each sweep looks at every one: 4,096 take
  // less than a millisecond.
  static constexpr size_t kMax = 4096;
  // So one agent cannot take them all. Adapters, who speak for many agents, count as one.
  static constexpr size_t kOfAgentMax = 1024;

  explicit HotStreams(size_t max = kMax, size_t of_agent_max = kOfAgentMax)
      : max_(max), of_agent_max_(of_agent_max), stop_(*this) {}
  HotStreams(const HotStreams&) = delete;
  HotStreams& operator=(const HotStreams&) = delete;

  class Stream {
   public:
    virtual ~Stream() = default;
    // Ends it with a last message that says why. Does not destroy it yet.
    virtual void End(const absl::Status& why) = 0;
  };

  // A stream's place among those that are open; given back when it goes.
  class Place {
   public:
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    friend class HotStreams;
    Place(HotStreams& streams, EntityUid agent, Stream* stream)
        : streams_(streams), agent_(agent), stream_(stream) {}
    HotStreams& streams_;
    const EntityUid agent_;
    Stream* const stream_;
  };
  // OVERLOADED where there are too many, SHUTTING_DOWN.
  absl::StatusOr<std::unique_ptr<Place>> Enter(EntityUid agent, Stream* stream);

  // Ends all that are open, on the thread that polls `queue`, and refuses new ones. From any
  // thread, once, before the server's Shutdown.
  void Stop(grpc::CompletionQueue* queue);

 private:
  class StopTag final : public HotTag {
   public:
    explicit StopTag(HotStreams& streams) : streams_(streams) {}
    void Proceed(bool ok, std::vector<std::unique_ptr<Operation>>& batch) override;

   private:
    HotStreams& streams_;
  };

  const size_t max_;
  const size_t of_agent_max_;
  absl::flat_hash_set<Stream*> open_;
  absl::flat_hash_map<EntityUid, size_t> of_agent_;
  bool stopping_ = false;
  StopTag stop_;
  grpc::Alarm stop_alarm_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_HOT_HOT_STREAMS_H_
