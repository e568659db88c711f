#ifndef LEASEHOLD_SERVER_API_GATE_H_
#define LEASEHOLD_SERVER_API_GATE_H_

#include <functional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/api/method_table.h"
#include "server/base/principal.h"
#include "server/identity/authenticator.h"

namespace grpc {
class ServerContextBase;
}

namespace leasehold {

// What a finished call tells metrics and log.
struct CallReport {
  const ApiMethod& method;
  const absl::Status& status;
  absl::Duration duration;
  const Principal* principal;  // null where the caller was not authenticated
};

// What every call passes, hot or not, before anything of its request is looked at: authentication,
// then the method table. So an error tells a stranger nothing about what exists. Safe from any
// thread.
class Gate {
 public:
  using Observer = std::function<void(const CallReport&)>;

  Gate(const Authenticator& authenticator, Observer observer)
      : authenticator_(authenticator), observer_(std::move(observer)) {}

  // The caller, if it may call `method`; UNAUTHENTICATED and the like, or ROLE_FORBIDDEN.
  absl::StatusOr<Principal> Admit(const grpc::ServerContextBase& context,
                                  const ApiMethod& method) const;

  void Observe(const CallReport& report) const { observer_(report); }

 private:
  const Authenticator& authenticator_;
  const Observer observer_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_GATE_H_
