#ifndef LEASEHOLD_SERVER_CONFIG_TLS_SETTINGS_H_
#define LEASEHOLD_SERVER_CONFIG_TLS_SETTINGS_H_

#include "absl/status/status.h"
#include "server/config/config.h"
#include "server/config/settings.h"

namespace leasehold {

// Checks `tls` and the rules for client certificates, and puts them into `config`. Reads none of
// the files. CONFIG_INVALID.
absl::Status ReadTls(const Settings& settings, Config& config);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_CONFIG_TLS_SETTINGS_H_
