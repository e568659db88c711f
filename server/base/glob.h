#ifndef LEASEHOLD_SERVER_BASE_GLOB_H_
#define LEASEHOLD_SERVER_BASE_GLOB_H_

#include <string_view>

namespace leasehold {

// Whether `pattern` matches the whole of `text`, byte for byte; `*` stands for any bytes, also
// none. At worst as many steps as the product of both sizes. Does not allocate.
bool GlobMatches(std::string_view pattern, std::string_view text);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BASE_GLOB_H_
