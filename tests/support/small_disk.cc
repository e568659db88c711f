#include "tests/support/small_disk.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr int kSkipped = 77;

void EnterOwnMountNamespace() {
  static const bool entered =
      unshare(CLONE_NEWNS) == 0 && mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  if (entered) return;
  std::cerr << "skipped: a small disk cannot be mounted here, which needs root\n";
  std::exit(kSkipped);
}

}  // namespace

SmallDisk::SmallDisk(uint64_t bytes) {
  EnterOwnMountNamespace();
  const std::string size = StrCat("size=", bytes);
  REQUIRE(mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, size.c_str()) == 0);
}

SmallDisk::~SmallDisk() { umount2(folder_.path().c_str(), MNT_DETACH); }

void SmallDisk::Fill() {
  std::ofstream junk(folder_.File("junk"), std::ios::binary | std::ios::app);
  const std::string page(4096, 'j');
  while (junk.write(page.data(), 4096) && junk.flush()) continue;
}

void SmallDisk::MakeRoom() { unlink(folder_.File("junk").c_str()); }

}  // namespace leasehold
