#include "server/broker/http/forwarded_heads.h"

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/broker/credential_injector.h"
#include "server/broker/http/presented_handle.h"

namespace leasehold {
namespace {

constexpr std::string_view kOwnPrefix = "x-leasehold-";

// Whether a field says something about the connection or the framing, or is the broker's own.
bool IsReplaced(std::string_view name, const std::vector<std::string_view>& hop_names) {
  return IsHopByHop(name) || SameName(name, "content-length") ||
         SameName(name.substr(0, kOwnPrefix.size()), kOwnPrefix) || IsNamed(hop_names, name);
}

bool IsForwardedToTarget(const Field& field, const RequestHead& request,
                         std::string_view injected) {
  return !SameName(field.name, "host") && !SameName(field.name, "expect") &&
         !IsAgentCredential(field.name) && !SameName(field.name, injected) &&
         !IsReplaced(field.name, request.hop_names);
}

void AppendField(const Field& field, WipedBuffer* out) {
  out->Append(field.name);
  out->Append(": ");
  out->Append(field.value);
  out->Append("\r\n");
}

}  // namespace

absl::Status WriteTargetRequest(const RequestHead& request, const CompiledTarget& target,
                                const SecretFields& credential, WipedBuffer* out) {
  out->Append(request.method);
  out->Append(" ");
  out->Append(target.url().prefix);
  out->Append(request.path);
  out->Append(request.query);
  out->Append(" HTTP/1.1\r\nHost: ");
  out->Append(HostOf(target.url()));
  out->Append("\r\n");
  RETURN_IF_ERROR(CredentialInjector::Append(target, credential, out));
  const std::string_view injected = CredentialInjector::FieldName(target);
  for (const Field& field : request.fields) {
    if (IsForwardedToTarget(field, request, injected)) AppendField(field, out);
  }
  if (request.body.kind == BodyLength::Kind::kLength) {
    out->Append(StrCat("Content-Length: ", request.body.bytes, "\r\n"));
  } else if (request.body.kind == BodyLength::Kind::kChunked) {
    out->Append("Transfer-Encoding: chunked\r\n");
  }
  out->Append("\r\n");
  return absl::OkStatus();
}

void WriteClientResponse(const ResponseHead& response, const ClientResponse& options,
                         std::string* out) {
  out->clear();
  StrAppend(out, "HTTP/1.1 ", response.status, " ", response.reason_phrase, "\r\n");
  // Content-Length stays even where no body follows: after HEAD and with 304 it says how long one
  // would have been.
  const bool chunked = response.body.kind == BodyLength::Kind::kChunked ||
                       response.body.kind == BodyLength::Kind::kUntilClose;
  for (const Field& field : response.fields) {
    const bool length = SameToken(field.name, "content-length");
    if (length ? chunked || response.status == 204 : IsReplaced(field.name, response.hop_names)) {
      continue;
    }
    StrAppend(out, field.name, ": ", field.value, "\r\n");
  }
  if (chunked) *out += "Transfer-Encoding: chunked\r\n";
  if (options.entry.has_value()) {
    StrAppend(out, "X-Leasehold-Entry: ", options.entry->value(), "\r\n");
  }
  if (options.close) *out += "Connection: close\r\n";
  *out += "\r\n";
}

std::string HostOf(const TargetUrl& url) {
  std::string host =
      url.host.find(':') != std::string::npos ? StrCat("[", url.host, "]") : url.host;
  if (url.port != (url.tls ? 443 : 80)) StrAppend(&host, ":", url.port);
  return host;
}

}  // namespace leasehold
