#include "server/broker/wiped_buffer.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace leasehold {
namespace {

// An ordinary head fits without moving.
constexpr size_t kCapacityMin = 4096;

}  // namespace

void WipedBuffer::Append(std::string_view bytes) {
  if (bytes.empty()) return;
  std::memcpy(Extend(bytes.size()), bytes.data(), bytes.size());
}

char* WipedBuffer::Extend(size_t count) {
  if (size_ + count > capacity_) {
    const size_t capacity = std::max({kCapacityMin, capacity_ * 2, size_ + count});
    auto larger = std::make_unique<char[]>(capacity);
    if (size_ > 0) std::memcpy(larger.get(), data_.get(), size_);
    if (data_ != nullptr) OPENSSL_cleanse(data_.get(), size_);
    data_ = std::move(larger);
    capacity_ = capacity;
  }
  char* place = data_.get() + size_;
  size_ += count;
  return place;
}

void WipedBuffer::Clear() {
  if (size_ > 0) OPENSSL_cleanse(data_.get(), size_);
  size_ = 0;
}

}  // namespace leasehold
