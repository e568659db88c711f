#ifndef LEASEHOLD_CLIENT_CLI_LEASE_TEXT_H_
#define LEASEHOLD_CLIENT_CLI_LEASE_TEXT_H_

#include <string>

namespace leasehold {

namespace v1 {
class Lease;
}  // namespace v1
class Facts;

// "active", "revoked", ...
std::string LeaseStateText(const v1::Lease& lease);

// What `lease acquire` and `lease show` say about a lease.
void AddLeaseFacts(const v1::Lease& lease, Facts* facts);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_LEASE_TEXT_H_
