#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/process.hpp"

namespace heddle::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST(Run, AVariantThatHoldsIsExhaustedWithAnEvidenceLine) {
  const Ended ended = heddle({"run", "channel_pool/lease_expiry:fencing_token"});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.out, HasSubstr("channel_pool/lease_expiry:fencing_token: exhausted (dfs:cached): "));
  EXPECT_THAT(ended.out, HasSubstr(" executions, "));
  EXPECT_THAT(ended.err, IsEmpty());
}

TEST(Run, AViolationIsShownWithItsLanesAndTheLineThatReplaysIt) {
  const Ended ended = heddle({"run", "lease_expiry:delete_unconditionally", "--property", "release_only_own"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.out, HasSubstr("lease_expiry:delete_unconditionally: violated (dfs:cached): "));
  EXPECT_THAT(ended.out, HasSubstr("release_only_own is violated: worker-"));
  EXPECT_THAT(ended.out, HasSubstr("kv.del NET:channel:in-use:1"));
  EXPECT_THAT(ended.out, HasSubstr("Replay: heddle replay h1:"));
}

TEST(Run, WithoutAVariantAllVariantsAreRun) {
  const Ended ended = heddle({"run", "lease_expiry"});
  EXPECT_EQ(ended.exit_code, 1);
  for (const std::string variant :
       {"delete_unconditionally", "compare_then_delete", "compare_and_delete", "fencing_token"})
    EXPECT_THAT(ended.out, HasSubstr("lease_expiry:" + variant + ": "));
}

TEST(Run, OnlyTheGivenPropertyCounts) {
  EXPECT_EQ(heddle({"run", "lease_expiry:compare_and_delete", "--property", "release_only_own"}).exit_code, 0);
  EXPECT_EQ(heddle({"run", "lease_expiry:compare_and_delete", "--property", "one_holder_per_channel"}).exit_code, 1);
}

TEST(Run, CancellationIsExploredOnDemand) {
  const char* const variant = "quiesce/timeout_during_drain:raii_guard";
  const auto executions = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"run", variant, "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return nlohmann::json::parse(heddle(arguments).out)["results"][0]["evidence"]["executions"].get<int>();
  };
  EXPECT_LT(executions({}), executions({"--cancel", "each"}));
}

TEST(Run, EachStrategyFindsTheViolation) {
  for (const std::string strategy : {"random", "pct", "pct:5", "dfs", "dfs:preemptions=3", "dfs:delays=4"}) {
    const Ended ended =
        heddle({"run", "lease_expiry:delete_unconditionally", "--strategy", strategy, "--executions", "10000"});
    EXPECT_EQ(ended.exit_code, 1) << strategy << "\n" << ended.out << ended.err;
  }
}

TEST(Run, TheSameSeedFindsTheSameSchedule) {
  const auto token_of_seed = [](const std::string& seed) {
    return word_after(
        heddle({"run", "lease_expiry:delete_unconditionally", "--strategy", "random", "--seed", seed}).out,
        "heddle replay ");
  };
  EXPECT_THAT(token_of_seed("7"), Not(IsEmpty()));
  EXPECT_EQ(token_of_seed("7"), token_of_seed("7"));
}

TEST(Run, TheFailureIsWrittenToTheGivenDirectory) {
  const TemporaryDirectory directory;
  const std::string out = directory.path() + "/new/directory";
  const Ended ended = heddle({"run", "lease_expiry:delete_unconditionally", "--out", out});
  EXPECT_EQ(ended.exit_code, 1);
  const std::string file = word_after(ended.out, "failure file: ");
  EXPECT_THAT(file, HasSubstr(out));
  EXPECT_EQ(nlohmann::json::parse(read_text(file)).at("scenario"), "channel_pool/lease_expiry");
}

TEST(Run, NothingIsWrittenWhenNothingIsViolated) {
  const TemporaryDirectory directory;
  EXPECT_EQ(heddle({"run", "lease_expiry:fencing_token", "--out", directory.path()}).exit_code, 0);
  EXPECT_THAT(directory.files(), IsEmpty());
}

TEST(Run, PrintsOneJsonDocument) {
  const Ended ended = heddle({"run", "lease_expiry", "--json"});
  EXPECT_EQ(ended.exit_code, 1);
  const auto json = nlohmann::json::parse(ended.out);
  EXPECT_EQ(json.at("exit_code"), 1);
  ASSERT_THAT(json.at("results"), SizeIs(4));
  EXPECT_EQ(json.at("results").at(0).at("outcome"), "violated");
  EXPECT_THAT(json.at("results").at(0).at("report").at("token").get<std::string>(), HasSubstr("h1:"));
  EXPECT_EQ(json.at("results").at(3).at("outcome"), "exhausted");
}

TEST(Run, ATimeBudgetThatIsUsedUpIsNoProof) {
  const Ended ended = heddle_of_bad_scenarios({"run", "large", "--time", "50ms"});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.out, HasSubstr("test/large:many_steps: sampled (dpor): "));
  EXPECT_THAT(ended.out, HasSubstr("not exhausted: the time budget of 0.05 s was used up; raise it with --time"));
}

TEST(Run, ABudgetOfExecutionsThatIsUsedUpIsNoProof) {
  const Ended ended = heddle_of_bad_scenarios({"run", "large", "--executions", "10"});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.out,
              HasSubstr("not exhausted: the budget of 10 executions was used up; raise it with --executions"));
}

TEST(Run, ABodyThatThrowsIsAViolation) {
  const Ended ended = heddle_of_bad_scenarios({"run", "throws:body"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.out, HasSubstr("the body threw: no configuration"));
}

TEST(Run, ATaskThatThrowsIsAViolation) {
  const Ended ended = heddle_of_bad_scenarios({"run", "throws:task"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.out, HasSubstr("task reader threw: no such channel"));
}

TEST(Run, ABodyThatIsNotDeterministicIsReportedByEveryStrategy) {
  for (const std::string variant : {"steps", "tasks"}) {
    for (const std::string strategy : {"dfs", "random", "pct"}) {
      const Ended ended = heddle_of_bad_scenarios({"run", "not_deterministic:" + variant, "--strategy", strategy});
      EXPECT_EQ(ended.exit_code, 3) << variant << " " << strategy << "\n" << ended.out;
      EXPECT_THAT(ended.err, HasSubstr("the body is not deterministic")) << variant << " " << strategy;
    }
  }
}

TEST(Run, ATaskThatNeverEndsReachesTheStepLimit) {
  const Ended fair = heddle_of_bad_scenarios({"run", "never_ends", "--strategy", "random"});
  EXPECT_EQ(fair.exit_code, 1);
  EXPECT_THAT(fair.out, HasSubstr("step_limit"));
  EXPECT_THAT(fair.out, HasSubstr("had not ended after 500 steps"));
  const Ended unfair = heddle_of_bad_scenarios({"run", "never_ends", "--strategy", "dfs", "--executions", "20"});
  EXPECT_EQ(unfair.exit_code, 0);
  EXPECT_THAT(unfair.out, HasSubstr("20 cut at 500 steps"));
}

TEST(Run, ACancellationThatIsSwallowedIsAViolation) {
  const Ended ended = heddle_of_bad_scenarios({"run", "swallows"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.out,
              HasSubstr("cancellation_swallowed: task careless caught its own cancellation and went on; a catch "
                        "(...) around an await must rethrow what it does not know\n"));
}

TEST(Run, ABodyThatForgetsToRunItsTasksIsRefusedWithASentence) {
  const Ended ended = heddle_of_bad_scenarios({"run", "does_not_run"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.err, HasSubstr("returned without calling run()"));
}

}  // namespace
}  // namespace heddle::test
