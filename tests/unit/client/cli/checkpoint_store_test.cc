#include "client/cli/checkpoint_store.h"

#include <openssl/evp.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/terminal/cli_error.h"
#include "server/base/crypto_bytes.h"
#include "server/ledger/key_change.h"
#include "server/ledger/note.h"
#include "tests/unit/client/cli/run_cli.h"

namespace leasehold {
namespace {

constexpr char kOrigin[] = "0011223344556677.leasehold/8899aabbccddeeff";

// A server's signing key, made for the test.
class Signer {
 public:
  explicit Signer(const std::string& origin)
      : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free),
        verifier_(*NoteVerifier::Make(origin, PublicKey())) {}

  KeptCheckpoint Sign(uint64_t size, uint8_t root) const {
    Checkpoint checkpoint{.origin = verifier_.name(), .head = {.size = size, .root = {}}};
    checkpoint.head.root.fill(root);
    const auto note = SignCheckpoint(checkpoint, verifier_, [this](ByteView message) {
      return absl::StatusOr<Ed25519Signature>(SignBytes(message));
    });
    REQUIRE(note.ok());
    const auto checked = CheckNote(*note, verifier_.ToText());
    REQUIRE(checked.ok());
    return *checked;
  }

  // As key `number`, signed for by `before`.
  v1::CheckpointKeyChange After(const Signer& before, uint64_t number,
                                const std::string& origin = kOrigin) const {
    v1::CheckpointKeyChange change;
    change.set_number(number);
    change.set_public_key(std::string(AsText(verifier_.key())));
    change.set_signature(std::string(
        AsText(before.SignBytes(AsBytes(KeyChangeText(origin, number, change.public_key()))))));
    return change;
  }

 private:
  Ed25519PublicKey PublicKey() const {
    Ed25519PublicKey key;
    size_t size = key.size();
    REQUIRE(EVP_PKEY_get_raw_public_key(key_.get(), key.data(), &size) == 1);
    return key;
  }

  Ed25519Signature SignBytes(ByteView message) const {
    Ed25519Signature signature;
    size_t size = signature.size();
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    REQUIRE(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1);
    REQUIRE(EVP_DigestSign(context.get(), signature.data(), &size, message.data(),
                           message.size()) == 1);
    return signature;
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  NoteVerifier verifier_;
};

TEST_CASE("a ledger that grows is kept, and the newest checkpoint can be read back") {
  const TemporaryFolder folder;
  const CheckpointStore store(folder.path() + "/state/checkpoints");
  const Signer signer(kOrigin);
  CHECK_FALSE(store.Load(kOrigin)->has_value());
  REQUIRE(store.Keep(signer.Sign(10, 1)).ok());
  REQUIRE(store.Keep(signer.Sign(10, 1)).ok());
  const KeptCheckpoint newest = signer.Sign(12, 2);
  REQUIRE(store.Keep(newest).ok());
  const auto kept = store.Load(kOrigin);
  REQUIRE(kept.ok());
  REQUIRE(kept->has_value());
  CHECK((*kept)->note == newest.note);
  CHECK((*kept)->checkpoint == newest.checkpoint);
}

TEST_CASE("a ledger that shrank, changed or changed its key is a finding, and is not kept") {
  const TemporaryFolder folder;
  const CheckpointStore store(folder.path());
  const Signer signer(kOrigin);
  const KeptCheckpoint good = signer.Sign(10, 1);
  REQUIRE(store.Keep(good).ok());
  const Signer stranger(kOrigin);
  for (const KeptCheckpoint& bad : {signer.Sign(9, 1), signer.Sign(10, 2), stranger.Sign(20, 3)}) {
    const absl::Status complaint = store.Keep(bad);
    CHECK(ExitStatusOf(complaint) == ExitStatus::kFindings);
    CHECK((*store.Load(kOrigin))->note == good.note);
  }
}

TEST_CASE("servers do not get into each other's way") {
  const TemporaryFolder folder;
  const CheckpointStore store(folder.path());
  const Signer one("a.leasehold/1");
  const Signer other("a.leasehold/2");
  REQUIRE(store.Keep(one.Sign(10, 1)).ok());
  REQUIRE(store.Keep(other.Sign(3, 1)).ok());
  CHECK((*store.Load("a.leasehold/1"))->checkpoint.head.size == 10);
}

TEST_CASE("a damaged witness is reported and never replaced") {
  const TemporaryFolder folder;
  const CheckpointStore store(folder.path());
  const Signer signer(kOrigin);
  REQUIRE(store.Keep(signer.Sign(10, 1)).ok());
  const std::string name = store.PathOf(kOrigin).substr(folder.path().size() + 1);
  for (const char* content : {"", "x", "x\ny\n"}) {
    folder.Write(name, content);
    CHECK_FALSE(store.Load(kOrigin).ok());
    CHECK(ExitStatusOf(store.Keep(signer.Sign(11, 1))) == ExitStatus::kFailure);
  }
  // One of another server under this one's name is no witness either.
  const Signer other("a.leasehold/1");
  const KeptCheckpoint stray = other.Sign(5, 1);
  folder.Write(name, stray.verifier_key + "\n" + stray.note);
  CHECK_FALSE(store.Load(kOrigin).ok());
}

TEST_CASE("a note with one changed byte is a finding") {
  const Signer signer(kOrigin);
  const KeptCheckpoint good = signer.Sign(10, 1);
  std::string note = good.note;
  note[note.find("\n10\n") + 1] = '2';
  const auto checked = CheckNote(note, good.verifier_key);
  REQUIRE_FALSE(checked.ok());
  CHECK(ExitStatusOf(checked.status()) == ExitStatus::kFindings);
}

TEST_CASE("checkpoints are kept in the user's state folder") {
  const ScopedVariable home("HOME", "/home/x");
  {
    const ScopedVariable state("XDG_STATE_HOME", "/s");
    CHECK(CheckpointStore::DefaultFolder() == "/s/leasehold/checkpoints");
  }
  const ScopedVariable none("XDG_STATE_HOME", nullptr);
  CHECK(CheckpointStore::DefaultFolder() == "/home/x/.local/state/leasehold/checkpoints");
}

TEST_CASE("a kept checkpoint follows keys that signed for each other, and no others") {
  const Signer first(kOrigin);
  const Signer second(kOrigin);
  const Signer third(kOrigin);
  const Signer stranger(kOrigin);
  const auto seen = [](const Signer& by, uint64_t size,
                       std::vector<v1::CheckpointKeyChange> changes) {
    KeptCheckpoint checkpoint = by.Sign(size, 1);
    checkpoint.key_changes = std::move(changes);
    return checkpoint;
  };
  struct Row {
    const char* why;
    const Signer& signer;
    std::vector<v1::CheckpointKeyChange> changes;
    bool follows;
  };
  v1::CheckpointKeyChange renumbered = second.After(first, 2);
  renumbered.set_number(3);
  v1::CheckpointKeyChange cut = second.After(first, 2);
  cut.mutable_signature()->pop_back();
  const v1::CheckpointKeyChange foreign =
      second.After(first, 2, "0011223344556677.leasehold/0000000000000001");
  const std::vector<Row> rows = {
      {"the key before signed for it", second, {second.After(first, 2)}, true},
      {"through one in between", third, {second.After(first, 2), third.After(second, 3)}, true},
      {"older changes come along",
       third,
       {first.After(stranger, 2), second.After(first, 3), third.After(second, 4)},
       true},
      {"nobody signed", second, {}, false},
      {"a stranger signed", second, {second.After(stranger, 2)}, false},
      {"it signed for itself", second, {second.After(second, 2)}, false},
      {"one in between is left out", third, {third.After(second, 3)}, false},
      {"in the wrong order", third, {third.After(second, 3), second.After(first, 2)}, false},
      {"the chain goes on to another key",
       second,
       {second.After(first, 2), third.After(second, 3)},
       false},
      {"another number", second, {renumbered}, false},
      {"a signature that is cut", second, {cut}, false},
      {"a signature for another log", second, {foreign}, false},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    const TemporaryFolder folder;
    const CheckpointStore store(folder.path());
    REQUIRE(store.Keep(first.Sign(10, 1)).ok());
    const absl::Status kept = store.Keep(seen(row.signer, 12, row.changes));
    CHECK(kept.ok() == row.follows);
    if (!row.follows) CHECK(ExitStatusOf(kept) == ExitStatus::kFindings);
    CHECK((*store.Load(kOrigin))->checkpoint.head.size == (row.follows ? 12 : 10));
  }
}

}  // namespace
}  // namespace leasehold
