#ifndef LEASEHOLD_STORAGE_SQLITE_ROW_CHECK_H_
#define LEASEHOLD_STORAGE_SQLITE_ROW_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "storage/rows.h"

namespace leasehold {

// A checksum that stands in a row beside what it covers: CRC-32 (the one of IEEE 802.3), which
// finds every change of up to four neighbouring bytes. SQLite has none, and the hashes of the tree
// only tell that one of 256 entries was changed, or of those behind the last full tile; this says
// which. It is no defence against somebody who changes both: the tree is.
//
// Numbers are added as 8 bytes, little-endian; texts with their length before them, so that bytes
// cannot move from one column to the next.
class RowCheck {
 public:
  RowCheck& Add(uint64_t number);
  RowCheck& Add(std::string_view bytes);

  // As the column holds it. Signed, since SQLite stores a number up to 2^31 in four bytes.
  int64_t value() const { return static_cast<int32_t>(~crc_); }

 private:
  void Update(const uint8_t* bytes, size_t count);
  uint32_t crc_ = 0xffffffffU;
};

// The columns named crc. Their tables are in storage/migrations.
int64_t EntryCheck(uint64_t index, std::string_view bytes);
// `field_names` as the column holds them.
int64_t VersionCheck(const VersionKey& key, uint32_t key_number, std::string_view field_names);
// sealed_crc.
int64_t SealedCheck(std::string_view wrapped_key, std::string_view ciphertext);
int64_t KeyCheck(int key_class, uint32_t number, std::string_view sealed);

}  // namespace leasehold

#endif  // LEASEHOLD_STORAGE_SQLITE_ROW_CHECK_H_
