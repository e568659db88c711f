#ifndef LEASEHOLD_TESTS_SUPPORT_API_METHODS_H_
#define LEASEHOLD_TESTS_SUPPORT_API_METHODS_H_

#include <google/protobuf/descriptor.h>

#include <vector>

namespace leasehold {

// Every method of every service in proto/leasehold/v1, by the files that are there: a new one
// cannot be left out. Fails the test where a file of that folder is not linked into it.
std::vector<const google::protobuf::MethodDescriptor*> EveryApiMethod();

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_SUPPORT_API_METHODS_H_
