#include "server/broker/http/body_scanner.h"

#include <algorithm>

namespace leasehold {
namespace {

// 2^60 - 1 bytes; a longer number could overflow in the next parser.
constexpr int kSizeDigitsMax = 15;
// What a response may spend on extensions of a chunk or on its trailers.
constexpr size_t kExtraBytesMax = 8192;

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsTextByte(char c) {
  return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

}  // namespace

BodyScanner::BodyScanner(BodyLength length, Rules rules) : state_(State::kDone), rules_(rules) {
  switch (length.kind) {
    case BodyLength::Kind::kNone:
      break;
    case BodyLength::Kind::kLength:
      remaining_ = length.bytes;
      if (remaining_ > 0) state_ = State::kCounted;
      break;
    case BodyLength::Kind::kChunked:
      state_ = State::kSize;
      break;
    case BodyLength::Kind::kUntilClose:
      state_ = State::kUntilClose;
      break;
  }
}

size_t BodyScanner::Take(std::string_view bytes) {
  size_t taken = 0;
  while (taken < bytes.size()) {
    switch (state_) {
      case State::kDone:
      case State::kBroken:
        return taken;
      case State::kUntilClose:
        return bytes.size();
      case State::kCounted:
        taken += TakeData(bytes.size() - taken, State::kDone);
        break;
      case State::kData:
        taken += TakeData(bytes.size() - taken, State::kDataCr);
        break;
      default:
        TakeFraming(bytes[taken]);
        if (state_ == State::kBroken) return taken;
        ++taken;
    }
  }
  return taken;
}

size_t BodyScanner::TakeData(size_t available, State next) {
  const auto count = static_cast<size_t>(std::min<uint64_t>(available, remaining_));
  remaining_ -= count;
  if (remaining_ == 0) state_ = next;
  return count;
}

void BodyScanner::TakeFraming(char c) {
  switch (state_) {
    case State::kSize:
      return TakeSize(c);
    case State::kExtension:
      if (c == '\r') {
        state_ = State::kSizeLf;
      } else if (!IsTextByte(c) || ++extra_bytes_ > kExtraBytesMax) {
        Break("a chunk extension that is too long or no text");
      }
      return;
    case State::kSizeLf:
      if (c != '\n') return Break("a chunk size that is not followed by CRLF");
      return EndSize();
    case State::kDataCr:
      return Expect(c, '\r', State::kDataLf);
    case State::kDataLf:
      return Expect(c, '\n', State::kSize);
    case State::kTrailerStart:
      if (c == '\r') {
        state_ = State::kEndLf;
        return;
      }
      if (rules_ == Rules::kRequest) return Break("trailer fields, which are not passed on");
      state_ = State::kTrailer;
      [[fallthrough]];
    case State::kTrailer:
      if (c == '\r') {
        state_ = State::kTrailerLf;
      } else if (!IsTextByte(c) || ++extra_bytes_ > kExtraBytesMax) {
        Break("trailer fields that are too long or no text");
      }
      return;
    case State::kTrailerLf:
      return Expect(c, '\n', State::kTrailerStart);
    default:
      return Expect(c, '\n', State::kDone);
  }
}

void BodyScanner::TakeSize(char c) {
  const int digit = HexValue(c);
  if (digit >= 0) {
    if (++size_digits_ > kSizeDigitsMax) return Break("a chunk size that is too large");
    remaining_ = remaining_ * 16 + static_cast<uint64_t>(digit);
    return;
  }
  if (size_digits_ == 0) return Break("a chunk without a size");
  if (c == '\r') {
    state_ = State::kSizeLf;
  } else if (rules_ == Rules::kResponse && (c == ';' || c == ' ' || c == '\t')) {
    // Some servers pad the size with blanks.
    extra_bytes_ = 0;
    state_ = State::kExtension;
  } else {
    Break("a chunk size with something behind it");
  }
}

void BodyScanner::EndSize() {
  size_digits_ = 0;
  if (remaining_ > 0) {
    state_ = State::kData;
  } else {
    extra_bytes_ = 0;
    state_ = State::kTrailerStart;
  }
}

void BodyScanner::Expect(char c, char wanted, State next) {
  if (c == wanted) {
    state_ = next;
  } else {
    Break("a chunk that does not end with CRLF");
  }
}

void BodyScanner::Break(std::string_view offence) {
  state_ = State::kBroken;
  offence_ = offence;
}

}  // namespace leasehold
