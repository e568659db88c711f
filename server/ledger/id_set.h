#ifndef LEASEHOLD_SERVER_LEDGER_ID_SET_H_
#define LEASEHOLD_SERVER_LEDGER_ID_SET_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "server/ledger/varint.h"

namespace leasehold {

// A set of ids whose stored form never exceeds kBytesMax. It may say yes where it should say no,
// never the other way: while the ids are few they are all there, then a Bloom filter stands for
// them, at last "everything". Zero is "none" and never in a set.
//
// Belongs to one thread at a time.
class IdSet {
 public:
  // Four sets and the bytes around them are a block's summary, at most four bytes an entry.
  static constexpr size_t kBytesMax = 1000;
  // With 1,024 ids the filter is wrong about one other id in forty, with this many about one in
  // five; beyond, it is not worth its bytes. It also limits what a set takes while it grows.
  static constexpr size_t kIdsMax = 2048;

  void Add(uint64_t id);
  bool MayContain(uint64_t id) const;

  // Appends the stored form, which is described in id_set.cc. Equal sets give equal bytes.
  void EncodeTo(std::string* out) const;
  // Reads what EncodeTo wrote; makes the reader fail for anything else.
  static IdSet DecodeFrom(ByteReader* reader);

 private:
  std::vector<uint64_t> ids_;  // ascending; empty once everything_ is set
  bool everything_ = false;
  std::string bloom_;  // not empty only in sets that were stored so; ids_ is empty then
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_ID_SET_H_
