#include "server/net/connection_info.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/security/auth_metadata_processor.h>
#include <grpcpp/security/server_credentials.h>

#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/base/check.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// Properties of the connection's AuthContext. They are not metadata: a client has no way to set
// them.
constexpr char kClassProperty[] = "leasehold_class";
constexpr char kUidProperty[] = "leasehold_uid";
constexpr char kAgentProperty[] = "leasehold_agent";

constexpr std::array kStampedClasses = {ConnectionClass::kAdmin, ConnectionClass::kAgent,
                                        ConnectionClass::kAdapter, ConnectionClass::kRevoke};

// Writes on each connection what its socket says about it.
//
// gRPC asks once per call, but the context belongs to the connection: a property added per call
// would pile up, and adding one while a handler of another call reads is a race. So the first call
// stamps under the lock; all later ones find the stamp and leave it. Handlers read after their own
// call has been here, hence after the last change.
class Stamper final : public grpc::AuthMetadataProcessor {
 public:
  explicit Stamper(ConnectionInfo info) : info_(std::move(info)) {}

  // It never waits for anything slow; a thread of its own would only cost a wake-up per call.
  bool IsBlocking() const override { return false; }

  grpc::Status Process(const InputMetadata& /*auth_metadata*/, grpc::AuthContext* context,
                       OutputMetadata* /*consumed*/, OutputMetadata* /*response*/) override {
    const absl::MutexLock lock(&mu_);
    if (!context->FindPropertyValues(kClassProperty).empty()) return grpc::Status::OK;
    if (info_.uid.has_value()) context->AddProperty(kUidProperty, StrCat(*info_.uid));
    if (!info_.agent.empty()) context->AddProperty(kAgentProperty, info_.agent);
    context->AddProperty(kClassProperty, std::string(ConnectionClassName(info_.cls)));
    return grpc::Status::OK;
  }

 private:
  const ConnectionInfo info_;
  absl::Mutex mu_;  // Guards the contexts of this socket's connections.
};

std::string_view OneValue(const grpc::AuthContext& context, const char* property) {
  const std::vector<grpc::string_ref> values = context.FindPropertyValues(property);
  LEASEHOLD_CHECK(values.size() <= 1, "a connection is stamped once");
  return values.empty() ? std::string_view() : std::string_view(values[0].data(), values[0].size());
}

}  // namespace

std::string_view ConnectionClassName(ConnectionClass cls) {
  switch (cls) {
    case ConnectionClass::kTcp:
      return "tcp";
    case ConnectionClass::kAdmin:
      return "admin";
    case ConnectionClass::kAgent:
      return "agent";
    case ConnectionClass::kAdapter:
      return "adapter";
    case ConnectionClass::kRevoke:
      return "revoke";
  }
  LEASEHOLD_CHECK(false, "a connection class without a name");
}

ConnectionInfo ConnectionOf(const grpc::AuthContext& context) {
  const std::string_view name = OneValue(context, kClassProperty);
  ConnectionInfo info;
  if (name.empty()) {
    info.certificate = OneValue(context, GRPC_X509_PEM_CERT_PROPERTY_NAME);
    if (!info.certificate.empty()) {
      info.certificate_chain = OneValue(context, GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME);
    }
    return info;
  }
  for (const ConnectionClass cls : kStampedClasses) {
    if (ConnectionClassName(cls) == name) info.cls = cls;
  }
  LEASEHOLD_CHECK(info.cls != ConnectionClass::kTcp, "only our own classes are stamped");
  const std::string_view uid = OneValue(context, kUidProperty);
  if (!uid.empty()) {
    uid_t number = 0;
    LEASEHOLD_CHECK(std::from_chars(uid.data(), uid.data() + uid.size(), number).ec == std::errc());
    info.uid = number;
  }
  info.agent = OneValue(context, kAgentProperty);
  return info;
}

std::shared_ptr<grpc::ServerCredentials> UnixSocketCredentials(const ConnectionInfo& info) {
  LEASEHOLD_CHECK(info.cls != ConnectionClass::kTcp);
  // "Local" credentials, because insecure ones do not take a processor. They also make gRPC check
  // that the socket is a Unix one.
  auto credentials = grpc::experimental::LocalServerCredentials(UDS);
  credentials->SetAuthMetadataProcessor(std::make_shared<Stamper>(info));
  return credentials;
}

}  // namespace leasehold
