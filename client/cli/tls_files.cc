#include "client/cli/tls_files.h"

#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

#include "client/cli/server_place.h"
#include "client/cli/terminal/cli_error.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

std::optional<std::string> PathOf(const Arguments& arguments, std::string_view flag,
                                  const char* variable) {
  const auto given = arguments.Get(flag);
  return given.has_value() ? given : Environment(variable);
}

absl::StatusOr<std::string> ReadPem(const std::string& path, std::string_view flag) {
  const std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file || text.str().find("-----BEGIN ") == std::string::npos) {
    return CliError(ExitStatus::kFailure,
                    StrCat("the file '", path, "' of --", flag, " is not there, or is not PEM"),
                    "PEM files hold blocks that begin with -----BEGIN");
  }
  return text.str();
}

}  // namespace

absl::StatusOr<ClientTls> ReadClientTls(const Arguments& arguments) {
  const auto ca = PathOf(arguments, "tls-ca", "LEASEHOLD_TLS_CA");
  const auto certificate = PathOf(arguments, "tls-cert", "LEASEHOLD_TLS_CERT");
  const auto key = PathOf(arguments, "tls-key", "LEASEHOLD_TLS_KEY");
  if (certificate.has_value() != key.has_value()) {
    return UsageError("a client certificate and its key are given together",
                      "name both, with --tls-cert and --tls-key");
  }
  if (certificate.has_value() && !ca.has_value()) {
    return UsageError("--tls-cert is of no use without --tls-ca",
                      "name the authorities of the server's certificate with --tls-ca");
  }
  ClientTls tls;
  if (!ca.has_value()) return tls;
  ASSIGN_OR_RETURN(tls.ca, ReadPem(*ca, "tls-ca"));
  if (certificate.has_value()) {
    ASSIGN_OR_RETURN(tls.certificate, ReadPem(*certificate, "tls-cert"));
    ASSIGN_OR_RETURN(tls.key, ReadPem(*key, "tls-key"));
  }
  return tls;
}

}  // namespace leasehold
