#ifndef LEASEHOLD_SERVER_CONFIG_IDENTITY_RULES_H_
#define LEASEHOLD_SERVER_CONFIG_IDENTITY_RULES_H_

#include "server/base/crypto_bytes.h"
#include "server/config/config.h"

namespace leasehold {

// SHA-256 over everything in the configuration that says who callers are, in a form that is the
// same for the same meaning. The ledger records when it changes, so that one can tell under which
// rules somebody came in.
Hash IdentityRulesHash(const Config& config);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_CONFIG_IDENTITY_RULES_H_
