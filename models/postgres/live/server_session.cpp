#include "models/postgres/live/server_session.hpp"

#include "models/postgres/live/termination.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <utility>

namespace heddle::pg {
namespace {

using std::chrono::milliseconds;

struct ResultCloser {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ResultCloser>;

std::string text_or_empty(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

/// libpq's messages have several lines and end with one; a sentence has one.
std::string one_line(const char* message) {
  std::string text = text_or_empty(message);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at)) text[at] = ' ';
  return text;
}

std::string field(const PGresult& result, int code) {
  return text_or_empty(PQresultErrorField(&result, code));
}

SqlError error_of(const PGresult& result) {
  const std::string state = field(result, PG_DIAG_SQLSTATE);
  if (state.size() != 5) return {sqlstate::connection_failure, one_line(PQresultErrorMessage(&result))};
  const std::string position = field(result, PG_DIAG_STATEMENT_POSITION);
  SqlError error(state, field(result, PG_DIAG_MESSAGE_PRIMARY), position.empty() ? 0 : std::stoul(position));
  error.set_detail(field(result, PG_DIAG_MESSAGE_DETAIL));
  return error;
}

ServerResult read(const PGresult& result) {
  ServerResult read;
  const ExecStatusType status = PQresultStatus(&result);
  if (status == PGRES_EMPTY_QUERY) return read;
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    read.error = error_of(result);
    read.severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    return read;
  }
  read.tag = text_or_empty(PQcmdStatus(const_cast<PGresult*>(&result)));
  read.has_rows = status == PGRES_TUPLES_OK;
  for (int column = 0; column < PQnfields(&result); ++column)
    read.columns.push_back({PQfname(&result, column), PQftype(&result, column)});
  for (int row = 0; row < PQntuples(&result); ++row) {
    auto& values = read.rows.emplace_back();
    for (int column = 0; column < PQnfields(&result); ++column) {
      values.emplace_back();
      if (PQgetisnull(&result, row, column) == 0)
        values.back().emplace(PQgetvalue(&result, row, column),
                              static_cast<std::size_t>(PQgetlength(&result, row, column)));
    }
  }
  return read;
}

/// Where the server was looked for, without the password.
std::string place_of(PGconn& connection) {
  const std::string host = text_or_empty(PQhost(&connection));
  const std::string port = text_or_empty(PQport(&connection));
  return (host.empty() ? std::string("the default host") : host) + (port.empty() ? "" : " port " + port);
}

}  // namespace

void require_supported_version(int version, const std::string& place) {
  constexpr int per_major = 10000;
  if (version / per_major == supported_major_version) return;
  throw ServerError("the server at " + place + " is PostgreSQL " + std::to_string(version / per_major) + "." +
                    std::to_string(version % per_major) + "; the model was measured against PostgreSQL " +
                    std::to_string(supported_major_version) +
                    ", and only a server of that version can confirm what it says");
}

struct ServerSession::Notices {
  std::vector<ServerNotice> list;

  static void add(void* self, const PGresult* result) {
    static_cast<Notices*>(self)->list.push_back(
        {field(*result, PG_DIAG_SEVERITY_NONLOCALIZED), field(*result, PG_DIAG_SQLSTATE),
         field(*result, PG_DIAG_MESSAGE_PRIMARY), text_or_empty(PQresultErrorMessage(result))});
  }
};

void ServerSession::Closer::operator()(pg_conn* connection) const noexcept {
  PQfinish(connection);
}

ServerSession::ServerSession(const std::string& uri, const std::string& name) : notices_(std::make_unique<Notices>()) {
  const char* const keywords[] = {"dbname", "application_name", "connect_timeout", "client_encoding", nullptr};
  const char* const values[] = {uri.c_str(), name.c_str(), "10", "UTF8", nullptr};
  connection_.reset(PQconnectdbParams(keywords, values, 1));
  if (connection_ == nullptr) throw ServerError("out of memory while connecting to a PostgreSQL server");
  if (PQstatus(connection_.get()) != CONNECTION_OK)
    throw ServerError("the PostgreSQL server at " + place_of(*connection_) +
                      " cannot be reached: " + one_line(PQerrorMessage(connection_.get())));
  require_supported_version(PQserverVersion(connection_.get()), place_of(*connection_));
  PQsetNoticeReceiver(connection_.get(), &Notices::add, notices_.get());
  pid_ = PQbackendPID(connection_.get());
}

ServerSession::~ServerSession() = default;
ServerSession::ServerSession(ServerSession&&) noexcept = default;

void ServerSession::lost() const {
  if (connection_ == nullptr) throw ServerError("the session with the PostgreSQL server was closed before");
  throw ServerError("the PostgreSQL server at " + place_of(*connection_) +
                    " has gone away: " + one_line(PQerrorMessage(connection_.get())));
}

void ServerSession::require_idle() const {
  if (is_busy_) throw sim::Error(sim::ErrorCode::usage, "a statement is sent while the reply to another is awaited");
  if (connection_ == nullptr || PQstatus(connection_.get()) != CONNECTION_OK) lost();
}

std::string ServerSession::server_version() const {
  if (connection_ == nullptr) lost();
  return text_or_empty(PQparameterStatus(connection_.get(), "server_version"));
}

void ServerSession::send(std::string_view sql, std::span<const Value> params) {
  std::vector<std::optional<std::string>> texts(params.size());
  for (std::size_t i = 0; i < params.size(); ++i)
    if (!params[i].is_null()) texts[i] = to_text(params[i]);
  send(sql, std::span<const std::optional<std::string>>(texts));
}

void ServerSession::send(std::string_view sql, std::span<const std::optional<std::string>> params) {
  require_idle();
  std::vector<const char*> pointers;
  for (const auto& param : params) pointers.push_back(param ? param->c_str() : nullptr);
  if (PQsendQueryParams(connection_.get(), std::string(sql).c_str(), static_cast<int>(params.size()), nullptr,
                        pointers.data(), nullptr, nullptr, 0) == 0)
    lost();
  is_busy_ = true;
  is_complete_ = false;
}

void ServerSession::send_script(std::string_view sql) {
  require_idle();
  if (PQsendQuery(connection_.get(), std::string(sql).c_str()) == 0) lost();
  is_busy_ = true;
  is_complete_ = false;
}

/// Takes what has arrived of the reply, without waiting.
void ServerSession::receive() {
  if (PQconsumeInput(connection_.get()) == 0 && PQisBusy(connection_.get()) != 0) lost();
  while (!is_complete_ && PQisBusy(connection_.get()) == 0) {
    const Result result(PQgetResult(connection_.get()));
    if (result == nullptr) {
      is_complete_ = true;
    } else {
      results_.push_back(read(*result));
    }
  }
}

bool ServerSession::poll(milliseconds patience) {
  if (!is_busy_ || is_complete_) return true;
  if (TerminationRequest::take()) throw ServerError("stopped by a signal; the sessions on the server were closed");
  receive();
  if (is_complete_ || patience.count() == 0) return is_complete_;
  pollfd socket{PQsocket(connection_.get()), POLLIN, 0};
  // A reply comes in pieces: an error before the transaction is aborted, the end of the reply after it.
  while (!is_complete_ && ::poll(&socket, 1, static_cast<int>(patience.count())) > 0) receive();
  return is_complete_;
}

std::vector<ServerResult> ServerSession::collect() {
  if (!is_busy_) throw sim::Error(sim::ErrorCode::usage, "a reply is collected, but no statement was sent");
  constexpr milliseconds while_waiting{1000};
  while (!poll(while_waiting)) {
  }
  is_busy_ = false;
  return std::exchange(results_, {});
}

ServerResult ServerSession::run(std::string_view sql, std::span<const Value> params) {
  send(sql, params);
  std::vector<ServerResult> results = collect();
  if (results.empty()) return {};
  // The server's last word comes before libpq's own error that the connection was closed.
  const auto failed =
      std::find_if(results.begin(), results.end(), [](const auto& result) { return result.error.has_value(); });
  return std::move(failed != results.end() ? *failed : results.back());
}

ServerResult ServerSession::run_or_throw(std::string_view sql, std::span<const Value> params) {
  ServerResult result = run(sql, params);
  if (result.error) throw *result.error;
  return result;
}

ServerResult ServerSession::require(std::string_view sql, std::span<const Value> params) {
  ServerResult result = run(sql, params);
  if (!result.error) return result;
  if (PQstatus(connection_.get()) != CONNECTION_OK)
    throw ServerError("the PostgreSQL server at " + place_of(*connection_) +
                      " has gone away: " + result.error->message());
  throw ServerError("the PostgreSQL server at " + place_of(*connection_) + " refuses " + std::string(sql) + ": " +
                    result.error->message());
}

void ServerSession::cancel() {
  if (connection_ == nullptr) lost();
  struct Freer {
    void operator()(PGcancel* handle) const noexcept { PQfreeCancel(handle); }
  };
  const std::unique_ptr<PGcancel, Freer> handle(PQgetCancel(connection_.get()));
  char reason[256] = "";
  if (handle == nullptr || PQcancel(handle.get(), reason, sizeof reason) == 0)
    throw ServerError("a statement could not be cancelled: " + one_line(reason));
}

void ServerSession::abandon() noexcept {
  connection_.reset();
  results_.clear();
  is_busy_ = false;
}

std::vector<ServerNotice> ServerSession::take_notices() {
  return std::exchange(notices_->list, {});
}

}  // namespace heddle::pg
