// `heddle confirm` on a real server: every race that home_channel finds happens there, too; what does not is said to be
// so; nothing is left behind. Run it by script/with-postgres.
#include <gmock/gmock.h>

#include <cstdlib>

#include "tests/tools/process.hpp"
#include "tools/confirm/live_replay.hpp"

namespace heddle::cli {
namespace {

using pg::Transcript;
using pg::TranscriptEvent;
using test::Ended;
using ::testing::HasSubstr;

std::string server() {
  const char* uri = std::getenv("HEDDLE_POSTGRES_URI");
  if (uri == nullptr) throw std::runtime_error("HEDDLE_POSTGRES_URI is not set; run this by script/with-postgres");
  return uri;
}

/// The schemas and sessions that heddle has left on the server.
std::string left_behind() {
  pg::ServerSession session(server(), "control");
  std::string text;
  for (const char* sql : {"SELECT nspname FROM pg_namespace WHERE nspname LIKE 'heddle%'",
                          "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'heddle%' "
                          "AND state <> 'idle'"})
    for (const auto& row : session.run_or_throw(sql).rows) text += row[0].value_or("") + "\n";
  return text;
}

class Confirm : public ::testing::TestWithParam<const char*> {};

TEST_P(Confirm, TheRaceHappensOnTheServer) {
  const test::TemporaryDirectory failures;
  const Ended found = test::heddle({"run", std::string("home_channel/") + GetParam(), "--out", failures.path()});
  ASSERT_EQ(found.exit_code, 1) << found.err;
  ASSERT_EQ(failures.files().size(), 1U);

  const Ended confirmed = test::heddle({"confirm", failures.files()[0], "--server", server()});

  EXPECT_EQ(confirmed.exit_code, 1) << confirmed.out << confirmed.err;
  EXPECT_THAT(confirmed.out, HasSubstr("\nconfirmed: the server did the same in all "));
  EXPECT_EQ(left_behind(), "");
}

INSTANTIATE_TEST_SUITE_P(Variants, Confirm,
                         ::testing::Values("checkpoint_reopens:read_before_lock",
                                           "checkpoint_reopens:single_statement_join",
                                           "checkpoint_reopens:lock_then_read_repeatable_read",
                                           "checkpoint_reopens:lock_then_read_serializable",
                                           "challenged_overwrites:read_before_lock",
                                           "closed_overwrites:read_before_lock", "created_unsigned_head:no_lock",
                                           "fake_home_deposit:read_before_lock", "first_touch_lock:lock_missing_row",
                                           "unknown_channel:upsert", "lock_order_two_assets:event_order",
                                           "connection_lost:statement_by_statement"),
                         [](const auto& parameter) {
                           std::string name = parameter.param;
                           name[name.find(':')] = '_';
                           return name;
                         });

TranscriptEvent sent(std::uint32_t session, const std::string& sql) {
  TranscriptEvent event;
  event.session = session;
  event.task = "task-" + std::to_string(session);
  event.sql = sql;
  return event;
}

TranscriptEvent answered(std::uint32_t session, const std::string& tag) {
  TranscriptEvent event;
  event.kind = TranscriptEvent::Kind::answered;
  event.session = session;
  event.reply.tag = tag;
  return event;
}

std::string difference(const Transcript& transcript) {
  return LiveReplay(transcript, server()).run([](const LiveStep&) {}).value_or("none");
}

const std::string setup = "CREATE TABLE t (id int PRIMARY KEY, x int); INSERT INTO t VALUES (1, 10)";

TEST(LiveReplayTest, AnotherAnswerIsADifference) {
  const Transcript transcript{{setup}, {sent(0, "UPDATE t SET x = 1 WHERE id = 2"), answered(0, "UPDATE 1")}};
  EXPECT_EQ(difference(transcript),
            "statement 1, UPDATE t SET x = 1 WHERE id = 2 of task-0: on the model UPDATE 1, on the server UPDATE 0");
}

TEST(LiveReplayTest, AStatementThatDoesNotWaitIsADifference) {
  const Transcript transcript{{setup},
                              {sent(0, "UPDATE t SET x = 1"), sent(1, "UPDATE t SET x = 2"), answered(0, "UPDATE 1")}};
  EXPECT_THAT(difference(transcript),
              HasSubstr("on the model it waits for a lock, on the server it is answered at once"));
}

TEST(LiveReplayTest, AStatementThatWaitsIsADifferenceAndLeavesNothing) {
  const Transcript transcript{{setup},
                              {sent(0, "BEGIN"), answered(0, "BEGIN"), sent(0, "UPDATE t SET x = 1"),
                               answered(0, "UPDATE 1"), sent(1, "UPDATE t SET x = 2"), answered(1, "UPDATE 1")}};
  EXPECT_THAT(difference(transcript),
              HasSubstr("on the model it is answered: UPDATE 1, on the server it waits for task-0"));
  EXPECT_EQ(left_behind(), "");
}

TEST(LiveReplayTest, TheSameAnswersAreNoDifference) {
  const Transcript transcript{
      {setup},
      {sent(0, "BEGIN"), answered(0, "BEGIN"), sent(0, "UPDATE t SET x = 1"), answered(0, "UPDATE 1"),
       sent(1, "UPDATE t SET x = 2"), sent(0, "COMMIT"), answered(0, "COMMIT"), answered(1, "UPDATE 1")}};
  EXPECT_EQ(difference(transcript), "none");
}

TEST(ConfirmInput, IsRefusedInOneSentence) {
  const test::TemporaryDirectory failures;
  ASSERT_EQ(test::heddle({"run", "quiesce/nested_clear:latch_as_set", "--out", failures.path()}).exit_code, 1);
  const Ended no_sql = test::heddle({"confirm", failures.files()[0], "--server", server()});
  EXPECT_EQ(no_sql.exit_code, 2);
  EXPECT_THAT(no_sql.err, HasSubstr("does not talk to a database"));
  const Ended nobody = test::heddle({"confirm", failures.files()[0], "--server", "postgresql://x@127.0.0.1:1/y"});
  EXPECT_EQ(nobody.exit_code, 2);
  EXPECT_EQ(test::heddle({"confirm", "h1:nonsense", "--server", server()}).exit_code, 2);
}

}  // namespace
}  // namespace heddle::cli
