#ifndef LEASEHOLD_SERVER_API_GATE_H_
#define LEASEHOLD_SERVER_API_GATE_H_

#include <functional>
#include <span>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/api/method_table.h"
#include "server/api/slots.h"
#include "server/base/principal.h"
#include "server/identity/authenticator.h"
#include "server/vault/sealable_vault.h"

namespace grpc {
class ServerContextBase;
class Status;
}  // namespace grpc

namespace leasehold {

struct ConnectionInfo;

// What a finished call tells metrics and log.
struct CallReport {
  const ApiMethod& method;
  const absl::Status& status;
  absl::Duration duration;
  const Principal* principal;  // null where the caller was not authenticated
};

// What every call passes, hot or not, before anything of its request is looked at: authentication,
// then the method table. So an error tells a stranger nothing about what exists. Each server has a
// gate of its own. Safe from any thread.
class Gate {
 public:
  using Observer = std::function<void(const CallReport&)>;

  // Calls of the synchronous API that a server has under way at most: each holds a thread, mostly
  // while it waits for a commit. Sixty-four such calls fill a commit; more would only wait longer.
  static constexpr int kCallsMax = 64;

  Gate(const Authenticator& authenticator, const SealableVault& vault, Observer observer,
       int calls_max = kCallsMax)
      : authenticator_(authenticator),
        vault_(vault),
        observer_(std::move(observer)),
        calls_(calls_max, "too many calls are under way; try again") {}

  // The caller, if it may call `method`; UNAUTHENTICATED and the like, ROLE_FORBIDDEN, or SEALED.
  // Where anyone may, nobody is asked who he is: a Principal without a role.
  absl::StatusOr<Principal> Admit(const grpc::ServerContextBase& context,
                                  const ApiMethod& method) const;

  // The same for a call that came in at a Unix socket without gRPC; `authorization` are its headers
  // of that name.
  absl::StatusOr<Principal> Admit(const ConnectionInfo& connection,
                                  std::span<const std::string> authorization,
                                  const ApiMethod& method) const;

  // Everything around a call of the synchronous API: takes a slot among those that hold a thread,
  // admits the caller, runs `handle`, observes, and gives gRPC's form of the outcome.
  grpc::Status Pass(const grpc::ServerContextBase& context, const ApiMethod& method,
                    absl::FunctionRef<absl::Status(const Principal&)> handle) const;

  void Observe(const CallReport& report) const { observer_(report); }

 private:
  absl::StatusOr<Principal> Admit(const Presented& presented, const ApiMethod& method) const;

  const Authenticator& authenticator_;
  const SealableVault& vault_;
  const Observer observer_;
  mutable Slots calls_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_GATE_H_
