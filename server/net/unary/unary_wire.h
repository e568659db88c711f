#ifndef LEASEHOLD_SERVER_NET_UNARY_UNARY_WIRE_H_
#define LEASEHOLD_SERVER_NET_UNARY_UNARY_WIRE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace leasehold {

// How gRPC puts one message and one status into HTTP/2:
//
//   body      1 byte    0: as it is, 1: compressed
//             4 bytes   length of the message, big-endian
//             n bytes   the message
//   trailers  grpc-status                the code, in digits
//             grpc-message               the text, percent-encoded
//             grpc-status-details-bin    google.rpc.Status, base64 without padding
//
// All functions are pure.

inline constexpr size_t kMessagePrefixBytes = 5;

// The one message in `body`, the whole body of a unary request. INVALID_ARGUMENT for a compressed
// one, for a length that is not that of the rest, and for none or several.
absl::StatusOr<std::string_view> MessageIn(std::string_view body);

// A body that holds `message`.
std::string BodyOf(std::string_view message);

// As grpc-message wants it: what is not printable ASCII, and `%`, as %XX.
std::string PercentEncode(std::string_view text);

// As "-bin" headers want it.
std::string Base64Unpadded(std::string_view bytes);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_UNARY_UNARY_WIRE_H_
