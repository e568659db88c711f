#ifndef LEASEHOLD_SERVER_BROKER_HTTP_TRACE_PARENT_H_
#define LEASEHOLD_SERVER_BROKER_HTTP_TRACE_PARENT_H_

#include <string>
#include <string_view>

namespace leasehold {

// The trace id in a `traceparent` field (W3C Trace Context), as 16 bytes; empty where the value is
// not valid, which by that standard is as if there were none.
std::string ParseTraceId(std::string_view traceparent);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_HTTP_TRACE_PARENT_H_
