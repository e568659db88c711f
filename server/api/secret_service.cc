#include "server/api/secret_service.h"

#include <algorithm>
#include <utility>

#include "server/api/entity_calls.h"
#include "server/api/names.h"
#include "server/api/received_fields.h"
#include "server/api/request_checks.h"
#include "server/api/submit_call.h"
#include "server/leases/operations/entities.h"

namespace leasehold {
namespace {

constexpr std::string_view kService = "leasehold.v1.SecretService";

v1::Secret DescribeSecret(const State& state, const Entity& entity, UnixMillis now) {
  v1::Secret secret;
  secret.ParseFromString(entity.body);
  secret.set_uid(entity.uid.value());
  const VersionInfo* latest = state.versions().Latest(entity.uid, now);
  secret.set_latest_version(latest == nullptr ? 0 : latest->number.value());
  secret.set_version_count(state.versions().Of(entity.uid).size());
  ToProto(entity.create_time, secret.mutable_create_time());
  ToProto(entity.update_time, secret.mutable_update_time());
  secret.set_etag(EtagOf(entity.index));
  return secret;
}

absl::StatusOr<EntityWrite> ParseSecret(const Principal& principal, const v1::Secret& secret) {
  RETURN_IF_ERROR(CheckNoUnknownFields(secret));
  ASSIGN_OR_RETURN(Name name, Name::ParseResource(secret.name(), "secrets/"));
  if (name.value().find("/versions/") != std::string::npos) {
    return Error(
        Reason::kInvalidArgument,
        "name has a segment `versions` in its middle, which is kept for a secret's versions");
  }
  RETURN_IF_ERROR(CheckOptionalText(secret.description(), "description"));
  RETURN_IF_ERROR(CheckLabels(secret.labels()));
  v1::Secret body;
  body.set_name(secret.name());
  body.set_description(secret.description());
  *body.mutable_labels() = secret.labels();
  EntityWrite write{.principal = principal,
                    .kind = EntityKind::kSecret,
                    .name = std::move(name),
                    .body = DeterministicBytes(body)};
  ASSIGN_OR_RETURN(write.etag, ParseEtag(secret.etag()));
  return write;
}

absl::StatusOr<VersionAdd> ParseAddVersion(const Principal& principal, const Vault& vault,
                                           const v1::AddVersionRequest& request,
                                           const SecretFields& fields, UnixMillis now) {
  RETURN_IF_ERROR(CheckNoUnknownFields(request));
  ASSIGN_OR_RETURN(Name secret, Name::ParseResource(request.parent(), "secrets/"));
  RETURN_IF_ERROR(CheckOptionalText(request.request_id(), "request_id"));
  VersionAdd add{.principal = principal, .secret = std::move(secret)};
  ASSIGN_OR_RETURN(add.expire_time,
                   ParseExpireTime(request.has_expire_time(), request.expire_time(), now));
  if (!request.request_id().empty()) {
    // The values are wiped, so they stand in the body by their digest.
    std::string body = StrCat(DeterministicBytes(request), ReceivedFields::Digest(vault, fields));
    add.request_hash = RequestHash(principal.name, "AddVersion", request.request_id(), body);
  }
  return add;
}

}  // namespace

SecretService::SecretService(LeaseAuthority& authority, const Gate& gate, Store& store,
                             ReadPool& pool)
    : authority_(authority), gate_(gate), store_(store), pool_(pool), tokens_(authority.vault()) {}

grpc::Status SecretService::CreateSecret(grpc::ServerContext* context,
                                         const v1::CreateSecretRequest* request,
                                         v1::Secret* response) {
  static const ApiMethod& method = FindApiMethod(kService, "CreateSecret");
  return Dispatch<v1::Secret>(context, response, gate_, method, [&](auto call) {
    WriteCall<v1::Secret>(authority_, call, ParseSecret(call->principal(), request->secret()),
                          CreateEntity, DescribeSecret);
  });
}

grpc::Status SecretService::GetSecret(grpc::ServerContext* context,
                                      const v1::GetSecretRequest* request, v1::Secret* response) {
  static const ApiMethod& method = FindApiMethod(kService, "GetSecret");
  return DispatchRead<v1::Secret>(context, response, gate_, method, [&](const Principal&) {
    return ReadEntity<v1::Secret>(authority_, EntityKind::kSecret,
                                  Name::ParseResource(request->name(), "secrets/"), DescribeSecret);
  });
}

grpc::Status SecretService::ListSecrets(grpc::ServerContext* context,
                                        const v1::ListSecretsRequest* request,
                                        v1::ListSecretsResponse* response) {
  static const ApiMethod& method = FindApiMethod(kService, "ListSecrets");
  return DispatchRead<v1::ListSecretsResponse>(
      context, response, gate_, method, [&](const Principal&) {
        return ListEntities<v1::ListSecretsResponse, v1::Secret>(
            authority_, tokens_, *request, EntityKind::kSecret, DescribeSecret,
            [](v1::ListSecretsResponse& page, v1::Secret secret) {
              *page.add_secrets() = std::move(secret);
            });
      });
}

grpc::Status SecretService::UpdateSecret(grpc::ServerContext* context,
                                         const v1::UpdateSecretRequest* request,
                                         v1::Secret* response) {
  static const ApiMethod& method = FindApiMethod(kService, "UpdateSecret");
  return Dispatch<v1::Secret>(context, response, gate_, method, [&](auto call) {
    WriteCall<v1::Secret>(authority_, call, ParseSecret(call->principal(), request->secret()),
                          UpdateEntity, DescribeSecret);
  });
}

grpc::Status SecretService::DeleteSecret(grpc::ServerContext* context,
                                         const v1::DeleteSecretRequest* request,
                                         google::protobuf::Empty* response) {
  static const ApiMethod& method = FindApiMethod(kService, "DeleteSecret");
  return Dispatch<google::protobuf::Empty>(context, response, gate_, method, [&](auto call) {
    DeleteCall(authority_, call, EntityKind::kSecret,
               Name::ParseResource(request->name(), "secrets/"), request->etag());
  });
}

grpc::Status SecretService::AddVersion(grpc::ServerContext* context,
                                       const v1::AddVersionRequest* request,
                                       v1::Version* response) {
  static const ApiMethod& method = FindApiMethod(kService, "AddVersion");
  ReceivedFields received(request);
  return Dispatch<v1::Version>(context, response, gate_, method, [&](auto call) {
    absl::StatusOr<SecretFields> fields = received.Take();
    if (!fields.ok()) {
      call->Finish(fields.status());
      return;
    }
    absl::StatusOr<std::shared_ptr<const Vault>> keys = authority_.vault().Open();
    absl::StatusOr<VersionAdd> add =
        keys.ok() ? ParseAddVersion(call->principal(), **keys, *request, *fields, authority_.Now())
                  : keys.status();
    if (!add.ok()) {
      call->Finish(add.status());
      return;
    }
    authority_.Submit<VersionKey>(
        Urgency::kNormal,
        [this, add = *std::move(add),
         fields = *std::move(fields)](Transaction& tx) -> absl::StatusOr<VersionKey> {
          // Opened in its turn: a key that was replaced meanwhile seals nothing any more.
          ASSIGN_OR_RETURN(std::shared_ptr<const Vault> vault, authority_.vault().Open());
          return leasehold::AddVersion(tx, *vault, add, fields);
        },
        AnswerWithVersion(std::move(call)));
  });
}

grpc::Status SecretService::ListVersions(grpc::ServerContext* context,
                                         const v1::ListVersionsRequest* request,
                                         v1::ListVersionsResponse* response) {
  static const ApiMethod& method = FindApiMethod(kService, "ListVersions");
  return Dispatch<v1::ListVersionsResponse>(context, response, gate_, method, [&](auto call) {
    ReadCall(pool_, call, [this, request] { return ReadVersions(*request); });
  });
}

grpc::Status SecretService::DisableVersion(grpc::ServerContext* context,
                                           const v1::DisableVersionRequest* request,
                                           v1::Version* response) {
  static const ApiMethod& method = FindApiMethod(kService, "DisableVersion");
  return Dispatch<v1::Version>(context, response, gate_, method, [&](auto call) {
    ChangeVersionCall(std::move(call), request->name(), VersionState::kDisabled);
  });
}

grpc::Status SecretService::EnableVersion(grpc::ServerContext* context,
                                          const v1::EnableVersionRequest* request,
                                          v1::Version* response) {
  static const ApiMethod& method = FindApiMethod(kService, "EnableVersion");
  return Dispatch<v1::Version>(context, response, gate_, method, [&](auto call) {
    ChangeVersionCall(std::move(call), request->name(), VersionState::kEnabled);
  });
}

grpc::Status SecretService::DestroyVersion(grpc::ServerContext* context,
                                           const v1::DestroyVersionRequest* request,
                                           v1::Version* response) {
  static const ApiMethod& method = FindApiMethod(kService, "DestroyVersion");
  return Dispatch<v1::Version>(context, response, gate_, method, [&](auto call) {
    ChangeVersionCall(std::move(call), request->name(), VersionState::kDestroyed);
  });
}

void SecretService::ChangeVersionCall(VersionCall call, std::string_view name, VersionState state) {
  absl::StatusOr<SecretVersionName> version = ParseSecretVersionName(name);
  if (version.ok() && version->version.empty()) {
    version = Error(Reason::kInvalidArgument,
                    "name must be secrets/{path}/versions/{n}: which version is meant?");
  }
  if (!version.ok()) {
    call->Finish(version.status());
    return;
  }
  VersionChange change{.principal = call->principal(),
                       .secret = std::move(version->secret),
                       .version = version->version,
                       .state = state};
  authority_.Submit<VersionKey>(
      Urgency::kNormal,
      [change = std::move(change)](Transaction& tx) { return ChangeVersion(tx, change); },
      AnswerWithVersion(std::move(call)));
}

LeaseAuthority::Done<VersionKey> SecretService::AnswerWithVersion(VersionCall call) {
  return [this, call = std::move(call)](absl::StatusOr<VersionKey> key) {
    if (!key.ok()) {
      call->Finish(key.status());
      return;
    }
    // The names of the fields are on disk, and this is the Committer's thread.
    pool_.SubmitRest([this, call, key = *key] {
      absl::StatusOr<std::unique_ptr<StoreView>> view = store_.NewView();
      call->Finish(view.ok() ? ReadVersion(**view, key) : view.status());
    });
  };
}

absl::StatusOr<v1::Version> SecretService::ReadVersion(StoreView& view,
                                                       const VersionKey& key) const {
  ASSIGN_OR_RETURN(std::optional<VersionRow> row, view.ReadVersion(key));
  if (!row.has_value()) {
    return Error(Reason::kStoreDamaged, "a version that the ledger knows is not in the store");
  }
  v1::Version version;
  version.mutable_field_names()->Assign(row->field_names.begin(), row->field_names.end());
  version.set_number(key.number.value());
  authority_.published().Read([&](const PublishedState::View& published) {
    const State& state = published.state;
    const VersionInfo* info = state.versions().Find(key.secret, key.number);
    version.set_name(VersionName(state.entities().Find(key.secret)->name, key.number));
    version.set_state(static_cast<v1::Version::State>(info->state));
    ToProto(info->create_time, version.mutable_create_time());
    if (!info->expire_time.empty()) {
      ToProto(info->expire_time, version.mutable_expire_time());
    }
  });
  return version;
}

absl::StatusOr<v1::ListVersionsResponse> SecretService::ReadVersions(
    const v1::ListVersionsRequest& request) const {
  ASSIGN_OR_RETURN(Name name, Name::ParseResource(request.parent(), "secrets/"));
  ASSIGN_OR_RETURN(size_t page_size, ParsePageSize(request.page_size()));
  const std::string question = QuestionOf(request);
  ASSIGN_OR_RETURN(std::string place, tokens_.Parse(question, request.page_token()));
  ASSIGN_OR_RETURN(
      VersionKey next, authority_.published().Read([&](const PublishedState::View& view)
                                                       -> absl::StatusOr<VersionKey> {
        ASSIGN_OR_RETURN(const Entity* secret, FindEntity(view.state, EntityKind::kSecret, name));
        return VersionKey{secret->uid, VersionNumber(view.state.versions().Of(secret->uid).size())};
      }));
  if (!place.empty()) {
    ASSIGN_OR_RETURN(uint64_t number, NumberAt(place));
    // A secret of the same name that was created anew has fewer versions than the token may say.
    next.number = std::min(next.number, VersionNumber(number));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<StoreView> view, store_.NewView());
  v1::ListVersionsResponse response;
  for (; !next.number.empty() && page_size > 0; --page_size) {
    ASSIGN_OR_RETURN(*response.add_versions(), ReadVersion(*view, next));
    next.number = VersionNumber(next.number.value() - 1);
  }
  if (!next.number.empty()) {
    response.set_next_page_token(tokens_.Make(question, PlaceOf(next.number.value())));
  }
  return response;
}

}  // namespace leasehold
