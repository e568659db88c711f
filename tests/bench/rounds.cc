#include "tests/bench/rounds.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "leasehold/v1/lease.pb.h"
#include "leasehold/v1/revocation.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/bench/disk_sync.h"
#include "tests/bench/http_load.h"
#include "tests/bench/probe.h"
#include "tests/bench/statistics.h"
#include "tests/support/api_client.h"

namespace leasehold {
namespace {

// On each of two connections 50.
constexpr size_t kInFlight = 100;
constexpr int kUsesPerBatch = 16;
constexpr int kHttpConnections = 50;
// What is asked for at once where only the sum counts.
constexpr uint64_t kUsesPerLargeBatch = 1000;
// A load runs so much longer than the probe beside it.
constexpr absl::Duration kProbeMargin = absl::Milliseconds(200);

v1::AuthorizeUseRequest UseOf(const Holder& holder) {
  v1::AuthorizeUseRequest request;
  request.set_token(holder.token);
  request.set_target(StrCat("targets/", StoreUnderTest::kTarget));
  request.set_method("GET");
  request.set_path(StoreUnderTest::kPath);
  return request;
}

bool IsAllowed(const v1::AuthorizeUseResponse& response) { return response.allowed(); }

bool AreAllowed(const v1::BatchAuthorizeUseResponse& response) {
  for (const v1::AuthorizeUseResult& result : response.results()) {
    if (!result.response().allowed()) return false;
  }
  return true;
}

Figure RateFigure(const LoadFigures& load, double compared_with) {
  Figure figure{.value = load.per_second, .ratio = std::nullopt, .cpu_us = load.cpu_us};
  if (compared_with > 0) figure.ratio = load.per_second / compared_with;
  return figure;
}

std::string HttpRequest(std::string_view path, std::string_view handle) {
  return StrCat("GET ", path, " HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n",
                handle.empty() ? "" : "Authorization: Bearer ", handle,
                handle.empty() ? "" : "\r\n", "\r\n");
}

// One blocking call after the other, as the thread of a caller makes them.
absl::Status AsStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return Error(Reason::kInternal,
               StrCat("a call beside the load failed: ", status.error_message()));
}

}  // namespace

Rounds::Rounds(const RoundOptions& options)
    : options_(options),
      echo_("echo", options.folder),
      echo_cq_("echo_cq", options.folder),
      upstream_("upstream", options.folder),
      echo_connections_(echo_.address()),
      echo_cq_connections_(echo_cq_.address()) {}

absl::StatusOr<std::unique_ptr<Rounds>> Rounds::Prepare(const RoundOptions& options) {
  std::unique_ptr<Rounds> rounds(new Rounds(options));
  const std::string url = StrCat("http://", rounds->upstream_.address());
  ASSIGN_OR_RETURN(rounds->store_, StoreUnderTest::Create(options.folder, "data", url));
  rounds->connections_ = std::make_unique<Connections>(rounds->store_->Endpoint("grpc"));
  ASSIGN_OR_RETURN(rounds->sized_, StoreUnderTest::Create(options.folder, "sized", url));
  RETURN_IF_ERROR(rounds->sized_->Stop());
  for (const Holder& holder : rounds->store_->holders()) {
    rounds->use_calls_.push_back({holder.bearer, UseOf(holder)});
    // The peers look at no credential, and a bare echo sends none.
    rounds->echo_calls_.push_back({"", UseOf(holder)});
  }
  return rounds;
}

bool Rounds::Wanted(std::string_view row) const {
  return options_.only.empty() || options_.only.count(std::string(row)) > 0;
}

absl::Status Rounds::RunOne(Results& results) {
  struct Phase {
    std::string_view row;
    absl::Status (Rounds::*measure)(Results&);
  };
  static constexpr Phase kPhases[] = {
      {"fdatasync", &Rounds::MeasureDisk},
      {"echo", &Rounds::MeasureEcho},
      {"echo_cq", &Rounds::MeasureEchoCq},
      {"check_lease", &Rounds::MeasureCheck},
      {"authorize_use", &Rounds::MeasureAuthorize},
      {"acquire_lease", &Rounds::MeasureAcquire},
      {"authorize_use_batch16", &Rounds::MeasureBatch},
      {"authorize_use_c1", &Rounds::MeasureAlone},
      {"revoke_under_load_p99", &Rounds::MeasureRevoke},
      {"revoke_1m", &Rounds::MeasureMany},
      {"entry_bytes", &Rounds::MeasureSize},
      {"broker_c50", &Rounds::MeasureBroker},
      {"policy_decide_10k", &Rounds::MeasureDecide},
      {"policy_replay_1m", &Rounds::MeasureReplay},
  };
  for (const Phase& phase : kPhases) {
    // The first two are what others are compared with.
    if (phase.row != "fdatasync" && phase.row != "echo" && !Wanted(phase.row)) continue;
    if (absl::Status measured = (this->*phase.measure)(results); !measured.ok()) {
      return Annotate(measured, phase.row);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<LoadFigures> Rounds::LoadUses(std::vector<v1::UseService::Stub*> stubs,
                                             const UseCalls& calls, pid_t server, size_t in_flight,
                                             const LoadWindow& window) const {
  CallLoad<v1::UseService::Stub, v1::AuthorizeUseRequest, v1::AuthorizeUseResponse> load(
      std::move(stubs), &v1::UseService::Stub::AsyncAuthorizeUse, calls, &IsAllowed);
  return load.Run(in_flight, window, server);
}

absl::Status Rounds::MeasureDisk(Results& results) {
  ASSIGN_OR_RETURN(sync_us_, MeasureSync(StrCat(options_.folder, "/sync"), options_.sync_measured));
  results.Add("fdatasync", {.value = sync_us_});
  return absl::OkStatus();
}

absl::Status Rounds::MeasureEcho(Results& results) {
  ASSIGN_OR_RETURN(const LoadFigures load, LoadUses(echo_connections_.uses(), echo_calls_,
                                                    echo_.pid(), kInFlight, options_.window));
  echo_per_second_ = load.per_second;
  results.Add("echo", RateFigure(load, echo_per_second_));
  return absl::OkStatus();
}

absl::Status Rounds::MeasureEchoCq(Results& results) {
  ASSIGN_OR_RETURN(const LoadFigures load, LoadUses(echo_cq_connections_.uses(), echo_calls_,
                                                    echo_cq_.pid(), kInFlight, options_.window));
  results.Add("echo_cq", RateFigure(load, echo_per_second_));
  return absl::OkStatus();
}

absl::Status Rounds::MeasureCheck(Results& results) {
  std::vector<LoadedCall<v1::CheckLeaseRequest>> calls;
  for (const Holder& holder : store_->holders()) {
    calls.push_back({holder.bearer, {}});
    calls.back().request.set_token(holder.token);
  }
  CallLoad<v1::LeaseService::Stub, v1::CheckLeaseRequest, v1::CheckLeaseResponse> load(
      connections_->leases(), &v1::LeaseService::Stub::AsyncCheckLease, std::move(calls),
      [](const v1::CheckLeaseResponse& response) { return response.usable(); });
  ASSIGN_OR_RETURN(const LoadFigures figures, load.Run(kInFlight, options_.window, store_->pid()));
  results.Add("check_lease", RateFigure(figures, echo_per_second_));
  return absl::OkStatus();
}

absl::Status Rounds::MeasureAuthorize(Results& results) {
  ASSIGN_OR_RETURN(const LoadFigures load, LoadUses(connections_->uses(), use_calls_, store_->pid(),
                                                    kInFlight, options_.window));
  results.Add("authorize_use", RateFigure(load, echo_per_second_));
  return absl::OkStatus();
}

absl::Status Rounds::MeasureAcquire(Results& results) {
  std::vector<LoadedCall<v1::AcquireLeaseRequest>> calls;
  for (const Holder& holder : store_->holders()) {
    calls.push_back({holder.bearer, {}});
    calls.back().request.set_secret(StoreUnderTest::kSecret);
  }
  CallLoad<v1::LeaseService::Stub, v1::AcquireLeaseRequest, v1::AcquireLeaseResponse> load(
      connections_->leases(), &v1::LeaseService::Stub::AsyncAcquireLease, std::move(calls),
      [](const v1::AcquireLeaseResponse& response) { return !response.token().empty(); });
  ASSIGN_OR_RETURN(const LoadFigures figures, load.Run(kInFlight, options_.window, store_->pid()));
  results.Add("acquire_lease", RateFigure(figures, echo_per_second_));
  return absl::OkStatus();
}

absl::Status Rounds::MeasureBatch(Results& results) {
  // Each batch holds uses of one agent's leases, as many of each.
  std::vector<LoadedCall<v1::BatchAuthorizeUseRequest>> calls(StoreUnderTest::kAgents);
  for (size_t agent = 0; agent < calls.size(); ++agent) {
    const size_t first = agent * StoreUnderTest::kLeasesPerAgent;
    calls[agent].bearer = use_calls_[first].bearer;
    for (int i = 0; i < kUsesPerBatch; ++i) {
      *calls[agent].request.add_requests() =
          use_calls_[first + i % StoreUnderTest::kLeasesPerAgent].request;
    }
  }
  CallLoad<v1::UseService::Stub, v1::BatchAuthorizeUseRequest, v1::BatchAuthorizeUseResponse> load(
      connections_->uses(), &v1::UseService::Stub::AsyncBatchAuthorizeUse, std::move(calls),
      &AreAllowed);
  ASSIGN_OR_RETURN(LoadFigures figures, load.Run(kInFlight, options_.window, store_->pid()));
  figures.per_second *= kUsesPerBatch;
  results.Add("authorize_use_batch16", RateFigure(figures, echo_per_second_));
  return absl::OkStatus();
}

absl::Status Rounds::MeasureAlone(Results& results) {
  ASSIGN_OR_RETURN(const LoadFigures echo, LoadUses({echo_connections_.first_uses()}, echo_calls_,
                                                    echo_.pid(), 1, options_.window));
  ASSIGN_OR_RETURN(const LoadFigures use, LoadUses({connections_->first_uses()}, use_calls_,
                                                   store_->pid(), 1, options_.window));
  results.Add(
      "authorize_use_c1",
      {.value = use.p50_us, .ratio = use.p50_us / (echo.p50_us + sync_us_), .cpu_us = use.cpu_us});
  return absl::OkStatus();
}

absl::Status Rounds::MakeMany() {
  if (many_ != nullptr) return absl::OkStatus();
  const std::string url = StrCat("http://", upstream_.address());
  ASSIGN_OR_RETURN(many_, ManyLeases::Create(options_.folder, url, options_.many_leases));
  RETURN_IF_ERROR(many_->RevokeOne().status());  // the connection is made then
  ASSIGN_OR_RETURN(revoked_alive_us_, many_->RevokeAgent());
  return absl::OkStatus();
}

absl::Status Rounds::MeasureReplay(Results& results) {
  RETURN_IF_ERROR(MakeMany());
  ASSIGN_OR_RETURN(const double took, many_->Replay());
  results.Add("policy_replay_1m", {.value = took});
  return absl::OkStatus();
}

absl::Status Rounds::MeasureMany(Results& results) {
  // One after the other, so that a slow disk meets both; an odd number has a median.
  constexpr int kRevocations = 21;
  RETURN_IF_ERROR(MakeMany());
  results.Add("revoke_1m_alive",
              {.value = revoked_alive_us_, .ratio = std::nullopt, .cpu_us = std::nullopt});
  std::vector<double> one;
  std::vector<double> agent;
  for (int i = 0; i < kRevocations; ++i) {
    ASSIGN_OR_RETURN(one.emplace_back(), many_->RevokeOne());
    ASSIGN_OR_RETURN(agent.emplace_back(), many_->RevokeAgent());
  }
  const double median = Median(one);
  results.Add("revoke_1", {.value = median, .ratio = std::nullopt, .cpu_us = std::nullopt});
  results.Add("revoke_1m",
              {.value = Median(agent), .ratio = Median(agent) / median, .cpu_us = std::nullopt});
  return absl::OkStatus();
}

absl::Status Rounds::MeasureRevoke(Results& results) {
  LoadWindow longer = options_.window;
  longer.measured += kProbeMargin;
  const auto echo_stub = v1::UseService::NewStub(OpenConnection(echo_.address()));
  Probe echo_probe(
      [&] {
        grpc::ClientContext context;
        v1::AuthorizeUseResponse response;
        return AsStatus(echo_stub->AuthorizeUse(&context, echo_calls_[0].request, &response));
      },
      options_.window, echo_.pid());
  RETURN_IF_ERROR(
      LoadUses(echo_connections_.uses(), echo_calls_, echo_.pid(), kInFlight, longer).status());
  ASSIGN_OR_RETURN(const LoadFigures echo, echo_probe.Join());

  const auto stub = v1::RevocationService::NewStub(
      OpenConnection(StrCat("unix:", store_->Endpoint("revoke_socket"))));
  v1::RevokeRequest request;
  request.mutable_selector()->set_lease(store_->spare_lease());
  request.set_reason("benchmark");
  Probe revoke_probe(
      [&] {
        grpc::ClientContext context;
        v1::Revocation response;
        return AsStatus(stub->Revoke(&context, request, &response));
      },
      options_.window, store_->pid());
  ASSIGN_OR_RETURN(const LoadFigures load,
                   LoadUses(connections_->uses(), use_calls_, store_->pid(), kInFlight, longer));
  ASSIGN_OR_RETURN(const LoadFigures revoke, revoke_probe.Join());
  results.Add("revoke_under_load_p99",
              {.value = revoke.p99_us,
               .ratio = revoke.p99_us / echo.p99_us,
               .cpu_us = load.cpu_seconds * 1e6 / static_cast<double>(load.calls + revoke.calls)});
  return absl::OkStatus();
}

absl::Status Rounds::RecordUses(uint64_t count) const {
  const Holder& holder = sized_->holders().front();
  const ApiClient client(sized_->Endpoint("grpc"),
                         holder.bearer.substr(holder.bearer.find(' ') + 1));
  v1::BatchAuthorizeUseRequest batch;
  for (uint64_t i = 0; i < kUsesPerLargeBatch; ++i) {
    *batch.add_requests() = UseOf(sized_->holders()[i % StoreUnderTest::kLeasesPerAgent]);
  }
  for (uint64_t done = 0; done < count; done += kUsesPerLargeBatch) {
    const auto answer =
        client.Call<v1::BatchAuthorizeUseResponse>("UseService/BatchAuthorizeUse", batch);
    if (!answer.ok() || !AreAllowed(answer.value)) {
      return Error(Reason::kInternal, StrCat("uses were not allowed: ", answer.message));
    }
  }
  return absl::OkStatus();
}

// A server that stops empties its WAL into the database, so both sizes are exact.
absl::Status Rounds::MeasureSize(Results& results) {
  const uint64_t before = sized_->DatabaseBytes();
  RETURN_IF_ERROR(sized_->Start());
  RETURN_IF_ERROR(RecordUses(options_.sized_uses));
  RETURN_IF_ERROR(sized_->Stop());
  const uint64_t uses =
      (options_.sized_uses + kUsesPerLargeBatch - 1) / kUsesPerLargeBatch * kUsesPerLargeBatch;
  results.Add("entry_bytes", {.value = static_cast<double>(sized_->DatabaseBytes() - before) /
                                       static_cast<double>(uses)});
  return absl::OkStatus();
}

absl::Status Rounds::MeasureBroker(Results& results) {
  ASSIGN_OR_RETURN(const LoadFigures direct,
                   RunHttpLoad({.address = upstream_.address(),
                                .request = HttpRequest(StoreUnderTest::kPath, ""),
                                .connections = kHttpConnections},
                               options_.window, upstream_.pid()));
  ASSIGN_OR_RETURN(const LoadFigures through,
                   RunHttpLoad({.address = store_->Endpoint("broker"),
                                .request = HttpRequest(
                                    StrCat("/t/", StoreUnderTest::kTarget, StoreUnderTest::kPath),
                                    store_->holders().front().handle),
                                .connections = kHttpConnections},
                               options_.window, store_->pid()));
  results.Add("broker_c50", RateFigure(through, direct.per_second));
  return absl::OkStatus();
}

// In this process and without a server: what the matcher takes of the time of a use.
absl::Status Rounds::MeasureDecide(Results& results) {
  constexpr size_t kFew = 10;
  constexpr size_t kMany = 10'000;
  if (decide_10_ == nullptr) {
    ASSIGN_OR_RETURN(decide_10_, PolicyDecide::Create(SetShape::kTeams, kFew));
    ASSIGN_OR_RETURN(decide_10k_, PolicyDecide::Create(SetShape::kTeams, kMany));
    ASSIGN_OR_RETURN(decide_alike_, PolicyDecide::Create(SetShape::kAlike, kMany));
  }
  const auto measure = [&](std::string_view row, const PolicyDecide& decide) -> absl::Status {
    ASSIGN_OR_RETURN(const double micros, decide.Measure(options_.sync_measured));
    results.Add(row, {.value = micros});
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(measure("policy_decide_10", *decide_10_));
  RETURN_IF_ERROR(measure("policy_decide_10k", *decide_10k_));
  return measure("policy_decide_10k_alike", *decide_alike_);
}

}  // namespace leasehold
