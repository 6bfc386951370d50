#include "models/kv/live/redis_client.hpp"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include "sim/core/error.hpp"

namespace heddle::kv {
namespace {

timeval to_timeval(std::chrono::milliseconds duration) {
  return {.tv_sec = duration.count() / 1000, .tv_usec = duration.count() % 1000 * 1000};
}

Reply to_reply(const redisReply& answer) {
  const std::string_view text(answer.str != nullptr ? answer.str : "", answer.str != nullptr ? answer.len : 0);
  switch (answer.type) {
    case REDIS_REPLY_STRING:
      return Reply::of_text(text);
    case REDIS_REPLY_STATUS:
      return Reply::status(text);
    case REDIS_REPLY_ERROR:
      return Reply::error(text);
    case REDIS_REPLY_INTEGER:
      return Reply::integer(answer.integer);
    case REDIS_REPLY_ARRAY: {
      Reply reply = Reply::of_list({});
      for (std::size_t i = 0; i < answer.elements; ++i) reply.list.push_back(to_reply(*answer.element[i]));
      return reply;
    }
    default:
      return Reply::nil();
  }
}

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

}  // namespace

struct RedisClient::Connection {
  redisContext* context = nullptr;

  explicit Connection(redisContext* connected) : context(connected) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (context != nullptr) redisFree(context);
  }
};

RedisClient::RedisClient(RedisAddress address, std::chrono::milliseconds time_limit)
    : address_(std::move(address)), time_limit_(time_limit) {
  connect();
}

RedisClient::~RedisClient() = default;

void RedisClient::connect() {
  auto connection = std::make_unique<Connection>(
      redisConnectWithTimeout(address_.host.c_str(), address_.port, to_timeval(time_limit_)));
  if (connection->context == nullptr || connection->context->err != 0)
    throw sim::Error(
        sim::ErrorCode::io,
        fmt::format("cannot connect to a Redis server at {}:{}: {}; is it running?", address_.host, address_.port,
                    connection->context == nullptr ? "out of memory" : connection->context->errstr));
  redisSetTimeout(connection->context, to_timeval(time_limit_));
  connection_ = std::move(connection);
}

Reply RedisClient::send(Arguments words) {
  if (connection_ == nullptr) connect();
  std::vector<const char*> texts;
  std::vector<std::size_t> lengths;
  for (const std::string_view word : words) {
    texts.push_back(word.data());
    lengths.push_back(word.size());
  }
  const std::unique_ptr<redisReply, FreeReply> answer(static_cast<redisReply*>(
      redisCommandArgv(connection_->context, static_cast<int>(texts.size()), texts.data(), lengths.data())));
  if (answer != nullptr) return to_reply(*answer);
  const std::string why = connection_->context->errstr;
  connection_ = nullptr;
  throw CallError(CallError::Kind::timed_out,
                  fmt::format("the Redis server at {}:{} did not answer {}: {}; whether it has been performed is "
                              "unknown",
                              address_.host, address_.port, words.empty() ? "" : words.front(), why));
}

Reply RedisClient::send(const Command& command) {
  const std::vector<std::string> words = encode(command);
  return send(std::vector<std::string_view>(words.begin(), words.end()));
}

Reply RedisClient::call(const Command& command, Where /*where*/) {
  return send(command);
}

Reply RedisClient::execute(Arguments words, Where /*where*/) {
  return send(words);
}

std::optional<std::vector<Reply>> RedisClient::transaction(std::span<const Command> commands, Where /*where*/) {
  send(Command{.verb = Verb::multi});
  for (const Command& command : commands) send(command);
  Reply reply = send(Command{.verb = Verb::exec});
  if (reply.kind != Reply::Kind::list) return std::nullopt;
  return std::move(reply.list);
}

}  // namespace heddle::kv
