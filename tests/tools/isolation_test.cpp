// `heddle isolation` on the model: bad specifications, permutations that cannot end, --all. What it prints otherwise is
// compared with the real isolationtester in tests/oracle/isolation.
#include <gmock/gmock.h>

#include "tests/tools/process.hpp"
#include "tools/isolation/sessions.hpp"
#include "tools/isolation/spec.hpp"

namespace heddle::isolation {
namespace {

using test::Ended;
using ::testing::HasSubstr;

std::string error_of(std::string_view text) {
  try {
    static_cast<void>(parse_spec(text, "x.spec"));
  } catch (const sim::Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Spec, SaysWhereItIsWrong) {
  EXPECT_EQ(error_of("setup { SELECT 1; "), "x.spec:1:7: this block of SQL is never closed; it needs a '}'");
  EXPECT_EQ(error_of("session s1\nstep a { }\n  step a { }"),
            "x.spec:3:8: there is a step named \"a\" already; names are unique in the whole file");
  EXPECT_EQ(error_of("session s1 step a { }\npermutation a b"), "x.spec:2:15: there is no step named \"b\"");
  EXPECT_EQ(error_of("session s1\nsession s2"), "x.spec:2:1: a session needs at least one step, and here is 'session'");
  EXPECT_EQ(error_of("session s1 step a { }\npermutation a(a)"),
            "x.spec:2:15: step \"a\" cannot wait for a step of its own session");
  EXPECT_EQ(error_of("session s1 step a { } session s2 step b { } step c { }\npermutation b a(c)"),
            "x.spec:2:17: step \"c\" does not occur in this permutation, so nothing can wait for it");
  EXPECT_EQ(error_of("session s1 step a { } ?"), "x.spec:1:23: unexpected character '?'");
  EXPECT_EQ(error_of("session \"s1"), "x.spec:1:9: this quoted name is never closed; it needs a second '\"'");
  EXPECT_EQ(error_of("session s1 step a { } permutation"),
            "x.spec:1:34: expected the name of a step, not the end of the file");
  EXPECT_EQ(error_of("session step step a { }"), "x.spec:1:9: expected the name of a session, not 'step'");
  EXPECT_THAT(error_of(""), HasSubstr("x.spec:1:1: a specification needs at least one session"));
  EXPECT_THAT(error_of("session s1 step a { } session s2 step b { }\npermutation a(b notices x) b"),
              HasSubstr("x.spec:2:25: expected the number of notices, not 'x'"));
}

TEST(Spec, ReadsNamesBlocksAndMarkersAsIsolationtesterDoes) {
  const Spec spec = parse_spec(
      "# a comment\nsetup {  \tSELECT 1;\n }\r\nsession \"a \"\"b\"\nsetup { x }\nstep \"setup\" {} step b$1 { \n y }\n"
      "session s2 step c { } teardown { z }\npermutation \"setup\" c(*, b$1, \"setup\" notices 2) b$1",
      "x.spec");
  EXPECT_EQ(spec.setups, std::vector<std::string>{"SELECT 1;\n"});
  EXPECT_EQ(spec.sessions[0].name, "a \"b");
  EXPECT_EQ(spec.steps[0].name, "setup");
  EXPECT_EQ(spec.steps[1].sql, "\n y");
  ASSERT_EQ(spec.permutations[0][1].blockers.size(), 3U);
  EXPECT_EQ(spec.permutations[0][1].blockers[1].step, 1U);
  EXPECT_EQ(spec.permutations[0][1].blockers[2].notices, 2);
}

TEST(Spec, WithoutAListAllPermutationsAreMeant) {
  const Spec spec = parse_spec("session s1 step a { } step b { } session s2 step c { } step d { }", "x.spec");
  EXPECT_EQ(spec.all_permutations().size(), 6U);
}

TEST(Table, IsPrintedAsByPQprint) {
  EXPECT_EQ(to_text({{"id", "name"}, {{"1", "x y"}, {"10", std::nullopt}}}),
            "id|name\n--+----\n 1|x y \n10|    \n(2 rows)\n\n");
  EXPECT_EQ(to_text({{"e", "w"}, {{"1e5", "2e"}}}), "  e|w \n---+--\n1e5|2e\n(1 row)\n\n");
}

constexpr const char* lost_update = R"(
setup { CREATE TABLE t (x int); INSERT INTO t VALUES (10); }
teardown { DROP TABLE t; }
session s1
setup { BEGIN; }
step s1r { SELECT x FROM t; }
step s1w { UPDATE t SET x = 11; }
step s1c { COMMIT; }
session s2
setup { BEGIN; }
step s2r { SELECT x FROM t; }
step s2w { UPDATE t SET x = 12; }
step s2c { COMMIT; }
)";

TEST(IsolationAll, CountsTheInterleavingsThatCanOccur) {
  // 20 interleavings of two sessions of three steps. A session that waits for the other's UPDATE cannot begin its
  // COMMIT before the other has committed: with both UPDATEs begun and neither committed, only one COMMIT can be next.
  const Ended ended = test::heddle({"isolation", "-", "--all"}, {.input = lost_update});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("all: 14 interleavings, 4 distinct outcomes"));
}

TEST(IsolationAll, StopsWhereItIsTold) {
  const Ended ended = test::heddle({"isolation", "-", "--all", "--most", "3"}, {.input = lost_update});
  EXPECT_THAT(ended.out, HasSubstr("stopped early: 3 interleavings"));
  EXPECT_THAT(ended.err, HasSubstr("--most N explores more"));
}

TEST(Isolation, APermutationThatCannotEndIsSaidToBeSo) {
  const Ended ended =
      test::heddle({"isolation", "-"}, {.input = std::string(lost_update) + "permutation s1w s2w s2c s1c"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err,
              HasSubstr("permutation s1w s2w s2c s1c cannot be completed: step s2w waits for ever for a lock"));
}

TEST(Isolation, WhatTheModelDoesNotKnowIsSaidToBeSo) {
  const Ended ended = test::heddle({"isolation", "-"}, {.input = "session s1 step a { DO $$ BEGIN END $$; }"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.err, HasSubstr("step a: DO is not supported by the model"));
}

TEST(Isolation, BadInputIsOneSentence) {
  EXPECT_THAT(test::heddle({"isolation", "/nonexistent.spec"}).err,
              HasSubstr("heddle: the specification /nonexistent.spec cannot be read"));
  EXPECT_THAT(test::heddle({"isolation", "-", "--level", "ru"}, {.input = lost_update}).err,
              HasSubstr("there is no isolation level 'ru'; write rc, rr or serializable"));
  EXPECT_THAT(test::heddle({"isolation", "-"}, {.input = "setup { CREATE TABEL t (); } session s step a { }"}).err,
              HasSubstr("setup failed: "));
  EXPECT_THAT(test::heddle({"isolation", "-", "--server", "postgresql://x@127.0.0.1:1/y"}, {.input = lost_update}).err,
              HasSubstr("the PostgreSQL server at 127.0.0.1 port 1 cannot be reached"));
  EXPECT_EQ(test::heddle({"isolation", "-", "--all", "--server", "x"}, {.input = lost_update}).exit_code, 2);
}

}  // namespace
}  // namespace heddle::isolation
