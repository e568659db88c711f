// Who did it, how they proved who they are and where they came from stands in every control event.

#include <google/protobuf/descriptor.h>
#include <google/protobuf/empty.pb.h>

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "leasehold/ledger/v1/entry.pb.h"
#include "leasehold/v1/admin.pb.h"
#include "leasehold/v1/identity.pb.h"
#include "leasehold/v1/policy.pb.h"
#include "leasehold/v1/secret.pb.h"
#include "tests/support/installation.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

// Kinds that have a `control`, by the descriptor, so that a new one is in the test by itself.
std::set<std::string> ControlKinds() {
  std::set<std::string> kinds;
  const google::protobuf::OneofDescriptor* kind = Entry::descriptor()->FindOneofByName("kind");
  for (int i = 0; i < kind->field_count(); ++i) {
    if (kind->field(i)->message_type()->FindFieldByName("control") != nullptr) {
      kinds.insert(kind->field(i)->name());
    }
  }
  return kinds;
}

// The control of an entry that has one, or nullptr.
const ledger::v1::Control* ControlOf(const Entry& entry) {
  const google::protobuf::Reflection& of_entry = *entry.GetReflection();
  const google::protobuf::FieldDescriptor* kind =
      of_entry.GetOneofFieldDescriptor(entry, Entry::descriptor()->FindOneofByName("kind"));
  const google::protobuf::Message& message = of_entry.GetMessage(entry, kind);
  const google::protobuf::FieldDescriptor* field =
      message.GetDescriptor()->FindFieldByName("control");
  if (field == nullptr) return nullptr;
  return static_cast<const ledger::v1::Control*>(
      &message.GetReflection()->GetMessage(message, field));
}

// One of everything that an operator does in these kinds.
void DoEverything(Installation& world) {
  const ApiClient admin = world.Operator();
  v1::CreateGroupRequest group;
  group.mutable_group()->set_name("groups/bots");
  group.mutable_group()->add_agents("agents/bot");
  RequireOk("CreateGroup", admin.Call<v1::Group>("IdentityService/CreateGroup", group));
  v1::RevokeTokenRequest token;
  token.set_name("agents/other/tokens/2");
  RequireOk("RevokeToken",
            admin.Call<google::protobuf::Empty>("IdentityService/RevokeToken", token));
  v1::DisableVersionRequest version;
  version.set_name("secrets/billing/key/versions/1");
  RequireOk("DisableVersion", admin.Call<v1::Version>("SecretService/DisableVersion", version));
  v1::RevokeRequest revoke = RevokeRequestFor(AgentSelector("bot"));
  RequireOk("Revoke", admin.Call<v1::Revocation>("RevocationService/Revoke", revoke));
  REQUIRE(world.Cli({"resume", "--agent", "bot", "--reason", "over"}).status == 0);
  REQUIRE(world.Cli({"agent", "delete", "other", "--yes"}).status == 0);
  REQUIRE(world.Cli({"server", "backup", world.DataFile("backup.db")}).status == 0);
}

}  // namespace

TEST_CASE("every control event says who, how and from where") {
  Installation world;
  world.Start();
  world.SetUp({"bot", "other"});
  DoEverything(world);
  std::set<std::string> seen;
  for (const v1::LedgerEntry& listed : EntriesOf(world.Operator())) {
    Entry entry;
    REQUIRE(entry.ParseFromString(listed.raw()));
    const ledger::v1::Control* control = ControlOf(entry);
    if (control == nullptr) continue;
    // What `server init` did comes before everybody.
    if (control->method() == ledger::v1::AUTH_METHOD_OFFLINE) continue;
    INFO(listed.kind() << " at " << listed.index());
    CHECK(control->actor() != 0);
    CHECK(control->method() != ledger::v1::AUTH_METHOD_UNSPECIFIED);
    CHECK(control->address() != 0);
    CHECK(!listed.actor().empty());
    seen.insert(listed.kind());
  }
  std::set<std::string> unseen = ControlKinds();
  for (const std::string& kind : seen) unseen.erase(kind);
  // Written by a server that is stopped, by other tests' subjects, or not by this version.
  for (const char* elsewhere : {"epoch_started", "hold_set", "text_erased", "role_changed",
                                "suspended", "resumed", "approval_decided", "key_rotated"}) {
    unseen.erase(elsewhere);
  }
  CHECK(unseen.empty());
  for (const std::string& kind : unseen) UNSCOPED_INFO(kind);
}

}  // namespace leasehold
