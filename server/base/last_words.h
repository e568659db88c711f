#ifndef LEASEHOLD_SERVER_BASE_LAST_WORDS_H_
#define LEASEHOLD_SERVER_BASE_LAST_WORDS_H_

#include <string_view>

namespace leasehold {

// Writes `text` to stderr for a process that is about to end itself, and returns within about a
// second even where nobody reads stderr: a reader that has stalled must not keep a server serving
// that has to stop. Allocates nothing. Of a long text the first kLastWordsBytesMax are written.
// Safe from any thread.
void SayLastWords(std::string_view text);

// As much as a pipe takes whole.
inline constexpr int kLastWordsBytesMax = 4096;

// Sets what runs once before the first last words, such as writing what waits in the log. It
// returns soon, whatever thread it runs on and whatever is broken.
void SetBeforeLastWords(void (*flush)());

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BASE_LAST_WORDS_H_
