#include "server/api/ledger_service.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "server/api/checkpoint_signer.h"
#include "server/api/entry_page.h"
#include "server/api/entry_query.h"
#include "server/api/entry_watch.h"
#include "server/api/stream_holder.h"
#include "server/api/submit_call.h"
#include "server/api/usage_query.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

constexpr std::string_view kService = "leasehold.v1.LedgerService";
constexpr uint32_t kExportFormat = 1;

using ExportCall = StreamCall<v1::ExportRecord>;

absl::Status ExportTexts(StoreView& view, ExportCall& call) {
  return view.ReadTexts([&](const TextRow& row) {
    v1::ExportRecord record;
    record.mutable_text()->set_id(row.id.value());
    record.mutable_text()->set_kind(static_cast<uint32_t>(row.kind));
    record.mutable_text()->set_salt(row.salt);
    record.mutable_text()->set_text(row.text);
    return call.Write(record, ExportCall::Then::kMore);
  });
}

absl::Status ExportBodies(StoreView& view, ExportCall& call) {
  return view.ReadBodies([&](const BodyRow& row) {
    v1::ExportRecord record;
    record.mutable_body()->set_body(row.body);
    return call.Write(record, ExportCall::Then::kMore);
  });
}

absl::Status ExportLedger(StoreView& view, uint64_t size, ExportCall& call) {
  return view.ReadEntries(0, size, [&](uint64_t index, std::string_view bytes) {
    v1::ExportRecord record;
    record.mutable_entry()->set_index(index);
    record.mutable_entry()->set_raw(std::string(bytes));
    return call.Write(record, ExportCall::Then::kMore);
  });
}

absl::Status ExportSnapshot(StoreView& view, ExportCall& call) {
  return view
      .ReadSnapshot([&](const SnapshotRow& row) {
        v1::ExportRecord record;
        record.mutable_snapshot_row()->set_section(row.section);
        record.mutable_snapshot_row()->set_key(row.key);
        record.mutable_snapshot_row()->set_body(row.body);
        return call.Write(record, ExportCall::Then::kMore);
      })
      .status();
}

// The checkpoint key that goes with the view's ledger.
absl::StatusOr<uint32_t> CheckpointKeyIn(StoreView& view) {
  ASSIGN_OR_RETURN(const std::vector<KeyRow> keys, view.ReadKeys());
  uint32_t newest = 0;
  for (const KeyRow& row : keys) {
    if (row.key_class == static_cast<int>(KeyClass::kCheckpoint)) {
      newest = std::max(newest, row.number);
    }
  }
  return newest;
}

}  // namespace

LedgerService::LedgerService(LeaseAuthority& authority, const Gate& gate, Store& store,
                             ReadPool& pool, OpenStreams& streams)
    : authority_(authority),
      gate_(gate),
      store_(store),
      pool_(pool),
      streams_(streams),
      tokens_(authority.vault()) {}

grpc::Status LedgerService::ListEntries(grpc::ServerContext* context,
                                        const v1::ListEntriesRequest* request,
                                        v1::ListEntriesResponse* response) {
  static const ApiMethod& method = FindApiMethod(kService, "ListEntries");
  return Dispatch<v1::ListEntriesResponse>(context, response, gate_, method, [&](auto call) {
    ReadCall(pool_, call, [this, request] { return ReadEntries(*request); });
  });
}

absl::StatusOr<v1::ListEntriesResponse> LedgerService::ReadEntries(
    const v1::ListEntriesRequest& request) const {
  EntryRange range{.descending = request.descending()};
  ASSIGN_OR_RETURN(range.rows_max, ParsePageSize(request.page_size()));
  const std::string question = QuestionOf(request);
  ASSIGN_OR_RETURN(std::string place, tokens_.Parse(question, request.page_token()));
  ASSIGN_OR_RETURN(std::optional<EntryQuery> query,
                   authority_.published().Read([&](const PublishedState::View& view) {
                     range.end = view.head.size;
                     return EntryQuery::Parse(request, view.state);
                   }));
  v1::ListEntriesResponse response;
  if (!query.has_value()) {
    return response;
  }
  range.from = range.descending ? range.end : 0;
  if (!place.empty()) {
    ASSIGN_OR_RETURN(range.from, NumberAt(place));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<StoreView> view, store_.NewView());
  ASSIGN_OR_RETURN(EntryPage page, ReadEntryPage(*view, authority_.published(), *query, range));
  for (v1::LedgerEntry& entry : page.entries) {
    *response.add_entries() = std::move(entry);
  }
  if (page.next.has_value()) {
    response.set_next_page_token(tokens_.Make(question, PlaceOf(*page.next)));
  }
  return response;
}

grpc::Status LedgerService::QueryUsage(grpc::ServerContext* context,
                                       const v1::QueryUsageRequest* request,
                                       v1::QueryUsageResponse* response) {
  static const ApiMethod& method = FindApiMethod(kService, "QueryUsage");
  return Dispatch<v1::QueryUsageResponse>(context, response, gate_, method, [&](auto call) {
    ReadCall(pool_, call, [this, request] { return ReadUsage(*request); });
  });
}

absl::StatusOr<v1::QueryUsageResponse> LedgerService::ReadUsage(
    const v1::QueryUsageRequest& request) const {
  ASSIGN_OR_RETURN(size_t page_size, ParsePageSize(request.page_size()));
  const std::string page_question = QuestionOf(request);
  ASSIGN_OR_RETURN(std::string place, tokens_.Parse(page_question, request.page_token()));
  const PublishedState& published = authority_.published();
  v1::QueryUsageResponse response;
  ASSIGN_OR_RETURN(UsageQuestion question, published.Read([&](const PublishedState::View& view) {
    response.set_tree_size(view.head.size);
    return ParseUsageQuestion(request, view.state);
  }));
  const std::vector<UsageLine> lines = AnswerUsage(
      [&](uint32_t bucket, const UsageFilter& filter, std::vector<UsageLine>* copied) {
        published.Read([&](const PublishedState::View& view) {
          view.state.usage().CopyLines(bucket, filter, copied);
        });
      },
      question);
  ASSIGN_OR_RETURN(size_t start, UsageStart(lines, place));
  const size_t end = std::min(lines.size(), start + page_size);
  published.Read([&](const PublishedState::View& view) {
    for (size_t i = start; i < end; ++i) {
      *response.add_rows() = DescribeUsage(view.state, question, lines[i]);
    }
  });
  if (end < lines.size()) {
    response.set_next_page_token(tokens_.Make(page_question, UsagePlace(lines[end - 1])));
  }
  return response;
}

grpc::Status LedgerService::GetCheckpoint(grpc::ServerContext* context,
                                          const v1::GetCheckpointRequest*,
                                          v1::Checkpoint* response) {
  static const ApiMethod& method = FindApiMethod(kService, "GetCheckpoint");
  return DispatchRead<v1::Checkpoint>(context, response, gate_, method, [&](const Principal&) {
    CheckpointToSign checkpoint;
    v1::Checkpoint changes;
    authority_.published().Read([&](const PublishedState::View& view) {
      checkpoint = {.origin = view.state.origin(),
                    .head = view.head,
                    .key = view.state.keys().current(KeyClass::kCheckpoint)};
      AddKeyChanges(view.state, &changes);
    });
    absl::StatusOr<v1::Checkpoint> answer = SignedCheckpoint(authority_.vault(), checkpoint);
    if (answer.ok()) {
      answer->mutable_key_changes()->Swap(changes.mutable_key_changes());
    }
    return answer;
  });
}

grpc::Status LedgerService::ExportEntries(grpc::ServerContext* context,
                                          const v1::ExportEntriesRequest*,
                                          grpc::ServerWriter<v1::ExportRecord>* writer) {
  static const ApiMethod& method = FindApiMethod(kService, "ExportEntries");
  return DispatchStream<v1::ExportRecord>(context, writer, gate_, method, streams_,
                                          [&](ExportCall& call) { return Export(call); });
}

grpc::Status LedgerService::WatchEntries(grpc::ServerContext* context,
                                         const v1::WatchEntriesRequest* request,
                                         grpc::ServerWriter<v1::WatchEntriesEvent>* writer) {
  static const ApiMethod& method = FindApiMethod(kService, "WatchEntries");
  return DispatchStream<v1::WatchEntriesEvent>(
      context, writer, gate_, method, streams_, [&](StreamCall<v1::WatchEntriesEvent>& call) {
        StreamHolder holder(authority_, gate_, *context, method, call.principal());
        return EntryWatch(authority_, store_, tokens_, *request, holder, call).Run();
      });
}

absl::Status LedgerService::Export(ExportCall& call) const {
  std::string origin = authority_.published().Read(
      [](const PublishedState::View& view) { return view.state.origin(); });
  ASSIGN_OR_RETURN(std::unique_ptr<StoreView> view, store_.NewView());
  ASSIGN_OR_RETURN(TreeHead head, view->Head());
  ASSIGN_OR_RETURN(uint32_t key, CheckpointKeyIn(*view));
  v1::ExportRecord header;
  header.mutable_header()->set_format(kExportFormat);
  header.mutable_header()->set_tree_size(head.size);
  RETURN_IF_ERROR(call.Write(header, ExportCall::Then::kMore));
  RETURN_IF_ERROR(ExportTexts(*view, call));
  RETURN_IF_ERROR(ExportBodies(*view, call));
  RETURN_IF_ERROR(ExportLedger(*view, head.size, call));
  RETURN_IF_ERROR(ExportSnapshot(*view, call));
  v1::ExportRecord last;
  ASSIGN_OR_RETURN(
      *last.mutable_checkpoint(),
      SignedCheckpoint(authority_.vault(), {.origin = origin, .head = head, .key = key}));
  return call.Write(last);
}

}  // namespace leasehold
