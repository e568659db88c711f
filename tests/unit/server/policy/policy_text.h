#ifndef LEASEHOLD_TESTS_UNIT_SERVER_POLICY_POLICY_TEXT_H_
#define LEASEHOLD_TESTS_UNIT_SERVER_POLICY_POLICY_TEXT_H_

#include <google/protobuf/text_format.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "leasehold/v1/policy.pb.h"
#include "server/policy/compiled_policies.h"

namespace leasehold {

// A message written in protobuf's text format; fails the test where that is wrong.
template <typename Message>
Message FromText(const std::string& text) {
  Message message;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

// The policies of a set in text format, compiled as revision 1.
inline std::shared_ptr<const CompiledPolicies> CompileText(const std::string& text) {
  const auto compiled = CompiledPolicies::Compile(FromText<v1::PolicySet>(text), PolicyRevision(1));
  INFO(compiled.status().message());
  REQUIRE(compiled.ok());
  return *compiled;
}

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_SERVER_POLICY_POLICY_TEXT_H_
