#ifndef LEASEHOLD_SERVER_API_RECEIVED_FIELDS_H_
#define LEASEHOLD_SERVER_API_RECEIVED_FIELDS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "leasehold/v1/secret.pb.h"
#include "server/vault/secret_fields.h"
#include "server/vault/vault.h"

namespace leasehold {

// The values of an AddVersionRequest, taken out of gRPC's memory. Everything that is done with
// plaintext between the socket and the vault is here. (What gRPC and the kernel keep of the bytes
// they read is out of reach.)
class ReceivedFields {
 public:
  // Moves the values into locked memory and wipes them in `request`. To be called before anything
  // can end the call, even before the caller is known: refused callers leave no values behind
  // either. What is wrong with them is kept until Take, so that a stranger learns nothing.
  //
  // gRPC hands requests over as const, but they are the call's own and nobody else reads them.
  explicit ReceivedFields(const v1::AddVersionRequest* request);

  // The fields; INVALID_ARGUMENT, TOO_LARGE, OVERLOADED. Once.
  absl::StatusOr<SecretFields> Take();

  // A digest of `fields` that tells repeats of a request apart. It stands in the ledger for good,
  // so it is keyed: a bare hash would let readers try out guesses of a short value.
  static std::string Digest(const Vault& vault, const SecretFields& fields);

 private:
  absl::Status error_;
  std::vector<SecretField> fields_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_RECEIVED_FIELDS_H_
