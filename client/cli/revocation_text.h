#ifndef LEASEHOLD_CLIENT_CLI_REVOCATION_TEXT_H_
#define LEASEHOLD_CLIENT_CLI_REVOCATION_TEXT_H_

#include <string>

namespace leasehold {

class Facts;
namespace v1 {
class Revocation;
}  // namespace v1

// "agents/a: revoked, 2 leases; held (revocations/1, entry 12)", and a line for each thing that
// whoever revoked must know of: values to rotate, streams that were cut, leases that were listed.
std::string RevocationLines(const v1::Revocation& revocation, bool dry_run);

void AddRevocationFacts(const v1::Revocation& revocation, Facts* facts);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_REVOCATION_TEXT_H_
