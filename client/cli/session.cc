#include "client/cli/session.h"

#include <unistd.h>

#include <optional>
#include <utility>

#include "client/cli/server_place.h"
#include "client/cli/session_file.h"
#include "client/cli/terminal/cli_error.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {

std::string Session::data_folder() const { return DataFolder(arguments_.Get("data-dir")); }

bool Session::HasLocalServer() const {
  // Who names a folder means the server there.
  return arguments_.Has("data-dir") || Environment("LEASEHOLD_DATA_DIR") ||
         access((data_folder() + "/admin.sock").c_str(), R_OK | W_OK) == 0;
}

absl::StatusOr<Connection*> Session::server() {
  if (server_ == nullptr) {
    ASSIGN_OR_RETURN(std::string token, AgentToken());
    ASSIGN_OR_RETURN(const ClientTls tls, ReadClientTls(arguments_));
    std::optional<SavedSession> login;
    if (token.empty()) {
      ASSIGN_OR_RETURN(login, LoadSession());
    }
    const bool names_server = arguments_.Has("server") || Environment("LEASEHOLD_SERVER");
    if (login.has_value() && !names_server && !HasLocalServer()) {
      server_ =
          std::make_unique<Connection>(std::move(login->server), std::move(login->token), tls);
      return server_.get();
    }
    // Agents find a server at its port without a folder, unless they name one.
    const bool by_folder = !names_server && (token.empty() || arguments_.Has("data-dir"));
    if (by_folder) RETURN_IF_ERROR(CheckDataFolder(data_folder()));
    ASSIGN_OR_RETURN(std::string address,
                     ServerAddress(arguments_.Get("server"), data_folder(),
                                   {.token = !token.empty(), .tls = tls.enabled()}));
    if (login.has_value() && login->server == address) token = std::move(login->token);
    server_ = std::make_unique<Connection>(std::move(address), std::move(token), tls);
  }
  return server_.get();
}

absl::StatusOr<Connection*> Session::revocation_server() {
  ASSIGN_OR_RETURN(Connection * main, server());
  std::string address = RevocationAddress(main->address());
  if (address == main->address()) return main;
  if (revocation_server_ == nullptr) {
    // With the token, where there is one: at an operator's socket too it says who is calling.
    revocation_server_ = std::make_unique<Connection>(std::move(address), main->token());
  }
  return revocation_server_.get();
}

absl::Status Session::Confirm(std::string_view question) {
  if (arguments_.Has("yes")) return absl::OkStatus();
  if (!console_.in_is_terminal()) {
    return UsageError(StrCat("nobody can be asked: ", question),
                      "add --yes to do it without asking");
  }
  if (console_.Confirm(question)) return absl::OkStatus();
  return CliError(ExitStatus::kFailure, "nothing was changed");
}

}  // namespace leasehold
