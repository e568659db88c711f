#include "server/api/use_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "server/api/names.h"
#include "server/api/revealed_value.h"
#include "server/api/unary_call.h"
#include "server/api/use_description.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr std::string_view kService = "leasehold.v1.UseService";
// A batch is judged in one piece, and a revocation waits for it: 1,000 uses take about 5 ms.
constexpr int kBatchUsesMax = 1000;
// Calls whose arguments wait to be parsed. Each takes some microseconds, so whoever is turned away
// here would have waited for a second's worth of large ones.
constexpr size_t kArgumentsWaitingMax = 1024;

bool HasArguments(const v1::AuthorizeUseRequest& request) {
  return !request.arguments_json().empty();
}

// Uses of a stream that may be without an answer: enough to fill the time of a commit, and little
// to keep for each of some thousand streams.
constexpr size_t kStreamUsesMax = 32;
// Of the streams of uses, which live long, so few are waited for at once.
constexpr int kStreamsAwaited = 8;

// A stream's uses are parsed on the hot thread, in their order: arguments of this size take some
// ten microseconds.
constexpr size_t kStreamArgumentsMax = 4096;

v1::StreamAuthorizeUseResponse LastOfUses(const absl::Status& why) {
  v1::StreamAuthorizeUseResponse last;
  *last.mutable_ended() = DescribeUseResult(why).error();
  return last;
}

}  // namespace

UseService::UseService(LeaseAuthority& authority, const Gate& gate, HotStreams& streams)
    : authority_(authority),
      gate_(gate),
      authorize_{.api = FindApiMethod(kService, "AuthorizeUse"),
                 .gate = gate,
                 .request = {},
                 .handle = [this](AuthorizeCall* call) { return HandleAuthorize(call); }},
      batch_{.api = FindApiMethod(kService, "BatchAuthorizeUse"),
             .gate = gate,
             .request = {},
             .handle = [this](BatchCall* call) { return HandleBatch(call); }},
      stream_{.api = FindApiMethod(kService, "StreamAuthorizeUse"),
              .gate = gate,
              .streams = streams,
              .unanswered_max = kStreamUsesMax,
              .request = {},
              .queue = nullptr,
              .handle = [this](AuthorizeStream* stream, uint64_t place,
                               auto& request) { return HandleStream(stream, place, request); },
              .last = LastOfUses},
      reveal_(FindApiMethod(kService, "RevealSecret")),
      arguments_(std::make_unique<ReadPool>("lh-arguments", /*threads=*/1, kArgumentsWaitingMax)) {}

template <typename Call>
void UseService::SubmitFor(Call* call, std::unique_ptr<Operation> (UseService::*parse)(Call*)) {
  const absl::Status accepted = arguments_->Submit([this, call, parse] {
    if (std::unique_ptr<Operation> operation = (this->*parse)(call)) {
      authority_.committer().Submit(std::move(operation));
    }
  });
  if (!accepted.ok()) call->Finish(accepted);
}

void UseService::AwaitCalls(grpc::ServerCompletionQueue* queue, int calls) {
  authorize_.request = [this, queue](auto* context, auto* request, auto* writer, void* tag) {
    RequestAuthorizeUse(context, request, writer, queue, queue, tag);
  };
  batch_.request = [this, queue](auto* context, auto* request, auto* writer, void* tag) {
    RequestBatchAuthorizeUse(context, request, writer, queue, queue, tag);
  };
  stream_.queue = queue;
  stream_.request = [this, queue](auto* context, auto* io, void* tag) {
    RequestStreamAuthorizeUse(context, io, queue, queue, tag);
  };
  for (int i = 0; i < calls; ++i) {
    AuthorizeCall::Await(authorize_);
    BatchCall::Await(batch_);
  }
  for (int i = 0; i < kStreamsAwaited; ++i) {
    AuthorizeStream::Await(stream_);
  }
}

std::unique_ptr<Operation> UseService::HandleStream(AuthorizeStream* stream, uint64_t place,
                                                    v1::StreamAuthorizeUseRequest& message) {
  v1::AuthorizeUseRequest& request = *message.mutable_use();
  if (absl::Status fixed = stream->FixToken(request.mutable_token()); !fixed.ok()) {
    stream->Refuse(place, fixed);
    return nullptr;
  }
  absl::StatusOr<UseRequest> use =
      request.arguments_json().size() > kStreamArgumentsMax
          ? Error(Reason::kTooLarge,
                  StrCat("a stream takes arguments of at most ", kStreamArgumentsMax,
                         " bytes; ask about larger ones with AuthorizeUse"))
          : ParseUseRequest(stream->principal(), request);
  if (!use.ok()) {
    v1::StreamAuthorizeUseResponse response;
    *response.mutable_result() = DescribeUseResult(use.status());
    stream->Answer(place, std::move(response));
    return nullptr;
  }
  return authority_.UseOperation(*std::move(use),
                                 [this, stream, place](absl::StatusOr<UseReply> reply) {
                                   AnswerStream(stream, place, reply);
                                 });
}

void UseService::AnswerStream(AuthorizeStream* stream, uint64_t place,
                              const absl::StatusOr<UseReply>& reply) {
  if (!stream->IsWatched()) {
    // A stream rests on a lease that the caller may present, or it ends.
    absl::Status proved = reply.status();
    if (reply.ok() && (reply->lease.empty() || reply->reason == Reason::kLeaseNotBound ||
                       reply->reason == Reason::kHandleNotAllowed)) {
      proved = Error(reply->reason, reply->message);
    }
    if (!proved.ok()) {
      stream->Refuse(place, proved);
      return;
    }
    stream->Watched(
        authority_.WatchLeaseFor(stream->principal(), reply->lease,
                                 [stream](const absl::Status& why) { stream->End(why); }));
  }
  v1::StreamAuthorizeUseResponse response;
  *response.mutable_result() = DescribeUseResult(reply);
  stream->Answer(place, std::move(response));
}

std::unique_ptr<Operation> UseService::HandleAuthorize(AuthorizeCall* call) {
  if (!HasArguments(call->request())) return AuthorizeOperation(call);
  SubmitFor(call, &UseService::AuthorizeOperation);
  return nullptr;
}

std::unique_ptr<Operation> UseService::AuthorizeOperation(AuthorizeCall* call) {
  absl::StatusOr<UseRequest> request = ParseUseRequest(call->principal(), call->request());
  if (!request.ok()) {
    call->Finish(request.status());
    return nullptr;
  }
  return authority_.UseOperation(*std::move(request), [call](absl::StatusOr<UseReply> reply) {
    if (reply.ok()) {
      call->Finish(DescribeUse(*reply));
    } else {
      call->Finish(reply.status());
    }
  });
}

std::unique_ptr<Operation> UseService::HandleBatch(BatchCall* call) {
  int count = call->request().requests_size();
  if (count < 1 || count > kBatchUsesMax) {
    call->Finish(Error(Reason::kInvalidArgument,
                       StrCat("requests must have 1 to ", kBatchUsesMax, " items")));
    return nullptr;
  }
  const auto& requests = call->request().requests();
  if (std::none_of(requests.begin(), requests.end(), HasArguments)) return BatchOperation(call);
  SubmitFor(call, &UseService::BatchOperation);
  return nullptr;
}

std::unique_ptr<Operation> UseService::BatchOperation(BatchCall* call) {
  const int count = call->request().requests_size();
  // What does not parse keeps its place and is not judged.
  v1::BatchAuthorizeUseResponse response;
  std::vector<UseRequest> requests;
  std::vector<int> places;
  for (int i = 0; i < count; ++i) {
    absl::StatusOr<UseRequest> request =
        ParseUseRequest(call->principal(), call->request().requests(i));
    v1::AuthorizeUseResult* result = response.add_results();
    if (request.ok()) {
      requests.push_back(*std::move(request));
      places.push_back(i);
    } else {
      *result = DescribeUseResult(request.status());
    }
  }
  if (requests.empty()) {
    call->Finish(std::move(response));
    return nullptr;
  }
  return authority_.UsesOperation(
      std::move(requests), [call, response = std::move(response), places = std::move(places)](
                               std::vector<absl::StatusOr<UseReply>> replies) mutable {
        for (size_t i = 0; i < replies.size(); ++i) {
          *response.mutable_results(places[i]) = DescribeUseResult(replies[i]);
        }
        call->Finish(std::move(response));
      });
}

absl::StatusOr<v1::RevealSecretResponse> UseService::DescribeRevealed(
    const LeaseAuthority::Revealed& value, const std::string& field) const {
  v1::RevealSecretResponse response;
  RevealedValue::Write(value.fields, field, &response);
  if (response.fields().empty()) {
    return Error(Reason::kNotFound, StrCat("the version has no field of that name; it was recorded "
                                           "as revealed at entry ",
                                           value.entry.value()));
  }
  response.set_entry(value.entry.value());
  authority_.published().Read([&](const PublishedState::View& view) {
    const Entity* secret = view.state.entities().Find(value.version.secret);
    response.set_version(VersionName(secret->name, value.version.number));
  });
  return response;
}

grpc::Status UseService::RevealSecret(grpc::ServerContext* context,
                                      const v1::RevealSecretRequest* request,
                                      v1::RevealSecretResponse* response) {
  return Dispatch<v1::RevealSecretResponse>(context, response, gate_, reveal_, [&](auto call) {
    authority_.Reveal(
        call->principal(), request->token(),
        [this, call, field = request->field()](absl::StatusOr<LeaseAuthority::Revealed> value) {
          if (value.ok()) {
            call->Finish(DescribeRevealed(*value, field));
          } else {
            call->Finish(value.status());
          }
        });
  });
}

}  // namespace leasehold
