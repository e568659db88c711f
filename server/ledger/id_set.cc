// The stored form of a set:
//
//   0x00  varint n, then n varints     the ids in ascending order: the first one itself, then the
//                                      difference of each to the one before
//   0x01  960 bytes                    a Bloom filter; bit b is bit b % 8 of byte b / 8
//   0x02                               every id
//
// The bits of an id are (low + i * high) % 7,680 for i = 0..4, where low and high are the two
// halves of StableHash(id), and high is made odd.
#include "server/ledger/id_set.h"

#include <algorithm>
#include <string_view>

#include "server/ledger/stable_hash.h"

namespace leasehold {
namespace {

enum Form : uint8_t { kList = 0, kBloom = 1, kEverything = 2 };

constexpr size_t kBloomBytes = 960;
static_assert(kBloomBytes + 1 <= IdSet::kBytesMax);
// The best number for 7.5 bits an id, which is what a filter of 1,024 ids has.
constexpr int kBloomProbes = 5;

// Calls `visit` with byte and mask of each bit of `id` until it returns false.
template <typename Visit>
bool VisitBits(uint64_t id, Visit visit) {
  const uint64_t hash = StableHash(id);
  const uint64_t low = hash & 0xffffffff;
  const uint64_t high = hash >> 32 | 1;
  for (uint64_t i = 0; i < kBloomProbes; ++i) {
    const uint64_t bit = (low + i * high) % (kBloomBytes * 8);
    if (!visit(bit / 8, static_cast<char>(1U << (bit % 8)))) return false;
  }
  return true;
}

void AddTo(std::string& bloom, uint64_t id) {
  VisitBits(id, [&](size_t byte, char mask) {
    bloom[byte] = static_cast<char>(bloom[byte] | mask);
    return true;
  });
}

}  // namespace

void IdSet::Add(uint64_t id) {
  if (id == 0 || everything_) return;
  if (!bloom_.empty()) {
    AddTo(bloom_, id);
    return;
  }
  // A block mentions few different ids, so keeping them sorted costs less than hashing them.
  const auto place = std::lower_bound(ids_.begin(), ids_.end(), id);
  if (place != ids_.end() && *place == id) return;
  if (ids_.size() == kIdsMax) {
    everything_ = true;
    ids_ = {};
    return;
  }
  ids_.insert(place, id);
}

bool IdSet::MayContain(uint64_t id) const {
  if (id == 0) return false;
  if (everything_) return true;
  if (bloom_.empty()) return std::binary_search(ids_.begin(), ids_.end(), id);
  return VisitBits(id, [&](size_t byte, char mask) { return (bloom_[byte] & mask) != 0; });
}

void IdSet::EncodeTo(std::string* out) const {
  if (everything_) {
    out->push_back(kEverything);
    return;
  }
  if (!bloom_.empty()) {
    out->push_back(kBloom);
    out->append(bloom_);
    return;
  }
  const size_t start = out->size();
  out->push_back(kList);
  AppendVarint(out, ids_.size());
  uint64_t previous = 0;
  for (const uint64_t id : ids_) {
    AppendVarint(out, id - previous);
    previous = id;
  }
  if (out->size() - start <= kBytesMax) return;
  out->resize(start);
  std::string bloom(kBloomBytes, '\0');
  for (const uint64_t id : ids_) AddTo(bloom, id);
  out->push_back(kBloom);
  out->append(bloom);
}

IdSet IdSet::DecodeFrom(ByteReader* reader) {
  IdSet set;
  switch (reader->Byte()) {
    case kList: {
      const uint64_t count = reader->Varint();
      uint64_t id = 0;
      for (uint64_t i = 0; i < count && reader->ok(); ++i) {
        const uint64_t next = id + reader->Varint();
        if (next <= id) reader->Fail();  // not ascending, or beyond 64 bits
        id = next;
        set.ids_.push_back(id);
      }
      break;
    }
    case kBloom:
      set.bloom_ = std::string(reader->Bytes(kBloomBytes));
      break;
    case kEverything:
      set.everything_ = true;
      break;
    default:
      reader->Fail();
  }
  return set;
}

}  // namespace leasehold
