#ifndef LEASEHOLD_SERVER_LEASES_POINT_OF_USE_H_
#define LEASEHOLD_SERVER_LEASES_POINT_OF_USE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/ids.h"
#include "server/base/principal.h"
#include "server/base/reason.h"
#include "server/policy/compiled_target.h"
#include "server/policy/tool_arguments.h"
#include "server/vault/secret_fields.h"

namespace leasehold {

// Which way a use came in; the numbers of the ledger's Adapter.
enum class Adapter {
  kGrpc = 1,
  kBroker = 2,
  kExtAuthz = 3,
  kAuthRequest = 4,
  kConnect = 5,
  kMcp = 6,
  kPostgres = 7,
};

// One use, as an adapter puts it.
struct UseRequest {
  // Who presents the token. The broker presents handles of others as itself, with the client's
  // address.
  Principal presenter;
  std::string token;  // lhl_... or lhb_...
  Adapter adapter = Adapter::kGrpc;
  std::string target;    // name without "targets/"; any text, judged as unknown where it is none
  std::string method;    // as on the wire
  std::string path;      // canonical, starts with '/', without query
  std::string trace_id;  // 16 bytes or empty
  // Whether an allowed answer must carry the secret's fields, to be injected.
  bool wants_credential = false;
  // Where not empty: the MCP tool that is called; method and path are empty then.
  std::string tool;
  // Parsed before anybody waits for it; null = the call has none.
  std::shared_ptr<const ToolArguments> arguments;
};

// A judged use. Durable in the ledger before anybody sees it (a refusal beyond ten alike in a
// minute is durable as a part of its summary, later).
struct UseReply {
  bool allowed = false;
  Reason reason = Reason::kNone;
  // Where allowed: the denial of a policy in observe mode, which is on record and was not enforced.
  Reason observed = Reason::kNone;
  // For the caller: what, why, what next. Already reduced to what the caller may know.
  std::string message;
  // Where denied for a while: after this long it is not denied for the same cause.
  std::optional<absl::Duration> retry_after;
  std::string policy;  // empty where the caller may not know
  std::string rule;
  PolicyRevision revision;
  std::optional<LogIndex> entry;
  LeaseNumber lease;  // empty where the token proved none
  bool write = false;
  // Where allowed and wanted.
  std::shared_ptr<const CompiledTarget> target;
  std::optional<SecretFields> credential;
};

// The one decision path: every way of using a secret asks here, and nobody else decides.
class PointOfUse {
 public:
  virtual ~PointOfUse() = default;

  // Judges `request` and calls `done` once its entry is durable, on a thread of the server's:
  // `done` must be short and must not block. An error means that nothing was decided
  // (kTokenMalformed, kTokenForeign, kRestoredEpoch, kUnauthenticated, kLedgerFull, kOverloaded,
  // kShuttingDown); it is never to be taken for "allowed". Safe from any thread.
  virtual void Authorize(UseRequest request,
                         absl::AnyInvocable<void(absl::StatusOr<UseReply>) &&> done) = 0;

  // Looks again, just before the first upstream byte: runs `write_first_bytes` if `lease` can still
  // be used, while no revocation can be acknowledged; else returns why not and does not run it.
  // `write_first_bytes` must not block: it hands bytes to a non-blocking socket.
  virtual absl::Status IfStillUsable(LeaseNumber lease,
                                     absl::FunctionRef<void()> write_first_bytes) = 0;

  // Calls `cut` once, from some thread of the server's, within 100 ms of the moment when `lease`
  // stops being usable (revoked, released, expired), at once where it already is not. Destroying
  // the watch ends it; `cut` does not run afterwards. For streams that are open.
  class Watch {
   public:
    virtual ~Watch() = default;
  };
  virtual std::unique_ptr<Watch> WatchLease(LeaseNumber lease,
                                            absl::AnyInvocable<void(absl::Status why) &&> cut) = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_POINT_OF_USE_H_
