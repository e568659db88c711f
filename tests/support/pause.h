#ifndef LEASEHOLD_TESTS_SUPPORT_PAUSE_H_
#define LEASEHOLD_TESTS_SUPPORT_PAUSE_H_

#include <poll.h>

namespace leasehold {

// The one place where a test lets time pass, in milliseconds: between two attempts at a condition
// that no event tells of, and before an event whose moment has to be any. How long it takes must
// not matter to the outcome; what waits for something to have happened asks for that instead.
inline void Pause(int ms) { poll(nullptr, 0, ms); }

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_SUPPORT_PAUSE_H_
