#ifndef LEASEHOLD_SERVER_BROKER_HTTP_BODY_SCANNER_H_
#define LEASEHOLD_SERVER_BROKER_HTTP_BODY_SCANNER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace leasehold {

// How the end of a message's body is told.
struct BodyLength {
  enum class Kind { kNone, kLength, kChunked, kUntilClose };
  Kind kind = Kind::kNone;
  uint64_t bytes = 0;  // of kLength
};

// Follows a body on its way through and says where it ends. The bytes are passed on as they came,
// chunk framing included: what was checked is what is sent. One object a message.
//
// Chunked framing (RFC 9112, section 7.1) is read strictly: hex digits, CRLF, that many bytes,
// CRLF. Extensions and trailers, by which requests have been smuggled, are refused in requests and
// checked in responses.
class BodyScanner {
 public:
  enum class Rules { kRequest, kResponse };

  BodyScanner(BodyLength length, Rules rules);

  // How many bytes at the front of `bytes` belong to the body, as far as they are right. Look at
  // offence() and done() afterwards.
  size_t Take(std::string_view bytes);

  // The body has ended. Never for kUntilClose.
  bool done() const { return state_ == State::kDone; }
  // To follow "the body has"; empty where nothing is wrong.
  std::string_view offence() const { return offence_; }

 private:
  // In chunked framing, what is expected next.
  enum class State {
    kCounted,     // remaining_ bytes, then the end
    kUntilClose,  // everything
    kSize,
    kExtension,
    kSizeLf,
    kData,  // remaining_ bytes
    kDataCr,
    kDataLf,
    kTrailerStart,
    kTrailer,
    kTrailerLf,
    kEndLf,
    kDone,
    kBroken,
  };
  size_t TakeData(size_t available, State next);
  void TakeFraming(char c);
  void TakeSize(char c);
  void EndSize();
  // To `next` where `c` is `wanted`.
  void Expect(char c, char wanted, State next);
  void Break(std::string_view offence);

  State state_;
  const Rules rules_;
  uint64_t remaining_ = 0;
  int size_digits_ = 0;
  // Bytes of this chunk's extension, or of all trailers.
  size_t extra_bytes_ = 0;
  std::string_view offence_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_HTTP_BODY_SCANNER_H_
