#ifndef LEASEHOLD_TESTS_FAULTS_VFS_UNSYNCED_H_
#define LEASEHOLD_TESTS_FAULTS_VFS_UNSYNCED_H_

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>

namespace leasehold {

// What a power cut may take from one file: everything since its last sync, sector by sector and in
// any combination, as the disk may have written all of it, some or none. The file itself always has
// the newest bytes; this remembers the older ones.
class Unsynced {
 public:
  // Gives up to `size` bytes from `offset`, fewer at the end of the file.
  using Reader = std::function<std::string(uint64_t offset, uint64_t size)>;

  // A file of `size` bytes. `fresh`: it was made just now, and so was its name.
  Unsynced(uint64_t size, bool fresh) : durable_bytes_(size), fresh_(fresh) {}

  // Before bytes [begin, end) change or go.
  void BeforeChange(uint64_t begin, uint64_t end, const Reader& read);
  // The file, now of `size` bytes, was synced, and with it its name.
  void Synced(uint64_t size);

  // Takes from the file at `path` what `random` says. It must not be open.
  void Lose(const std::string& path, std::mt19937_64& random) const;

 private:
  uint64_t durable_bytes_;
  bool fresh_;
  std::map<uint64_t, std::string> sectors_;  // by number: what the last sync left there
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_FAULTS_VFS_UNSYNCED_H_
