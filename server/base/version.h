#ifndef LEASEHOLD_SERVER_BASE_VERSION_H_
#define LEASEHOLD_SERVER_BASE_VERSION_H_

#include <string_view>

namespace leasehold {

// Of server and command line; the project's version in the top CMakeLists.txt is the same.
inline constexpr std::string_view kLeaseholdVersion = "0.1.0";

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BASE_VERSION_H_
