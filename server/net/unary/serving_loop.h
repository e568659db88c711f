#ifndef LEASEHOLD_SERVER_NET_UNARY_SERVING_LOOP_H_
#define LEASEHOLD_SERVER_NET_UNARY_SERVING_LOOP_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/net/socket/owned_fd.h"
#include "server/net/unary/http2_connection.h"
#include "server/net/unary/unary_server.h"

namespace leasehold {

// The thread of a UnaryServer that serves all its connections.
class ServingLoop {
 public:
  ServingLoop(const UnaryServer::Options& options, UnaryServer::Handler handler);
  ~ServingLoop();
  ServingLoop(const ServingLoop&) = delete;
  ServingLoop& operator=(const ServingLoop&) = delete;

  // IO where the system has no descriptors left.
  absl::Status Start();
  // Serves one more connection. Any thread.
  void Add(OwnedFd socket, ConnectionInfo info);
  // See UnaryServer::Stop. Not from the loop's own thread; at most once.
  void Stop(absl::Duration drain);

 private:
  // Where other threads leave what the loop is to do. Answers may come when the loop is gone, so
  // they share it.
  class Inbox {
   public:
    struct Newcomer {
      OwnedFd socket;
      ConnectionInfo info;
    };
    struct Answered {
      uint64_t connection;
      int32_t stream;
      UnaryAnswer answer;
    };
    struct Contents {
      std::vector<Newcomer> newcomers;
      std::vector<Answered> answers;
      bool stop = false;
      absl::Time stop_by;
    };

    absl::Status Open();
    int fd() const { return event_.get(); }
    void Put(Newcomer newcomer);
    void Put(Answered answered);
    void PutStop(absl::Time by);
    // What was put since the last call; a stop stays.
    Contents Take();

   private:
    void Wake();

    OwnedFd event_;
    absl::Mutex mu_;
    Contents contents_ ABSL_GUARDED_BY(mu_);
  };

  void Run();
  // Waits until there is something to do, at most until `deadline`.
  std::vector<uint64_t> AwaitReady(absl::Time deadline);
  void Welcome(Inbox::Newcomer newcomer);
  void Serve(uint64_t id, bool readable);
  absl::Time NextDeadline() const;
  void CloseLate();
  bool AllQuiet() const;

  const std::string thread_name_;
  const absl::Duration peer_time_max_;
  const UnaryServer::Handler handler_;
  const std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
  std::thread thread_;

  // The loop's thread only.
  std::map<uint64_t, std::unique_ptr<Http2Connection>> connections_;
  uint64_t last_id_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_UNARY_SERVING_LOOP_H_
