#include "server/endpoints_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// Paths may hold quotes and backslashes.
std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      quoted.push_back('\\');
    }
    quoted.push_back(c);
  }
  return quoted + "\"";
}

}  // namespace

absl::StatusOr<EndpointsFile> EndpointsFile::Write(const std::string& data_dir,
                                                   const Endpoints& endpoints) {
  std::string path = StrCat(data_dir, "/", kName);
  std::string fresh = path + ".new";
  {
    std::ofstream out(fresh, std::ios::trunc);
    out << "{\"grpc\":" << Quoted(endpoints.grpc) << ",\"broker\":" << Quoted(endpoints.broker)
        << ",\"metrics\":" << Quoted(endpoints.metrics)
        << ",\"admin_socket\":" << Quoted(endpoints.admin_socket)
        << ",\"revoke_socket\":" << Quoted(endpoints.revoke_socket)
        << ",\"agent_socket\":" << Quoted(endpoints.agent_socket)
        << ",\"adapter_socket\":" << Quoted(endpoints.adapter_socket) << ",\"pid\":" << getpid()
        << "}\n";
    out.flush();
    if (!out.good()) {
      std::remove(fresh.c_str());
      return Error(Reason::kIo, StrCat("cannot write ", fresh, ": ", std::strerror(errno)));
    }
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) {
    return Error(Reason::kIo, StrCat("cannot write ", path, ": ", std::strerror(errno)));
  }
  return EndpointsFile(std::move(path));
}

EndpointsFile::EndpointsFile(EndpointsFile&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

EndpointsFile& EndpointsFile::operator=(EndpointsFile&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

EndpointsFile::~EndpointsFile() {
  if (!path_.empty()) {
    std::remove(path_.c_str());
  }
}

}  // namespace leasehold
