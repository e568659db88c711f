#ifndef LEASEHOLD_SERVER_API_STREAM_HOLDER_H_
#define LEASEHOLD_SERVER_API_STREAM_HOLDER_H_

#include <grpcpp/server_context.h>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/api/gate.h"
#include "server/leases/lease_authority.h"

namespace leasehold {

// Who holds a watch, looked at again and again: no watch outlives what its caller was let in with.
// For the handler's thread.
class StreamHolder {
 public:
  // What the ledger says of the caller is looked at each time, the rest (certificates and their
  // lists, JSON Web Tokens, sessions) so often, for it may take a signature's check.
  static constexpr absl::Duration kAdmitInterval = absl::Seconds(1);

  // The arguments outlive it.
  StreamHolder(LeaseAuthority& authority, const Gate& gate, const grpc::ServerContext& context,
               const ApiMethod& method, const Principal& principal)
      : authority_(authority),
        gate_(gate),
        context_(context),
        method_(method),
        principal_(principal),
        admitted_(absl::Now()) {}

  // OK, or as Gate::Admit.
  absl::Status CheckAdmitted();
  // HELD where the caller is an agent that is held: stopping it stops its watches too.
  absl::Status CheckNotHeld() const;

 private:
  LeaseAuthority& authority_;
  const Gate& gate_;
  const grpc::ServerContext& context_;
  const ApiMethod& method_;
  const Principal& principal_;
  absl::Time admitted_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_STREAM_HOLDER_H_
