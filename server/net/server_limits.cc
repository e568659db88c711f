#include "server/net/server_limits.h"

#include <grpcpp/resource_quota.h>
#include <grpcpp/server_builder.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/logging/log.h"

namespace leasehold {
namespace {

// A whole policy set is the largest request; a version's fields are at most 64 KiB.
constexpr int kRequestBytesMax = 4 << 20;
// A page of 1,000 ledger entries with their texts is the largest answer.
constexpr int kReplyBytesMax = 16 << 20;
// Tokens and trace headers; gRPC's own default of 8 KiB is met by long JWTs.
constexpr int kMetadataBytesMax = 16 << 10;
// Calls at once on one connection. What they may queue in all is limited by the committer.
constexpr int kCallsPerConnectionMax = 1000;
// Whoever connects and says nothing holds a place only for this long; gRPC's default is 120 s.
constexpr int kHandshakeMs = 10'000;
// A peer that vanished without a FIN gives its place back after 80 s.
constexpr int kKeepaliveMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
// Clients may ask as often as that whether we are alive, also between calls; below it gRPC closes
// the connection.
constexpr int kPingIntervalMinMs = 10'000;

// Threads of the synchronous API. 64 calls may hold one for long (Gate::kCallsMax); the others
// refuse what comes beyond that, with a sentence and a hint when to retry. Where even they do not
// suffice gRPC refuses by itself, with neither.
constexpr int kSyncThreadsMax = 256;
// Threads that wait for the next call. One is enough to take it; those that have just finished one
// may stay, so that a burst does not make a thread for each call.
constexpr int kSyncPollersMin = 1;
constexpr int kSyncPollersMax = 16;

// 1,280 of the gRPC listeners (connection_limits.h), and as many again for broker, upstreams and
// files.
constexpr rlim_t kDescriptors = 4096;

}  // namespace

void LimitServer(grpc::ServerBuilder& builder, size_t memory_bytes) {
  grpc::ResourceQuota quota("leasehold");
  quota.Resize(memory_bytes);
  quota.SetMaxThreads(kSyncThreadsMax);
  builder.SetResourceQuota(quota);
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, kSyncPollersMin);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, kSyncPollersMax);
  builder.SetMaxReceiveMessageSize(kRequestBytesMax);
  builder.SetMaxSendMessageSize(kReplyBytesMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytesMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kCallsPerConnectionMax);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kPingIntervalMinMs);
}

absl::Status RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return Error(Reason::kIo, StrCat("cannot read the descriptor limit: ", std::strerror(errno)));
  }
  if (limit.rlim_cur >= kDescriptors) return absl::OkStatus();
  limit.rlim_cur = std::min(kDescriptors, limit.rlim_max);
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return Error(Reason::kIo, StrCat("cannot raise the descriptor limit: ", std::strerror(errno)));
  }
  if (limit.rlim_cur < kDescriptors) {
    LogWarning("fewer connections fit than the server admits: raise the hard limit (ulimit -Hn)",
               {{"descriptors", limit.rlim_cur}, {"wanted", kDescriptors}});
  }
  return absl::OkStatus();
}

}  // namespace leasehold
