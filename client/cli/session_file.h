#ifndef LEASEHOLD_CLIENT_CLI_SESSION_FILE_H_
#define LEASEHOLD_CLIENT_CLI_SESSION_FILE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace leasehold {

// The session that `leasehold login` began, and where.
struct SavedSession {
  std::string server;  // as the login named it
  std::string token;   // lho_...
  absl::Time expire_time;
};

// $XDG_CONFIG_HOME/leasehold/session, or ~/.config/leasehold/session.
std::string SessionFilePath();

// The session that is kept and has not ended; nullopt where there is none. An error where the file
// belongs to somebody else, or others may read it, or it is damaged: nothing of it is used then.
absl::StatusOr<std::optional<SavedSession>> LoadSession();

// Keeps it for this OS user alone (mode 0600), in place of an earlier one.
absl::Status SaveSession(const SavedSession& session);

// Nothing where there is none.
absl::Status RemoveSession();

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_SESSION_FILE_H_
