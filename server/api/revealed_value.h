#ifndef LEASEHOLD_SERVER_API_REVEALED_VALUE_H_
#define LEASEHOLD_SERVER_API_REVEALED_VALUE_H_

#include <string>

#include "leasehold/v1/use.pb.h"
#include "server/vault/secret_fields.h"

namespace leasehold {

// The one place where values enter an API message: the answer to RevealSecret.
class RevealedValue {
 public:
  // Adds the field `name`, or all where it is empty. None where there is no such field.
  static void Write(const SecretFields& fields, const std::string& name,
                    v1::RevealSecretResponse* response);
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_REVEALED_VALUE_H_
