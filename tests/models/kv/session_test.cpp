// Transactions, scripts, words and patterns. That the answers are Redis's is for the oracle to say (tests/oracle/kv);
// here is what a single server cannot show: what others may do in between.
#include "models/kv/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "models/kv/glob.hpp"
#include "sim/explore/dfs.hpp"
#include "sim/explore/explorer.hpp"

namespace heddle::kv {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;
using ::testing::UnorderedElementsAre;

/// What the counter may be in the end when two tasks add to it.
template <class Add>
std::set<std::string> sums(Add add) {
  std::set<std::string> seen;
  const sim::Verdict verdict = sim::explore([&](sim::World& world) {
    Store store;
    for (int i = 0; i < 2; ++i)
      world.task({"adder", i}, [&] {
        StoreClient client(store);
        add(client);
      });
    world.run();
    seen.emplace(store.peek("n").value_or("-"));
  });
  EXPECT_TRUE(verdict.exhausted()) << evidence_line(verdict);
  return seen;
}

std::string one_more(Client& kv) {
  return std::to_string(std::stoi(kv.get("n").value_or("0")) + 1);
}

TEST(Session, ReadThenWriteLosesAnAddition) {
  EXPECT_THAT(sums([](Client& kv) { kv.set("n", one_more(kv)); }), UnorderedElementsAre("1", "2"));
}

TEST(Session, AWatchedTransactionThatIsTriedAgainLosesNone) {
  EXPECT_THAT(sums([](Client& kv) {
                for (bool done = false; !done;) {
                  kv.watch({"n"});
                  const std::string sum = one_more(kv);
                  done = kv.transaction({{.verb = Verb::set, .key = "n", .value = sum}}).has_value();
                }
              }),
              UnorderedElementsAre("2"));
}

TEST(Session, AScriptIsAtomic) {
  const Script add{
      .name = "add", .lua = "", .body = [](const Script::Call& call, Script::Texts keys, Script::Texts arguments) {
        const std::int64_t old = parse_integer(call({.verb = Verb::get, .key = keys[0]}).text).value_or(0);
        const std::string sum = std::to_string(old + parse_integer(arguments[0]).value_or(0));
        return call({.verb = Verb::set, .key = keys[0], .value = sum});
      }};
  EXPECT_THAT(sums([&](Client& kv) { kv.run(add, {"n"}, {"1"}); }), UnorderedElementsAre("2"));
}

TEST(Session, WordsQueueUntilExec) {
  EXPECT_TRUE(sim::explore([](sim::World& world) {
                Store store;
                StoreClient kv(store);
                world.task("caller", [&] {
                  EXPECT_EQ(kv.execute({"multi"}), Reply::ok());
                  EXPECT_EQ(kv.execute({"SET", "a", "1", "PX", "100"}), Reply::status("QUEUED"));
                  EXPECT_EQ(kv.execute({"INCRBY", "a", "4"}), Reply::status("QUEUED"));
                  EXPECT_EQ(store.peek("a"), std::nullopt);
                  EXPECT_EQ(kv.execute({"EXEC"}), Reply::of_list({Reply::ok(), Reply::integer(5)}));
                  EXPECT_EQ(kv.execute({"PTTL", "a"}), Reply::integer(100));
                });
                world.run();
              }).exhausted());
}

TEST(Session, AnExpiredKeyCountsAsAChangeOfAWatchedOne) {
  EXPECT_TRUE(sim::explore([](sim::World& world) {
                Store store;
                StoreClient kv(store);
                world.task("caller", [&] {
                  kv.set("a", "1", {.ttl = Milliseconds(5)});
                  kv.watch({"a"});
                  sim::sleep(Milliseconds(10));
                  EXPECT_EQ(kv.transaction({{.verb = Verb::get, .key = "a"}}), std::nullopt);
                });
                world.run();
              }).exhausted());
}

TEST(Scan, FindsWhatIsThereAllTheTimeInEverySchedule) {
  const sim::Verdict verdict = sim::explore([](sim::World& world) {
    Store store;
    StoreClient kv(store);
    for (const char* key : {"k1", "k2", "k3", "other"}) kv.set(key, "");
    bool found_new = false;
    world.task("scanner", [&] {
      StoreClient client(store);
      const std::vector<std::string> found = client.scan("k*", 1);
      const auto has = [&](std::string_view key) { return std::ranges::find(found, key) != found.end(); };
      world.check("finds_all", has("k1") && has("k3"));
      world.check("finds_no_other", !has("other"));
      found_new = has("k4");
    });
    world.task("writer", [&] {
      StoreClient client(store);
      client.del("k2");
      client.set("k4", "");
    });
    world.run();
    world.sometimes("finds the new key", found_new);
    world.sometimes("does not find the new key", !found_new);
  });
  EXPECT_TRUE(verdict.exhausted()) << evidence_line(verdict);
}

TEST(Glob, MeansWhatItMeansToRedis) {
  EXPECT_TRUE(matches_glob("NET:channel:in-use:*", "NET:channel:in-use:17"));
  EXPECT_FALSE(matches_glob("in-use:*", "in-use"));
  EXPECT_TRUE(matches_glob("h[^e]llo", "hallo"));
  EXPECT_FALSE(matches_glob("h[^e]llo", "hello"));
  EXPECT_TRUE(matches_glob("h[c-a]llo", "hbllo"));
  EXPECT_TRUE(matches_glob("a\\*b", "a*b"));
  EXPECT_FALSE(matches_glob("a\\*b", "aab"));
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_TRUE(matches_glob("[a", "a"));
}

TEST(Parse, ErrorsAreThoseOfRedis) {
  const auto error_of = [](std::initializer_list<std::string_view> words) {
    Parsed parsed;
    parse(Arguments(words.begin(), words.size()), parsed);
    return parsed.error;
  };
  EXPECT_EQ(error_of({"SET", "a", "1", "NX", "XX"}), "ERR syntax error");
  EXPECT_EQ(error_of({"GET"}), "ERR wrong number of arguments for 'get' command");
  EXPECT_EQ(error_of({"NoSuch", "a"}), "ERR unknown command 'NoSuch', with args beginning with: 'a' ");
  EXPECT_EQ(error_of({"EXPIRE", "a", "1", "GT", "LT"}), "ERR GT and LT options at the same time are not compatible");
  EXPECT_EQ(error_of({"INCRBY", "a", "1.5"}), "ERR value is not an integer or out of range");
  EXPECT_EQ(error_of({"set", "a", "1", "px", "100", "GET"}), "");
}

TEST(Reply, ReadsAsRedisCliShowsIt) {
  EXPECT_EQ(to_string(Reply::of_list({Reply::nil(), Reply::of_text("a"), Reply::integer(1), Reply::error("ERR x")})),
            "[(nil), \"a\", (integer) 1, (error) ERR x]");
}

}  // namespace
}  // namespace heddle::kv
