#include "client/cli/lease_keep_alive.h"

#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "client/cli/event_lines.h"
#include "client/cli/lease_text.h"
#include "client/cli/lease_token.h"
#include "client/cli/session.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/time_text.h"
#include "client/cli/time_argument.h"
#include "leasehold/v1/lease.grpc.pb.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

using Stream = grpc::ClientReaderWriter<v1::KeepAliveRequest, v1::KeepAliveResponse>;

// Often enough for leases of some minutes, and an entry of the ledger each time.
constexpr absl::Duration kDefaultInterval = absl::Minutes(1);

absl::Status KeepAlive(Stream& stream, const v1::KeepAliveRequest& message, absl::Duration interval,
                       EventLines& lines) {
  absl::Notification over;
  std::thread writer([&] {
    while (stream.Write(message) && !over.WaitForNotificationWithTimeout(interval)) {
    }
    stream.WritesDone();
  });
  absl::Status written;
  v1::KeepAliveResponse answer;
  while (written.ok() && stream.Read(&answer)) {
    if (answer.has_lease() && !lines.Enough()) {
      const v1::Lease& lease = answer.lease();
      written = lines.Write(MessageJson(lease),
                            {LeaseStateText(lease), lease.name(), TimeCell(lease.expire_time())});
    }
    if (lines.Enough() && !over.HasBeenNotified()) over.Notify();
  }
  // Why the lease is over is said in the last message and in the status: once is enough.
  if (!over.HasBeenNotified()) over.Notify();
  writer.join();
  return written;
}

absl::StatusOr<ExitStatus> Run(Session& session) {
  const Arguments& args = session.args();
  v1::KeepAliveRequest message;
  ASSIGN_OR_RETURN(*message.mutable_token(), ReadLeaseToken(session));
  if (const auto ttl = args.Get("ttl")) {
    ASSIGN_OR_RETURN(const absl::Duration duration, ParseSpan(*ttl, "ttl"));
    *message.mutable_ttl() = DurationOf(duration);
  }
  absl::Duration interval = kDefaultInterval;
  if (const auto every = args.Get("every")) {
    ASSIGN_OR_RETURN(interval, ParseSpan(*every, "every"));
  }
  EventLines lines(session, {"STATE", "LEASE", "EXPIRES"});
  RETURN_IF_ERROR(lines.ParseCount());
  ASSIGN_OR_RETURN(Connection * server, session.server());
  return lines.End(server->Talk(&v1::LeaseService::Stub::KeepAlive, [&](Stream& stream) {
    return KeepAlive(stream, message, interval, lines);
  }));
}

}  // namespace

Command LeaseKeepAliveCommand() {
  return {
      .name = "keep-alive",
      .summary = "renew a lease again and again, and say when it is over (as an agent)",
      .details =
          "Runs until the lease ends, and then exits with the reason: within 100 ms of a "
          "revocation.",
      .flags = {LeaseTokenFlag(),
                {.name = "ttl",
                 .value = "DURATION",
                 .help = "from each renewal; without it what the policy gives"},
                {.name = "every", .value = "DURATION", .help = "how often; without it 1m"},
                EventLines::CountFlag()},
      .examples = {"LEASEHOLD_TOKEN_FILE=demo-bot.token leasehold lease keep-alive --token-file "
                   "demo.lease --count 1"},
      .run = Run,
  };
}

}  // namespace leasehold
