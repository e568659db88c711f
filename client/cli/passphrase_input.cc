#include "client/cli/passphrase_input.h"

#include <fstream>

#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/vault/sealed_root_key.h"

namespace leasehold {
namespace {

constexpr size_t kBytesMax = SealedRootKey::kPassphraseMax;
// With a line end.
constexpr size_t kInputBytesMax = kBytesMax + 2;

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return UsageError(StrCat("the file '", path, "' cannot be read"));
  std::string bytes(kInputBytesMax + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

absl::StatusOr<std::string> ReadAnywhere(Session& session, PassphraseInput::Which which) {
  if (const auto path = session.args().Get("passphrase-file")) return ReadFile(*path);
  Console& console = session.console();
  if (!console.in_is_terminal()) return console.ReadAll(kInputBytesMax);
  return which == PassphraseInput::Which::kNew ? console.PromptHidden("passphrase")
                                               : console.PromptHiddenOnce("passphrase");
}

}  // namespace

Flag PassphraseFileFlag() {
  return {.name = "passphrase-file",
          .value = "FILE",
          .help = "the passphrase is in this file; else it is typed, or the standard input"};
}

absl::StatusOr<std::string> PassphraseInput::ReadText(Session& session, Which which) {
  ASSIGN_OR_RETURN(std::string text, ReadAnywhere(session, which));
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (!text.empty() && text.size() <= kBytesMax) return text;
  Wipe(&text);
  return UsageError(StrCat("a passphrase has 1 to ", kBytesMax, " bytes"),
                    "type it, pipe it in, or name a file with --passphrase-file");
}

absl::StatusOr<SecretBytes> PassphraseInput::Read(Session& session, Which which) {
  ASSIGN_OR_RETURN(std::string text, ReadText(session, which));
  absl::StatusOr<SecretBytes> passphrase = SecretBytes::CopyFrom(AsBytes(text), SecretAccess());
  Wipe(&text);
  return passphrase;
}

}  // namespace leasehold
