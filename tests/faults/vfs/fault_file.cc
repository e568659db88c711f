#include "tests/faults/vfs/fault_file.h"

#include <sqlite3.h>

#include <algorithm>
#include <new>
#include <string>

#include "server/base/check.h"
#include "tests/faults/vfs/fault_vfs.h"

namespace leasehold {
namespace {

// SQLite calls C functions without a context for files; both are set once, before any file.
FaultVfs* g_faults = nullptr;
sqlite3_vfs* g_real = nullptr;

// What SQLite allocates for a file: our part, then the real VFS's.
struct FaultFile {
  sqlite3_file base;
  // Null for temporary files, of which nothing has to survive.
  std::string* path;
};
constexpr size_t kRealOffset = (sizeof(FaultFile) + 15) / 16 * 16;

FaultFile* Ours(sqlite3_file* file) { return reinterpret_cast<FaultFile*>(file); }
sqlite3_file* Real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + kRealOffset);
}

uint64_t SizeOf(sqlite3_file* real) {
  sqlite3_int64 size = 0;
  LEASEHOLD_CHECK(real->pMethods->xFileSize(real, &size) == SQLITE_OK);
  return static_cast<uint64_t>(size);
}

void NoteChange(sqlite3_file* file, uint64_t begin, uint64_t end) {
  if (Ours(file)->path == nullptr) return;
  sqlite3_file* const real = Real(file);
  g_faults->Changing(*Ours(file)->path, begin, end, [real](uint64_t offset, uint64_t size) {
    const uint64_t end_of_file = SizeOf(real);
    std::string bytes(std::min(size, end_of_file - std::min(offset, end_of_file)), '\0');
    LEASEHOLD_CHECK(bytes.empty() ||
                    real->pMethods->xRead(real, bytes.data(), static_cast<int>(bytes.size()),
                                          static_cast<sqlite3_int64>(offset)) == SQLITE_OK);
    return bytes;
  });
}

int Close(sqlite3_file* file) {
  const int code = Real(file)->pMethods->xClose(Real(file));
  if (Ours(file)->path != nullptr) g_faults->Closed();
  delete Ours(file)->path;
  return code;
}

int Read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  if (const int code = g_faults->Judge(FaultVfs::kRead); code != SQLITE_OK) return code;
  return Real(file)->pMethods->xRead(Real(file), out, size, offset);
}

int Write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  const bool was_cut = g_faults->PowerIsCut();
  const int code = g_faults->Judge(FaultVfs::kWrite);
  if (code != SQLITE_OK && (was_cut || !g_faults->PowerIsCut())) return code;
  // The write in which the power goes: half of it may be on the disk.
  if (code != SQLITE_OK) size /= 2;
  NoteChange(file, static_cast<uint64_t>(offset), static_cast<uint64_t>(offset + size));
  const int written = Real(file)->pMethods->xWrite(Real(file), bytes, size, offset);
  return code != SQLITE_OK ? code : written;
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (const int code = g_faults->Judge(FaultVfs::kTruncate); code != SQLITE_OK) return code;
  NoteChange(file, static_cast<uint64_t>(size), SizeOf(Real(file)));
  return Real(file)->pMethods->xTruncate(Real(file), size);
}

int Sync(sqlite3_file* file, int) {
  if (const int code = g_faults->Judge(FaultVfs::kSync); code != SQLITE_OK) return code;
  if (Ours(file)->path != nullptr) g_faults->Synced(*Ours(file)->path, SizeOf(Real(file)));
  return SQLITE_OK;
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  if (const int code = g_faults->Judge(FaultVfs::kSize); code != SQLITE_OK) return code;
  return Real(file)->pMethods->xFileSize(Real(file), size);
}

int Lock(sqlite3_file* file, int level) {
  if (const int code = g_faults->Judge(FaultVfs::kLock); code != SQLITE_OK) return code;
  return Real(file)->pMethods->xLock(Real(file), level);
}

int Unlock(sqlite3_file* file, int level) {
  return Real(file)->pMethods->xUnlock(Real(file), level);
}

int CheckReservedLock(sqlite3_file* file, int* out) {
  return Real(file)->pMethods->xCheckReservedLock(Real(file), out);
}

int FileControl(sqlite3_file* file, int operation, void* argument) {
  return Real(file)->pMethods->xFileControl(Real(file), operation, argument);
}

int SectorSize(sqlite3_file* file) { return Real(file)->pMethods->xSectorSize(Real(file)); }

int DeviceCharacteristics(sqlite3_file* file) {
  return Real(file)->pMethods->xDeviceCharacteristics(Real(file));
}

int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  if (const int code = g_faults->Judge(FaultVfs::kShm); code != SQLITE_OK) return code;
  return Real(file)->pMethods->xShmMap(Real(file), page, size, extend, out);
}

int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  // Letting go never fails.
  if ((flags & SQLITE_SHM_LOCK) != 0) {
    if (const int code = g_faults->Judge(FaultVfs::kLock); code != SQLITE_OK) return code;
  }
  return Real(file)->pMethods->xShmLock(Real(file), offset, count, flags);
}

void ShmBarrier(sqlite3_file* file) { Real(file)->pMethods->xShmBarrier(Real(file)); }

int ShmUnmap(sqlite3_file* file, int remove) {
  // A process without power removes nothing.
  const int really = g_faults->PowerIsCut() ? 0 : remove;
  return Real(file)->pMethods->xShmUnmap(Real(file), really);
}

// Version 2: without xFetch, since the store maps nothing but the -shm file.
const sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = Close,
    .xRead = Read,
    .xWrite = Write,
    .xTruncate = Truncate,
    .xSync = Sync,
    .xFileSize = FileSize,
    .xLock = Lock,
    .xUnlock = Unlock,
    .xCheckReservedLock = CheckReservedLock,
    .xFileControl = FileControl,
    .xSectorSize = SectorSize,
    .xDeviceCharacteristics = DeviceCharacteristics,
    .xShmMap = ShmMap,
    .xShmLock = ShmLock,
    .xShmBarrier = ShmBarrier,
    .xShmUnmap = ShmUnmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  Ours(file)->path = nullptr;
  if (const int code = g_faults->Judge(FaultVfs::kOpen); code != SQLITE_OK) return code;
  int there = 0;
  if (name != nullptr) g_real->xAccess(g_real, name, SQLITE_ACCESS_EXISTS, &there);
  const int code = g_real->xOpen(g_real, name, Real(file), flags, out_flags);
  if (code != SQLITE_OK) return code;
  file->pMethods = &kMethods;
  if (name != nullptr) {
    Ours(file)->path = new std::string(name);
    g_faults->Opened(name, SizeOf(Real(file)), there == 0);
  }
  return SQLITE_OK;
}

int Delete(sqlite3_vfs*, const char* name, int sync_folder) {
  if (const int code = g_faults->Judge(FaultVfs::kDelete); code != SQLITE_OK) return code;
  g_faults->Deleting(name, sync_folder != 0);
  return g_real->xDelete(g_real, name, sync_folder);
}

int Access(sqlite3_vfs*, const char* name, int flags, int* out) {
  return g_real->xAccess(g_real, name, flags, out);
}

int FullPathname(sqlite3_vfs*, const char* name, int size, char* out) {
  return g_real->xFullPathname(g_real, name, size, out);
}

}  // namespace

void RegisterFaultFiles(FaultVfs* faults) {
  LEASEHOLD_CHECK(g_faults == nullptr);
  g_faults = faults;
  g_real = sqlite3_vfs_find(nullptr);
  // The real one's functions for time, randomness and errors need no file of ours.
  static sqlite3_vfs vfs = *g_real;
  vfs.szOsFile = static_cast<int>(kRealOffset) + g_real->szOsFile;
  vfs.zName = "leasehold-faults";
  vfs.xOpen = Open;
  vfs.xDelete = Delete;
  vfs.xAccess = Access;
  vfs.xFullPathname = FullPathname;
  LEASEHOLD_CHECK(sqlite3_vfs_register(&vfs, /*makeDflt=*/1) == SQLITE_OK);
}

}  // namespace leasehold
