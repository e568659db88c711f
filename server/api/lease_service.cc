#include "server/api/lease_service.h"

#include <algorithm>
#include <utility>

#include "server/api/lease_description.h"
#include "server/api/lease_watch.h"
#include "server/api/names.h"
#include "server/api/stream_call.h"
#include "server/api/stream_holder.h"
#include "server/api/unary_call.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/operations/binding.h"

namespace leasehold {
namespace {

constexpr std::string_view kService = "leasehold.v1.LeaseService";
// A batch larger than this holds up everybody else's.
constexpr int kBatchLeasesMax = 100;

v1::Lease DescribePublished(LeaseAuthority& authority, LeaseNumber number) {
  UnixMillis now = authority.Now();
  return authority.published().Read([&](const PublishedState::View& view) {
    return DescribeLease(view.state, *view.state.leases().Find(number), now);
  });
}

// Of the streams that keep leases alive, which live long, so few are waited for at once.
constexpr int kStreamsAwaited = 8;

absl::StatusOr<RenewRequest> ParseRenewal(const LeaseTokens& tokens, const Principal& principal,
                                          const std::string& token,
                                          const google::protobuf::Duration* ttl) {
  ASSIGN_OR_RETURN(LeaseTokenClaims claims, tokens.Parse(token));
  if (claims.kind != TokenKind::kLeaseToken) {
    return Error(Reason::kHandleNotAllowed,
                 "a broker handle renews nothing; present the lease token");
  }
  RenewRequest request{.principal = principal, .lease = claims.lease, .epoch = claims.epoch};
  if (ttl != nullptr) {
    ASSIGN_OR_RETURN(request.ttl, FromProto(*ttl, "ttl"));
  }
  return request;
}

// Collects the answers of a batch; the last one ends the call.
struct BatchInProgress {
  HotCall<v1::BatchAcquireLeasesRequest, v1::BatchAcquireLeasesResponse>* call;
  v1::BatchAcquireLeasesResponse response;
  int left;
};

void SetError(const absl::Status& status, v1::ErrorResult* error) {
  error->set_code(static_cast<int>(ReasonCode(ReasonOf(status))));
  error->set_reason(std::string(ReasonName(ReasonOf(status))));
  error->set_message(MessageWithReason(status));
}

v1::KeepAliveResponse LastOfKeepAlive(const absl::Status& why) {
  v1::KeepAliveResponse last;
  SetError(why, last.mutable_ended());
  return last;
}

}  // namespace

LeaseService::LeaseService(LeaseAuthority& authority, const Gate& gate, Store& store,
                           OpenStreams& streams, HotStreams& hot_streams)
    : authority_(authority),
      gate_(gate),
      store_(store),
      streams_(streams),
      tokens_(authority.vault()),
      acquire_{.api = FindApiMethod(kService, "AcquireLease"),
               .gate = gate,
               .request = {},
               .handle = [this](AcquireCall* call) { return HandleAcquire(call); }},
      batch_acquire_{.api = FindApiMethod(kService, "BatchAcquireLeases"),
                     .gate = gate,
                     .request = {},
                     .handle =
                         [this](BatchCall* call) {
                           HandleBatch(call);
                           return nullptr;
                         }},
      renew_{.api = FindApiMethod(kService, "RenewLease"),
             .gate = gate,
             .request = {},
             .handle = [this](RenewCall* call) { return HandleRenew(call); }},
      release_{.api = FindApiMethod(kService, "ReleaseLease"),
               .gate = gate,
               .request = {},
               .handle =
                   [this](ReleaseCall* call) {
                     HandleRelease(call);
                     return nullptr;
                   }},
      check_{.api = FindApiMethod(kService, "CheckLease"),
             .gate = gate,
             .request = {},
             .handle =
                 [this](CheckCall* call) {
                   call->Finish(Check(call->principal(), call->request()));
                   return nullptr;
                 }},
      keep_alive_{
          .api = FindApiMethod(kService, "KeepAlive"),
          .gate = gate,
          .streams = hot_streams,
          .unanswered_max = 1,
          .request = {},
          .queue = nullptr,
          .handle = [this](KeepAliveStream* stream, uint64_t place,
                           auto& message) { return HandleKeepAlive(stream, place, message); },
          .last = LastOfKeepAlive},
      get_(FindApiMethod(kService, "GetLease")),
      list_(FindApiMethod(kService, "ListLeases")),
      delegate_(FindApiMethod(kService, "DelegateLease")),
      watch_(FindApiMethod(kService, "WatchLeases")) {}

void LeaseService::AwaitCalls(grpc::ServerCompletionQueue* queue, int calls) {
  acquire_.request = [this, queue](auto* context, auto* request, auto* writer, void* tag) {
    RequestAcquireLease(context, request, writer, queue, queue, tag);
  };
  batch_acquire_.request = [this, queue](auto* context, auto* request, auto* writer, void* tag) {
    RequestBatchAcquireLeases(context, request, writer, queue, queue, tag);
  };
  renew_.request = [this, queue](auto* context, auto* request, auto* writer, void* tag) {
    RequestRenewLease(context, request, writer, queue, queue, tag);
  };
  release_.request = [this, queue](auto* context, auto* request, auto* writer, void* tag) {
    RequestReleaseLease(context, request, writer, queue, queue, tag);
  };
  check_.request = [this, queue](auto* context, auto* request, auto* writer, void* tag) {
    RequestCheckLease(context, request, writer, queue, queue, tag);
  };
  for (int i = 0; i < calls; ++i) {
    AcquireCall::Await(acquire_);
    BatchCall::Await(batch_acquire_);
    RenewCall::Await(renew_);
    ReleaseCall::Await(release_);
    CheckCall::Await(check_);
  }
  keep_alive_.queue = queue;
  keep_alive_.request = [this, queue](auto* context, auto* io, void* tag) {
    RequestKeepAlive(context, io, queue, queue, tag);
  };
  for (int i = 0; i < kStreamsAwaited; ++i) {
    KeepAliveStream::Await(keep_alive_);
  }
}

std::unique_ptr<Operation> LeaseService::HandleAcquire(AcquireCall* call) {
  absl::StatusOr<AcquireRequest> request = ParseAcquireRequest(call->principal(), call->request());
  if (!request.ok()) {
    call->Finish(request.status());
    return nullptr;
  }
  return authority_.AcquireOperation(*std::move(request),
                                     [this, call](absl::StatusOr<AcquireResult> result) {
                                       if (result.ok()) {
                                         call->Finish(DescribeAcquired(authority_, *result));
                                       } else {
                                         call->Finish(result.status());
                                       }
                                     });
}

std::unique_ptr<Operation> LeaseService::HandleRenew(RenewCall* call) {
  const v1::RenewLeaseRequest& asked = call->request();
  absl::StatusOr<RenewRequest> request =
      ParseRenewal(authority_.tokens(), call->principal(), asked.token(),
                   asked.has_ttl() ? &asked.ttl() : nullptr);
  if (!request.ok()) {
    call->Finish(request.status());
    return nullptr;
  }
  return authority_.RenewOperation(*std::move(request),
                                   [this, call](absl::StatusOr<AcquireResult> result) {
                                     if (result.ok()) {
                                       call->Finish(DescribePublished(authority_, result->lease));
                                     } else {
                                       call->Finish(result.status());
                                     }
                                   });
}

std::unique_ptr<Operation> LeaseService::HandleKeepAlive(KeepAliveStream* stream, uint64_t place,
                                                         v1::KeepAliveRequest& message) {
  absl::Status fixed = stream->FixToken(message.mutable_token());
  absl::StatusOr<RenewRequest> request =
      fixed.ok() ? ParseRenewal(authority_.tokens(), stream->principal(), message.token(),
                                message.has_ttl() ? &message.ttl() : nullptr)
                 : fixed;
  if (!request.ok()) {
    stream->Refuse(place, request.status());
    return nullptr;
  }
  const LeaseNumber lease = request->lease;
  return authority_.RenewOperation(
      *std::move(request), [this, stream, place, lease](absl::StatusOr<AcquireResult> result) {
        AnswerKeepAlive(stream, place, lease, result.status());
      });
}

void LeaseService::AnswerKeepAlive(KeepAliveStream* stream, uint64_t place, LeaseNumber lease,
                                   const absl::Status& renewed) {
  // At its maximum a lease is kept alive as long as it can be: the stream says when it is over.
  if (!renewed.ok() && ReasonOf(renewed) != Reason::kLeaseMaxTtl) {
    stream->Refuse(place, renewed);
    return;
  }
  if (!stream->IsWatched()) {
    stream->Watched(authority_.WatchLeaseFor(
        stream->principal(), lease, [stream](const absl::Status& why) { stream->End(why); }));
  }
  v1::KeepAliveResponse response;
  *response.mutable_lease() = DescribePublished(authority_, lease);
  stream->Answer(place, std::move(response));
}

void LeaseService::HandleBatch(BatchCall* call) {
  int count = call->request().requests_size();
  if (count < 1 || count > kBatchLeasesMax) {
    call->Finish(Error(Reason::kInvalidArgument,
                       StrCat("requests must have 1 to ", kBatchLeasesMax, " items")));
    return;
  }
  auto batch = std::make_shared<BatchInProgress>();
  batch->call = call;
  batch->left = count;
  for (int i = 0; i < count; ++i) {
    batch->response.add_results();
  }
  for (int i = 0; i < count; ++i) {
    v1::AcquireLeaseResult* result = batch->response.mutable_results(i);
    auto done = [this, batch, result](absl::StatusOr<AcquireResult> acquired) {
      absl::StatusOr<v1::AcquireLeaseResponse> described =
          acquired.ok() ? DescribeAcquired(authority_, *acquired) : acquired.status();
      if (described.ok()) {
        *result->mutable_response() = *std::move(described);
      } else {
        SetError(described.status(), result->mutable_error());
      }
      if (--batch->left == 0) {
        batch->call->Finish(std::move(batch->response));
      }
    };
    absl::StatusOr<AcquireRequest> parsed =
        ParseAcquireRequest(call->principal(), call->request().requests(i));
    if (!parsed.ok()) {
      done(parsed.status());
    } else if (auto operation = authority_.AcquireOperation(*std::move(parsed), std::move(done))) {
      authority_.committer().Submit(std::move(operation));
    }
  }
}

grpc::Status LeaseService::GetLease(grpc::ServerContext* context,
                                    const v1::GetLeaseRequest* request, v1::Lease* response) {
  return DispatchRead<v1::Lease>(
      context, response, gate_, get_, [&](const Principal& principal) -> absl::StatusOr<v1::Lease> {
        ASSIGN_OR_RETURN(LeaseId id, ParseLeaseName(request->name()));
        UnixMillis now = authority_.Now();
        return authority_.published().Read(
            [&](const PublishedState::View& view) -> absl::StatusOr<v1::Lease> {
              const Lease* lease = view.state.leases().Find(id.number);
              if (lease == nullptr || view.state.EpochOf(*lease) != id.epoch ||
                  (principal.role == Role::kAgent && lease->agent != principal.agent)) {
                return Error(Reason::kNotFound, "there is no such lease");
              }
              return DescribeLease(view.state, *lease, now);
            });
      });
}

void LeaseService::HandleRelease(ReleaseCall* call) {
  auto parse = [&]() -> absl::StatusOr<LeaseId> {
    if (call->request().lease_case() == v1::ReleaseLeaseRequest::kToken) {
      ASSIGN_OR_RETURN(LeaseTokenClaims claims, authority_.tokens().Parse(call->request().token()));
      if (claims.kind != TokenKind::kLeaseToken) {
        return Error(Reason::kHandleNotAllowed,
                     "a broker handle releases nothing; present the lease token");
      }
      return LeaseId{claims.epoch, claims.lease};
    }
    return ParseLeaseName(call->request().name());
  };
  absl::StatusOr<LeaseId> id = parse();
  if (!id.ok()) {
    call->Finish(id.status());
    return;
  }
  const Principal& principal = call->principal();
  ReleaseRequest release{.lease = id->number,
                         .epoch = id->epoch,
                         .agent = principal.role == Role::kAgent ? principal.agent : EntityUid()};
  authority_.SubmitRelease(principal, release, [this, call](absl::StatusOr<AcquireResult> result) {
    if (result.ok()) {
      call->Finish(DescribePublished(authority_, result->lease));
    } else {
      call->Finish(result.status());
    }
  });
}

grpc::Status LeaseService::DelegateLease(grpc::ServerContext* context,
                                         const v1::DelegateLeaseRequest* request,
                                         v1::AcquireLeaseResponse* response) {
  return Dispatch<v1::AcquireLeaseResponse>(context, response, gate_, delegate_, [&](auto call) {
    absl::StatusOr<DelegateRequest> parsed =
        ParseDelegateRequest(call->principal(), authority_.tokens(), *request);
    if (!parsed.ok()) {
      call->Finish(parsed.status());
      return;
    }
    authority_.SubmitDelegate(*std::move(parsed),
                              [this, call](absl::StatusOr<AcquireResult> delegated) {
                                if (delegated.ok()) {
                                  call->Finish(DescribeAcquired(authority_, *delegated));
                                } else {
                                  call->Finish(delegated.status());
                                }
                              });
  });
}

grpc::Status LeaseService::WatchLeases(grpc::ServerContext* context,
                                       const v1::WatchLeasesRequest* request,
                                       grpc::ServerWriter<v1::WatchLeasesEvent>* writer) {
  return DispatchStream<v1::WatchLeasesEvent>(
      context, writer, gate_, watch_, streams_, [&](StreamCall<v1::WatchLeasesEvent>& call) {
        StreamHolder holder(authority_, gate_, *context, watch_, call.principal());
        return LeaseWatch(authority_, store_, tokens_, *request, holder, call).Run();
      });
}

absl::StatusOr<v1::CheckLeaseResponse> LeaseService::Check(const Principal& principal,
                                                           const v1::CheckLeaseRequest& request) {
  ASSIGN_OR_RETURN(LeaseTokenClaims claims, authority_.tokens().Parse(request.token()));
  UnixMillis now = authority_.Now();
  return authority_.published().Read(
      [&](const PublishedState::View& view) -> absl::StatusOr<v1::CheckLeaseResponse> {
        const Lease* lease = view.state.leases().Find(claims.lease);
        if (claims.epoch != view.state.epoch() || lease == nullptr) {
          return Error(Reason::kRestoredEpoch,
                       "the lease was issued before the store was restored; take a new one");
        }
        if (principal.role == Role::kAgent && lease->agent != principal.agent) {
          return Error(Reason::kLeaseNotBound, "the lease belongs to another agent");
        }
        if (principal.role == Role::kAgent && claims.kind == TokenKind::kLeaseToken) {
          RETURN_IF_ERROR(CheckBinding(*lease, principal));
        }
        v1::CheckLeaseResponse answer;
        Usability usable = view.state.CheckLease(*lease, now);
        Reason reason = usable.reason;
        if (usable.ok()) {
          view.state.VersionFor(*lease, now, &reason);
        }
        answer.set_usable(reason == Reason::kNone);
        if (!answer.usable()) {
          answer.set_reason(std::string(ReasonName(reason)));
        }
        ToProto(lease->expire_time, answer.mutable_expire_time());
        return answer;
      });
}

}  // namespace leasehold
