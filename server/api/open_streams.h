#ifndef LEASEHOLD_SERVER_API_OPEN_STREAMS_H_
#define LEASEHOLD_SERVER_API_OPEN_STREAMS_H_

#include <cstddef>
#include <list>
#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/ids.h"

namespace grpc {
class ServerContext;
}

namespace leasehold {

// The streams of the synchronous API that are open. Each holds a thread, so there are few of them;
// and since a write waits for as long as the caller takes nothing, a thread of ours ("lh-streams")
// ends the calls whose callers are stuck, and all of them when the server stops. Safe from any
// thread.
class OpenStreams {
 public:
  // Operators' exports and watches.
  static constexpr int kMax = 16;
  // Agents' watches may take so many of these, and one agent so many: operators always find room.
  static constexpr size_t kOfAgentsMax = 8;
  static constexpr size_t kOfAgentMax = 2;
  // A caller that takes nothing for so long is cut off: its thread and what it reads from, such as
  // a view of the store that keeps the log of changes from being emptied, are held meanwhile.
  static constexpr absl::Duration kStalledMax = absl::Seconds(60);

  explicit OpenStreams(int max = kMax, absl::Duration stalled_max = kStalledMax);
  ~OpenStreams();
  OpenStreams(const OpenStreams&) = delete;
  OpenStreams& operator=(const OpenStreams&) = delete;

  // Ends all that are open, and refuses new ones. Before the server's Shutdown.
  void Stop();

  class Waiting;

  // One open call. For the handler's thread alone.
  class Stream {
   public:
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    // OK while the caller is there. Else why the call is over: the caller took nothing or is gone,
    // or the server stops (SHUTTING_DOWN). A handler that waits for something looks here at least
    // every kLookInterval.
    absl::Status Alive() const;

   private:
    friend class OpenStreams;
    friend class Waiting;
    Stream(OpenStreams* streams, grpc::ServerContext* context, EntityUid agent)
        : streams_(*streams), context_(context), agent_(agent) {}

    OpenStreams& streams_;
    grpc::ServerContext* const context_;
    const EntityUid agent_;  // empty = not an agent's
    std::list<Stream*>::iterator place_;
    absl::Time waiting_since_ = absl::InfiniteFuture();  // guarded by streams_.mu_
    absl::Status ended_;                                 // guarded by streams_.mu_
  };

  // Stands while `stream` waits for its caller: around each write, and each read where there are
  // reads.
  class Waiting {
   public:
    explicit Waiting(Stream& stream);
    ~Waiting();
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

   private:
    Stream& stream_;
  };

  // What a handler's call comes to whose caller hung up.
  static absl::Status CallerGone();

  // So soon a handler notices that its caller is gone.
  static constexpr absl::Duration kLookInterval = absl::Milliseconds(50);

  // `context` outlives what is returned; `agent` is the caller, where it is one. OVERLOADED where
  // too many are open, SHUTTING_DOWN.
  absl::StatusOr<std::unique_ptr<Stream>> Open(grpc::ServerContext* context, EntityUid agent = {});

 private:
  void Run();
  // Whether there may be one more, of `agent` where it is not empty.
  bool HasRoomLocked(EntityUid agent) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Ends `stream` for the reason in `why`; its caller learns it.
  void EndLocked(Stream& stream, const absl::Status& why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const size_t max_;
  const absl::Duration stalled_max_;
  mutable absl::Mutex mu_;
  std::list<Stream*> open_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_OPEN_STREAMS_H_
