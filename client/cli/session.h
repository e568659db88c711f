#ifndef LEASEHOLD_CLIENT_CLI_SESSION_H_
#define LEASEHOLD_CLIENT_CLI_SESSION_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/arguments/parser.h"
#include "client/cli/connection.h"
#include "client/cli/terminal/console.h"

namespace leasehold {

// What one command runs with: what was typed, where to write, and the server. For one thread.
class Session {
 public:
  // Both are borrowed and outlive the session.
  Session(const Arguments* arguments, Console* console)
      : arguments_(*arguments), console_(*console) {}

  const Arguments& args() const { return arguments_; }
  Console& console() { return console_; }

  // The data folder of the server on this machine, whether or not it exists.
  std::string data_folder() const;

  // The server, by the address rules of server_place.h, with the agent token of the environment or
  // else the session of `leasehold login`: at the server where it began, which is also the one that
  // is meant where none is named and none is on this machine. The pointer lives as long as this.
  absl::StatusOr<Connection*> server();
  // The revocation listener where there is one, else server().
  absl::StatusOr<Connection*> revocation_server();

  // One call to server().
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const Request& request) {
    const auto connection = server();
    if (!connection.ok()) return connection.status();
    return (*connection)->Call(method, request);
  }

  // OK where the person agrees to `question`, or said --yes. Without a terminal and without --yes
  // a usage error: nobody could be asked.
  absl::Status Confirm(std::string_view question);

 private:
  // Whether this caller is the operator of a server on this machine, so that no login is needed.
  bool HasLocalServer() const;

  const Arguments& arguments_;
  Console& console_;
  std::unique_ptr<Connection> server_;
  std::unique_ptr<Connection> revocation_server_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_SESSION_H_
