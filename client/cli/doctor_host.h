#ifndef LEASEHOLD_CLIENT_CLI_DOCTOR_HOST_H_
#define LEASEHOLD_CLIENT_CLI_DOCTOR_HOST_H_

#include <cstdint>
#include <string>

#include "client/cli/doctor_finding.h"

namespace leasehold {

// What the machine says without the server: modes and owners in the data folder, the root key's
// place, the clock, and how the server's process is protected. `server_pid` is 0 where no server
// runs. Changes nothing; what may not be looked at is a finding of its own.
void ExamineHost(const std::string& data_folder, uint64_t server_pid, Examination* examination);

// Room on the disk of the data folder, for where no server runs that says it.
void ExamineDisk(const std::string& data_folder, Examination* examination);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_DOCTOR_HOST_H_
