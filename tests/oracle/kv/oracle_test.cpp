// The model against a private redis-server 7: random sequences of commands must be answered alike.
//   HEDDLE_KV_SEQUENCES   how many (default 400)
//   HEDDLE_KV_SEED        where to begin (default 1)
//   HEDDLE_REDIS_SERVER   the program (default redis-server)
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "sim/core/error.hpp"
#include "tests/oracle/kv/redis_server.hpp"
#include "tests/oracle/kv/sequence.hpp"

namespace heddle::kv {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t sequence_length = 60;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text != nullptr && *text != '\0' ? std::strtoull(text, nullptr, 10) : otherwise;
}

Milliseconds now() {
  return std::chrono::duration_cast<Milliseconds>(std::chrono::system_clock::now().time_since_epoch());
}

/// Empty, or what differs.
std::string difference(const std::vector<Act>& acts, RedisServer& server) {
  const Answers model = perform_on_model(acts, now());
  const Answers real = perform_on_server(acts, server);
  const std::size_t at = first_difference(model, real);
  if (at == acts.size() && model.size() == real.size()) return {};
  return fmt::format("the model answers {}\nthe server answers {}\nto the last of:\n",
                     at < model.size() ? model[at] : "", at < real.size() ? real[at] : "");
}

/// Leaves out what is not needed for a difference.
std::vector<Act> shrink(std::vector<Act> acts, RedisServer& server) {
  for (std::size_t size = acts.size() / 2; size > 0; size /= 2) {
    for (std::size_t at = 0; at < acts.size();) {
      std::vector<Act> fewer(acts);
      const auto first = fewer.begin() + static_cast<std::ptrdiff_t>(at);
      fewer.erase(first, first + static_cast<std::ptrdiff_t>(std::min(size, acts.size() - at)));
      if (!fewer.empty() && !difference(fewer, server).empty()) {
        acts = std::move(fewer);
      } else {
        at += size;
      }
    }
  }
  return acts;
}

TEST(KvOracle, TheModelAnswersAsRedisDoes) {
  RedisServer server;
  const std::uint64_t seed = from_environment("HEDDLE_KV_SEED", 1);
  const std::uint64_t count = from_environment("HEDDLE_KV_SEQUENCES", 400);
  int differences = 0;
  for (std::uint64_t index = 0; index < count && differences < 10; ++index) {
    const std::vector<Act> acts = random_sequence(seed, index, sequence_length);
    if (difference(acts, server).empty()) continue;
    ++differences;
    const std::vector<Act> fewest = shrink(acts, server);
    std::string text;
    for (const Act& act : fewest) text += "  " + to_string(act) + "\n";
    ADD_FAILURE() << "sequence " << index << " of HEDDLE_KV_SEED=" << seed << ": " << difference(fewest, server)
                  << text;
  }
  RecordProperty("sequences", std::to_string(count));
}

TEST(KvOracle, AServerThatIsMissingIsNamed) {
  try {
    const RedisServer server("/no/such/redis-server");
    FAIL() << "it was started";
  } catch (const sim::Error& error) {
    EXPECT_EQ(std::string(error.what()),
              "there is no program '/no/such/redis-server'; install redis-server 7 (script/bootstrap does), or name it "
              "in HEDDLE_REDIS_SERVER");
  }
}

TEST(KvOracle, AServerThatEndsAtOnceIsNamed) {
  try {
    const RedisServer server("false");
    FAIL() << "it was started";
  } catch (const sim::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("false ended as soon as it was started, 5 times"));
  }
}

TEST(KvOracle, AServerThatDiesLeavesItsCallersUncertain) {
  RedisServer server;
  RedisClient client(server.address());
  client.set("a", "1");
  server.kill();
  try {
    client.set("a", "2");
    FAIL() << "it was answered";
  } catch (const CallError& error) {
    EXPECT_EQ(error.kind(), CallError::Kind::timed_out);
    EXPECT_THAT(error.what(),
                HasSubstr(fmt::format("the Redis server at 127.0.0.1:{} did not answer SET: ", server.address().port)));
    EXPECT_THAT(error.what(), HasSubstr("whether it has been performed is unknown"));
  }
  EXPECT_THROW(client.set("a", "3"), sim::Error) << "it cannot connect again";
}

TEST(KvOracle, NobodyWhoAnswersIsNamed) {
  RedisServer server;
  const RedisAddress address = server.address();
  server.kill();
  try {
    const RedisClient client(address);
    FAIL() << "it is connected";
  } catch (const sim::Error& error) {
    EXPECT_EQ(std::string(error.what()),
              fmt::format("cannot connect to a Redis server at 127.0.0.1:{}: Connection refused; is it running?",
                          address.port));
  }
}

}  // namespace
}  // namespace heddle::kv
