#ifndef LEASEHOLD_SERVER_ENDPOINTS_FILE_H_
#define LEASEHOLD_SERVER_ENDPOINTS_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace leasehold {

// Where a running server can be reached.
struct Endpoints {
  std::string grpc;
  std::string broker;
  std::string metrics;
  std::string admin_socket;
  std::string revoke_socket;
  std::string agent_socket;
  std::string adapter_socket;
};

// endpoints.json in the data folder: there while a server serves, so that tools find one that chose
// its ports itself. Holds nothing secret.
class EndpointsFile {
 public:
  static constexpr char kName[] = "endpoints.json";

  // Written whole or not at all. IO.
  static absl::StatusOr<EndpointsFile> Write(const std::string& data_dir,
                                             const Endpoints& endpoints);
  EndpointsFile(EndpointsFile&& other) noexcept;
  EndpointsFile& operator=(EndpointsFile&& other) noexcept;
  // Removes the file.
  ~EndpointsFile();

 private:
  explicit EndpointsFile(std::string path) : path_(std::move(path)) {}
  std::string path_;  // empty = none
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_ENDPOINTS_FILE_H_
