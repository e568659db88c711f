#ifndef LEASEHOLD_TESTS_UNIT_SERVER_BROKER_TARGETS_FOR_TESTS_H_
#define LEASEHOLD_TESTS_UNIT_SERVER_BROKER_TARGETS_FOR_TESTS_H_

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "leasehold/v1/identity.pb.h"
#include "server/policy/compiled_target.h"

namespace leasehold {

inline std::shared_ptr<const CompiledTarget> CompileTarget(const v1::Target& target) {
  auto compiled = CompiledTarget::Compile(target);
  INFO(compiled.status());
  REQUIRE(compiled.ok());
  return *std::move(compiled);
}

// A target named "shop" that may inject every secret.
inline v1::Target ShopAt(const std::string& base_url) {
  v1::Target target;
  target.set_name("targets/shop");
  target.set_base_url(base_url);
  target.add_secrets("**");
  return target;
}

inline v1::Target HeaderShop(const std::string& base_url, const std::string& header,
                             const std::string& text) {
  v1::Target target = ShopAt(base_url);
  target.mutable_injection()->mutable_header()->set_name(header);
  target.mutable_injection()->mutable_header()->set_template_(text);
  return target;
}

inline v1::Target BasicShop(const std::string& base_url) {
  v1::Target target = ShopAt(base_url);
  target.mutable_injection()->mutable_basic();
  return target;
}

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_SERVER_BROKER_TARGETS_FOR_TESTS_H_
