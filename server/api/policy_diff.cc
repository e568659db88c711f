#include "server/api/policy_diff.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "server/api/request_checks.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// More is no answer to "what changed"; `leasehold policy show --revision` has the rest.
constexpr size_t kKeysMax = 20;
constexpr std::string_view kMore = "...";

// Whether a reader of the file would call it one value: a duration, or a condition on an argument.
bool IsOneValue(const FieldDescriptor& field) {
  return field.message_type()->full_name().starts_with("google.protobuf.") || field.is_map();
}

// Adds the keys under `prefix` in which two messages of one type differ.
class KeyDiff {
 public:
  explicit KeyDiff(std::vector<std::string>* keys) : keys_(keys) {}

  void Compare(const Message& a, const Message& b, const std::string& prefix) {
    const auto* descriptor = a.GetDescriptor();
    // In the order in which the message declares them.
    for (int i = 0; i < descriptor->field_count() && !full(); ++i) {
      CompareField(a, b, *descriptor->field(i), prefix);
    }
  }

 private:
  bool full() const { return !keys_->empty() && keys_->back() == kMore; }

  void Add(std::string key) {
    if (full()) return;
    keys_->push_back(keys_->size() < kKeysMax ? std::move(key) : std::string(kMore));
  }

  // The bytes of one field alone.
  static std::string BytesOf(const Message& message, const FieldDescriptor& field) {
    const std::unique_ptr<Message> alone(message.New());
    alone->CopyFrom(message);
    std::vector<const FieldDescriptor*> set;
    message.GetReflection()->ListFields(message, &set);
    for (const FieldDescriptor* other : set) {
      if (other != &field) alone->GetReflection()->ClearField(alone.get(), other);
    }
    return DeterministicBytes(*alone);
  }

  void CompareField(const Message& a, const Message& b, const FieldDescriptor& field,
                    const std::string& prefix) {
    const std::string key = StrCat(prefix, field.name());
    const bool nested = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !IsOneValue(field);
    if (!nested) {
      if (BytesOf(a, field) != BytesOf(b, field)) Add(key);
      return;
    }
    const Reflection& in_a = *a.GetReflection();
    const Reflection& in_b = *b.GetReflection();
    if (!field.is_repeated()) {
      if (in_a.HasField(a, &field) || in_b.HasField(b, &field)) {
        Compare(in_a.GetMessage(a, &field), in_b.GetMessage(b, &field), key + ".");
      }
      return;
    }
    const int of_a = in_a.FieldSize(a, &field);
    const int of_b = in_b.FieldSize(b, &field);
    for (int i = 0; i < std::max(of_a, of_b) && !full(); ++i) {
      const std::string item = StrCat(key, "[", i, "]");
      if (i >= of_a || i >= of_b) {
        Add(item);
      } else {
        Compare(in_a.GetRepeatedMessage(a, &field, i), in_b.GetRepeatedMessage(b, &field, i),
                item + ".");
      }
    }
  }

  std::vector<std::string>* keys_;
};

std::map<std::string, const v1::Policy*> ByName(const v1::PolicySet& set) {
  std::map<std::string, const v1::Policy*> policies;
  for (const v1::Policy& policy : set.policies()) policies[policy.name()] = &policy;
  return policies;
}

}  // namespace

PolicyDiff DiffPolicies(const v1::PolicySet& before, const v1::PolicySet& after) {
  PolicyDiff diff;
  std::map<std::string, const v1::Policy*> old_policies = ByName(before);
  for (const auto& [name, policy] : ByName(after)) {
    const auto old = old_policies.find(name);
    if (old == old_policies.end()) {
      diff.added.push_back(name);
      continue;
    }
    if (DeterministicBytes(*old->second) != DeterministicBytes(*policy)) {
      PolicyKeyChanges changes{.policy = name, .keys = {}};
      KeyDiff(&changes.keys).Compare(*old->second, *policy, "");
      diff.changed.push_back(std::move(changes));
    }
    old_policies.erase(old);
  }
  for (const auto& [name, policy] : old_policies) diff.removed.push_back(name);
  return diff;
}

}  // namespace leasehold
