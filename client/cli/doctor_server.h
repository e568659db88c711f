#ifndef LEASEHOLD_CLIENT_CLI_DOCTOR_SERVER_H_
#define LEASEHOLD_CLIENT_CLI_DOCTOR_SERVER_H_

#include "client/cli/doctor_finding.h"

namespace leasehold {

class Session;

// What the server says about itself, its policies and agents. False, with one finding, where it
// does not answer.
bool ExamineServer(Session& session, Examination* examination);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_DOCTOR_SERVER_H_
