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

}  // namespace

UseService::UseService(LeaseAuthority& authority, const Gate& gate)
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
  for (int i = 0; i < calls; ++i) {
    AuthorizeCall::Await(authorize_);
    BatchCall::Await(batch_);
  }
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
