#include "server/api/admin_service.h"

#include <set>
#include <utility>
#include <vector>

#include "server/api/backup.h"
#include "server/api/checkpoint_signer.h"
#include "server/api/names.h"
#include "server/api/request_checks.h"
#include "server/api/submit_call.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/base/version.h"
#include "server/leases/active_leases.h"
#include "server/leases/operations/policies.h"

namespace leasehold {
namespace {

constexpr std::string_view kService = "leasehold.v1.AdminService";
// Of the entry format; see LogCreated.format.
constexpr uint32_t kLedgerFormat = 1;
// What is lost with the disk then is more than a week of records.
constexpr absl::Duration kBackupAgeMax = absl::Hours(24 * 7);
// Some hours of heavy use before only revocations are admitted.
constexpr uint64_t kFreeBytesLow = uint64_t{1} << 30;

// Every class once, in the order in which they are rotated: the encryption key first, so that it
// wraps the others. All of them where none is named.
absl::StatusOr<std::vector<KeyClass>> ClassesOf(const v1::RotateKeysRequest& request) {
  std::set<KeyClass> classes;
  for (const int use : request.uses()) {
    if (use < v1::KEY_USE_ENCRYPTION || use > v1::KEY_USE_CHECKPOINT) {
      return Error(Reason::kInvalidArgument, "uses: names a use of keys that there is not");
    }
    classes.insert(static_cast<KeyClass>(use));
  }
  if (classes.empty()) {
    classes = {KeyClass::kKeyEncryption, KeyClass::kLeaseMac, KeyClass::kCheckpoint};
  }
  return std::vector<KeyClass>(classes.begin(), classes.end());
}

// The numbers of KeyUse are those of KeyClass.
static_assert(v1::KEY_USE_ENCRYPTION == static_cast<int>(KeyClass::kKeyEncryption));
static_assert(v1::KEY_USE_LEASE_MAC == static_cast<int>(KeyClass::kLeaseMac));
static_assert(v1::KEY_USE_CHECKPOINT == static_cast<int>(KeyClass::kCheckpoint));

}  // namespace

AdminService::AdminService(LeaseAuthority& authority, const Gate& gate, Store& store,
                           ReadPool& pool, ReadPool& bulk, Unsealing& unsealing,
                           KeyRotator& rotator, ServerFacts facts)
    : authority_(authority),
      gate_(gate),
      store_(store),
      pool_(pool),
      bulk_(bulk),
      unsealing_(unsealing),
      rotator_(rotator),
      facts_(std::move(facts)) {}

grpc::Status AdminService::GetStatus(grpc::ServerContext* context, const v1::GetStatusRequest*,
                                     v1::Status* response) {
  static const ApiMethod& method = FindApiMethod(kService, "GetStatus");
  return Dispatch<v1::Status>(context, response, gate_, method, [&](auto call) {
    ReadCall(pool_, call, [this] { return absl::StatusOr<v1::Status>(ReadStatus()); });
  });
}

v1::Status AdminService::ReadStatus() {
  v1::Status status;
  UnixMillis last_backup;
  authority_.published().Read([&](const PublishedState::View& view) {
    const State& state = view.state;
    status.set_log(HexId(state.log().value()));
    status.set_epoch(HexId(state.epoch().value()));
    status.set_tree_size(view.head.size);
    status.set_root(HexEncode(view.head.root));
    status.set_policy_revision(state.policies().revision().value());
    status.set_holds(state.holds().all().size());
    for (const std::string_view name :
         state.policies().current().ObservedAt(authority_.Now().ToTime())) {
      status.add_observed_policies(std::string(name));
    }
    last_backup = state.last_backup();
  });
  Space space = store_.GetSpace();
  const bool sealed = !authority_.vault().CheckOpen().ok();
  status.set_sealed(sealed);
  status.set_ready(!sealed && authority_.committer().Ready().ok());
  status.set_active_leases(CountActiveLeases(authority_.published(), authority_.Now()));
  status.set_database_bytes(space.database_bytes);
  status.set_free_bytes(space.free_bytes);
  status.set_ledger_full(space.low);
  if (!last_backup.empty()) {
    ToProto(last_backup, status.mutable_last_backup_time());
  }
  ToProto(UnixMillis::From(facts_.start_time), status.mutable_start_time());
  status.set_database(facts_.database);
  AddWarnings(space, last_backup, status);
  return status;
}

void AdminService::AddWarnings(const Space& space, UnixMillis last_backup, v1::Status& status) {
  for (const std::string& warning : facts_.warnings) {
    status.add_warnings(warning);
  }
  if (space.low) {
    status.add_warnings(
        "the disk is full: only revocations, holds and releases are admitted; make room");
  } else if (space.free_bytes < kFreeBytesLow) {
    status.add_warnings(StrCat("the disk has only ", space.free_bytes >> 20,
                               " MiB left; make room before new leases are refused"));
  }
  if (last_backup.empty()) {
    status.add_warnings("there is no backup yet; make one with `leasehold server backup`");
  } else if (authority_.Now() - last_backup > kBackupAgeMax) {
    status.add_warnings("the last backup is more than a week old");
  }
}

grpc::Status AdminService::GetServerInfo(grpc::ServerContext* context,
                                         const v1::GetServerInfoRequest*,
                                         v1::ServerInfo* response) {
  static const ApiMethod& method = FindApiMethod(kService, "GetServerInfo");
  return DispatchRead<v1::ServerInfo>(
      context, response, gate_, method, [&](const Principal&) -> absl::StatusOr<v1::ServerInfo> {
        v1::ServerInfo info;
        info.set_version(std::string(kLeaseholdVersion));
        info.set_ledger_format(kLedgerFormat);
        return authority_.published().Read(
            [&](const PublishedState::View& view) -> absl::StatusOr<v1::ServerInfo> {
              info.set_origin(view.state.origin());
              ASSIGN_OR_RETURN(*info.mutable_verifier_key(), VerifierKeyText(view.state));
              return info;
            });
      });
}

grpc::Status AdminService::Backup(grpc::ServerContext* context, const v1::BackupRequest* request,
                                  v1::BackupResponse* response) {
  static const ApiMethod& method = FindApiMethod(kService, "Backup");
  return Dispatch<v1::BackupResponse>(context, response, gate_, method, [&](auto call) {
    absl::Status accepted = CheckBackupPath(request->path());
    if (accepted.ok()) {
      accepted = bulk_.Submit([this, call, path = request->path()] { MakeBackupCall(call, path); });
    }
    if (!accepted.ok()) {
      call->Finish(accepted);
    }
  });
}

void AdminService::MakeBackupCall(const BackupCall& call, const std::string& path) {
  absl::StatusOr<BackupMade> made = MakeBackup(store_, path);
  if (!made.ok()) {
    call->Finish(made.status());
    return;
  }
  SubmitCall<LogIndex>(
      authority_, Urgency::kNormal, call,
      [note = BackupNote{.principal = call->principal(), .head = made->head}](Transaction& tx) {
        return NoteBackup(tx, note);
      },
      [made = *made](const State&, LogIndex) {
        v1::BackupResponse answer;
        answer.set_tree_size(made.head.size);
        answer.set_root(HexEncode(made.head.root));
        answer.set_bytes(made.bytes);
        return answer;
      });
}

grpc::Status AdminService::Unseal(grpc::ServerContext* context, const v1::UnsealRequest* request,
                                  v1::UnsealResponse* response) {
  static const ApiMethod& method = FindApiMethod(kService, "Unseal");
  // Before the gate, so that it is wiped whatever that says.
  absl::StatusOr<SecretBytes> passphrase = ReceivedPassphrase::Take(request);
  return DispatchRead<v1::UnsealResponse>(
      context, response, gate_, method,
      [&](const Principal& principal) -> absl::StatusOr<v1::UnsealResponse> {
        if (principal.method != AuthMethod::kPeerCredentials) {
          return Error(Reason::kRoleForbidden,
                       "a passphrase is taken on the admin socket only, which does not leave the "
                       "server's machine");
        }
        RETURN_IF_ERROR(passphrase.status());
        RETURN_IF_ERROR(unsealing_.Unseal(*passphrase, absl::Now()));
        return v1::UnsealResponse();
      });
}

grpc::Status AdminService::RotateKeys(grpc::ServerContext* context,
                                      const v1::RotateKeysRequest* request,
                                      v1::RotateKeysResponse* response) {
  static const ApiMethod& method = FindApiMethod(kService, "RotateKeys");
  return DispatchRead<v1::RotateKeysResponse>(
      context, response, gate_, method,
      [&](const Principal& principal) -> absl::StatusOr<v1::RotateKeysResponse> {
        RETURN_IF_ERROR(CheckNoUnknownFields(*request));
        ASSIGN_OR_RETURN(const std::vector<KeyClass> classes, ClassesOf(*request));
        v1::RotateKeysResponse answer;
        for (const KeyClass cls : classes) {
          ASSIGN_OR_RETURN(const KeyRotator::Rotated rotated, rotator_.Rotate(principal, cls));
          v1::RotatedKey* key = answer.add_keys();
          key->set_use(static_cast<v1::KeyUse>(cls));
          key->set_number(rotated.number);
          key->set_rewrapped_versions(rotated.rewrapped_versions);
          key->set_index(rotated.index.value());
        }
        return answer;
      });
}

}  // namespace leasehold
