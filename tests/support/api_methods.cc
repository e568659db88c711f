#include "tests/support/api_methods.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "leasehold/v1/admin.pb.h"
#include "leasehold/v1/approval.pb.h"
#include "leasehold/v1/identity.pb.h"
#include "leasehold/v1/lease.pb.h"
#include "leasehold/v1/ledger.pb.h"
#include "leasehold/v1/policy.pb.h"
#include "leasehold/v1/revocation.pb.h"
#include "leasehold/v1/secret.pb.h"
#include "leasehold/v1/use.pb.h"

namespace leasehold {
namespace {

// The linker leaves out what nobody names.
void LinkDescriptors() {
  for (const google::protobuf::Descriptor* message :
       {v1::Status::descriptor(), v1::Approval::descriptor(), v1::Agent::descriptor(),
        v1::Lease::descriptor(), v1::LedgerEntry::descriptor(), v1::PolicySet::descriptor(),
        v1::Revocation::descriptor(), v1::Secret::descriptor(),
        v1::AuthorizeUseRequest::descriptor()}) {
    REQUIRE(message != nullptr);
  }
}

}  // namespace

std::vector<const google::protobuf::MethodDescriptor*> EveryApiMethod() {
  LinkDescriptors();
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  for (const auto& entry : std::filesystem::directory_iterator("proto/leasehold/v1")) {
    const std::string name = "leasehold/v1/" + entry.path().filename().string();
    INFO(name << " has to be linked: name one of its messages in api_methods.cc");
    const google::protobuf::FileDescriptor* const file =
        google::protobuf::DescriptorPool::generated_pool()->FindFileByName(name);
    REQUIRE(file != nullptr);
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        methods.push_back(file->service(s)->method(m));
      }
    }
  }
  return methods;
}

}  // namespace leasehold
