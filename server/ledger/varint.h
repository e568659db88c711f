#ifndef LEASEHOLD_SERVER_LEDGER_VARINT_H_
#define LEASEHOLD_SERVER_LEDGER_VARINT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace leasehold {

// Numbers as in protobuf: seven bits a byte, the lowest first, the top bit set on all but the last
// byte. At most ten bytes.
void AppendVarint(std::string* out, uint64_t value);

// Reads bytes from the front to the back. Once something is missing or malformed all that follows
// fails too, so a reader may check ok() once at its end.
class ByteReader {
 public:
  // The bytes must outlive the reader.
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  // 0 where it fails: out of bytes, or not the shortest form of a number below 2^64.
  uint64_t Varint();
  // 0 where it fails.
  uint8_t Byte();
  // Empty where there are not so many.
  std::string_view Bytes(uint64_t count);

  // For what the caller finds wrong.
  void Fail();

  bool ok() const { return ok_; }
  // Whether everything went well and nothing is left over.
  bool AtEnd() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_VARINT_H_
