#include "server/net/https/https_client.h"

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/net/https/tls_client.h"

namespace leasehold {
namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// As much as common servers send.
constexpr size_t kHeadBytesMax = 16 * 1024;
// Nobody waits for longer; and the end of all time cannot be added to now.
constexpr absl::Duration kTimeoutMax = absl::Hours(1);
// How soon a cancelled call notices.
constexpr std::chrono::milliseconds kSlice{50};

using Answer = absl::StatusOr<HttpsResponse>;

absl::Status Failed(const HttpsUrl& url, std::string_view why) {
  return Error(Reason::kIo, StrCat("https://", url.authority, " ", why));
}
absl::Status Failed(const HttpsUrl& url, std::string_view why, const error_code& error) {
  return Failed(url, StrCat(why, ": ", error.message()));
}

http::request<http::string_body> MakeMessage(const HttpsRequest& request) {
  const HttpsUrl& url = request.url;
  http::request<http::string_body> message(
      request.form.empty() ? http::verb::get : http::verb::post, url.target, 11);
  message.set(http::field::host, url.authority);
  message.set(http::field::accept, "application/json");
  message.set(http::field::connection, "close");
  message.set(http::field::user_agent, "leasehold");
  if (!request.form.empty()) {
    message.set(http::field::content_type, "application/x-www-form-urlencoded");
    message.body() = request.form;
    message.prepare_payload();
  }
  return message;
}

asio::awaitable<Answer> Exchange(const HttpsRequest& request, const HttpsOptions& options,
                                 SslPtr ssl, tcp::resolver resolver, tcp::socket socket) {
  const HttpsUrl& url = request.url;
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  const auto addresses = co_await resolver.async_resolve(url.host, url.port, token);
  if (error) co_return Failed(url, "does not resolve", error);
  co_await asio::async_connect(socket, addresses, token);
  if (error) co_return Failed(url, "cannot be reached", error);
  asio::ssl::stream<tcp::socket> tls(std::move(socket), ssl.release());
  co_await tls.async_handshake(asio::ssl::stream_base::client, token);
  if (error) co_return Failed(url, "is not trusted", error);
  const http::request<http::string_body> message = MakeMessage(request);
  co_await http::async_write(tls, message, token);
  if (error) co_return Failed(url, "hung up", error);
  http::response_parser<http::string_body> parser;
  parser.header_limit(kHeadBytesMax);
  parser.body_limit(options.body_bytes_max);
  boost::beast::flat_buffer buffer;
  co_await http::async_read(tls, buffer, parser, token);
  if (error) co_return Failed(url, "gave no whole answer", error);
  co_return HttpsResponse{.status = static_cast<int>(parser.get().result_int()),
                          .body = std::move(parser.get().body())};
}

}  // namespace

absl::StatusOr<HttpsResponse> HttpsCall(const HttpsRequest& request, const HttpsOptions& options) {
  ASSIGN_OR_RETURN(const SslContextPtr context, MakeTlsClientContext(options.ca_pem));
  ASSIGN_OR_RETURN(SslPtr ssl, MakeTlsClient(context.get(), request.url.host));
  std::optional<Answer> answer;
  asio::io_context loop(1);
  asio::co_spawn(loop,
                 Exchange(request, options, std::move(ssl), tcp::resolver(loop), tcp::socket(loop)),
                 [&](std::exception_ptr failed, Answer got) {
                   answer = std::move(got);
                   if (failed != nullptr) answer = Failed(request.url, "cannot be asked");
                 });
  const auto deadline = std::chrono::steady_clock::now() +
                        absl::ToChronoNanoseconds(std::min(options.timeout, kTimeoutMax));
  while (!answer.has_value()) {
    loop.run_one_for(kSlice);
    if (options.cancelled != nullptr && options.cancelled()) {
      return Failed(request.url, "is not awaited any more");
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      return answer.value_or(Failed(request.url, "is too slow"));
    }
  }
  return *std::move(answer);
}

}  // namespace leasehold
