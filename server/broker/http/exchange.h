#ifndef LEASEHOLD_SERVER_BROKER_HTTP_EXCHANGE_H_
#define LEASEHOLD_SERVER_BROKER_HTTP_EXCHANGE_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/broker/http/body_scanner.h"
#include "server/broker/http/broker_context.h"
#include "server/broker/http/problem.h"
#include "server/broker/http/request_head.h"
#include "server/broker/http/response_head.h"
#include "server/broker/http/stream.h"
#include "server/broker/wiped_buffer.h"
#include "server/leases/point_of_use.h"

namespace leasehold {

// One request that was allowed, on its way to the target and back. The response may begin before
// the request has ended: then both bodies flow at once, the request's in a coroutine of its own.
//
// A use is sent at most once. A kept connection that turns out to be closed is replaced only where
// not one byte of the request had been written to it.
class Exchange final : public Sweeper::Swept {
 public:
  // `client` and `head` stay until Run has ended; the head's `head_bytes` are at the front of the
  // client's input and are consumed. `use` is allowed and has target and credential.
  Exchange(BrokerContext* context, Stream* client, const RequestHead* head, size_t head_bytes,
           UseReply use);
  ~Exchange() override;

  // Runs it to its end. A Problem where nothing was sent to the client, who is to be told.
  boost::asio::awaitable<std::optional<Problem>> Run();

  // Afterwards: whether the client's connection can carry another request.
  bool client_reusable() const { return client_reusable_; }
  // Afterwards: the status that was sent, where no Problem was returned.
  int status() const { return response_.status; }

  // Starts to watch the lease of what is not over after one sweep, and looks whether the client is
  // still there. So short requests cost no watch, and what was revoked meanwhile is cut at once.
  void Sweep(Sweeper::TimePoint now) override;

 private:
  using MaybeProblem = std::optional<Problem>;
  // The way from another thread into an exchange that may be over.
  struct Handle {
    Exchange* exchange;
  };

  // Sends the head and what is there of the body, having looked again at the lease.
  boost::asio::awaitable<MaybeProblem> Send();
  // What became of the first bytes of the request.
  struct FirstWrite {
    absl::Status usable;  // why the lease cannot be used any more; nothing was written then
    Io io = Io::kOk;
    bool begun = false;  // something was written
  };
  // Writes what goes at once of `parts`, at least one byte, and that only while the lease is
  // usable: whoever has been told that it is revoked sees no use begin.
  boost::asio::awaitable<FirstWrite> WriteFirstBytes(Stream::Parts* parts);
  // Gets a connection into target_; `fresh` = not a kept one.
  boost::asio::awaitable<MaybeProblem> Reach(bool fresh);
  boost::asio::awaitable<void> Upload();
  void EndUpload(std::optional<Problem> failure);
  boost::asio::awaitable<MaybeProblem> ReceiveHead(size_t* head_bytes);
  boost::asio::awaitable<MaybeProblem> Download(size_t head_bytes);
  // Passes on what of the response has been read. False where the client is not reached any more
  // or the body is wrong; if nothing was sent then, response_begun_ stays false.
  boost::asio::awaitable<bool> PassOn(std::string* head, BodyScanner* body);
  // Waits until Upload has ended, which it is made to.
  boost::asio::awaitable<void> JoinUpload();
  // Watches the lease from now on, so that its end cuts both sides.
  void StartWatch();
  void CutBoth(const absl::Status& why);
  // Nothing happens any more, and nothing of the credential is left.
  void End();
  Problem TargetFailed(std::string_view what, int status) const;
  // Why the connection to the target ended.
  Problem WhyNoResponse(Io io) const;
  void Finish(bool whole_response);

  BrokerContext* const context_;
  Stream* const client_;
  const RequestHead* const head_;
  const size_t head_bytes_;
  UseReply use_;
  const bool to_head_;
  const bool keep_alive_;
  const bool expects_continue_;
  const Sweeper::TimePoint started_;
  // Time that was not spent waiting for the target.
  std::chrono::steady_clock::duration added_{};

  WipedBuffer request_;
  BodyScanner upload_;
  bool uploading_ = false;  // Upload is running
  bool uploaded_ = false;   // the target has the whole request
  bool upload_unwanted_ = false;
  std::optional<Problem> upload_failure_;
  std::optional<boost::asio::steady_timer> upload_ended_;

  std::unique_ptr<Stream> target_;
  bool target_kept_ = false;
  ResponseHead response_;
  bool response_begun_ = false;
  bool client_reusable_ = false;

  std::shared_ptr<Handle> handle_;
  std::unique_ptr<PointOfUse::Watch> watch_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_HTTP_EXCHANGE_H_
