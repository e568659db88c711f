#ifndef LEASEHOLD_SERVER_BROKER_WIPED_BUFFER_H_
#define LEASEHOLD_SERVER_BROKER_WIPED_BUFFER_H_

#include <cstddef>
#include <memory>
#include <string_view>

namespace leasehold {

// A growing buffer for bytes that hold a credential: wiped when cleared, destroyed or moved to a
// larger place. Cannot be copied, printed or compared. One thread at a time.
class WipedBuffer {
 public:
  WipedBuffer() = default;
  ~WipedBuffer() { Clear(); }
  WipedBuffer(const WipedBuffer&) = delete;
  WipedBuffer& operator=(const WipedBuffer&) = delete;

  void Append(std::string_view bytes);
  // `count` bytes more at the end, for the caller to fill before the next call.
  char* Extend(size_t count);
  // Wipes everything; the room stays.
  void Clear();

  std::string_view view() const { return {data_.get(), size_}; }
  size_t size() const { return size_; }

 private:
  std::unique_ptr<char[]> data_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_WIPED_BUFFER_H_
