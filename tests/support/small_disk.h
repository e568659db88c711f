#ifndef LEASEHOLD_TESTS_SUPPORT_SMALL_DISK_H_
#define LEASEHOLD_TESTS_SUPPORT_SMALL_DISK_H_

#include <cstdint>

#include "tests/support/temp_folder.h"

namespace leasehold {

// A disk that can really be full: a tmpfs, mounted where only this process and its children see it.
// Make it before anything makes threads: a namespace belongs to the thread that asks and to those
// it makes. Ends the process with 77, "skipped" to ctest, where it may not mount, which needs root.
class SmallDisk {
 public:
  explicit SmallDisk(uint64_t bytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // Takes every byte that is left, as another program would.
  void Fill();
  void MakeRoom();
  const TempFolder& folder() const { return folder_; }

 private:
  TempFolder folder_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_SUPPORT_SMALL_DISK_H_
