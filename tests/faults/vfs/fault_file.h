#ifndef LEASEHOLD_TESTS_FAULTS_VFS_FAULT_FILE_H_
#define LEASEHOLD_TESTS_FAULTS_VFS_FAULT_FILE_H_

namespace leasehold {

class FaultVfs;

// Registers, as SQLite's default, a VFS whose files ask `faults` before each call and pass it on to
// the VFS that was the default. Once for the process; `faults` lives as long.
void RegisterFaultFiles(FaultVfs* faults);

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_FAULTS_VFS_FAULT_FILE_H_
