#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "tests/tools/process.hpp"

namespace heddle::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST(Fuzz, KeepsEachDistinctFailureAsAFileThatReplays) {
  const TemporaryDirectory directory;
  const Ended ended =
      heddle({"fuzz", "lease_expiry:delete_unconditionally", "--time", "30s", "--out", directory.path()});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.out, HasSubstr("expected failures: 2\n"));
  EXPECT_THAT(ended.out, HasSubstr("unexpected failures: 0\n"));
  ASSERT_THAT(directory.files(), SizeIs(2));
  for (const std::string& file : directory.files()) {
    const Ended again = heddle({"replay", file});
    EXPECT_EQ(again.exit_code, 1);
    EXPECT_THAT(again.out, HasSubstr("reproduced: "));
  }
}

TEST(Fuzz, EndsEarlyWhenThereIsNothingLeftToFind) {
  const TemporaryDirectory directory;
  const Ended ended =
      heddle({"fuzz", "lease_expiry:delete_unconditionally", "--time", "1h", "--out", directory.path(), "--json"});
  EXPECT_LT(nlohmann::json::parse(ended.out).at("seconds").get<double>(), 30.0);
}

TEST(Fuzz, VariantsThatHoldPassAndAreTold) {
  const TemporaryDirectory directory;
  const Ended ended =
      heddle({"fuzz", "--only-holding", "lease_expiry", "--time", "500ms", "--jobs", "2", "--out", directory.path()});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.out, HasSubstr("executions, "));
  EXPECT_THAT(ended.out, HasSubstr("lease_expiry:fencing_token\n"));
  EXPECT_THAT(ended.out, HasSubstr("unexpected failures: 0\nexpected failures: 0\n"));
  EXPECT_THAT(directory.files(), IsEmpty());
}

TEST(Fuzz, TellsWhatNoExecutionReached) {
  const TemporaryDirectory directory;
  const Ended ended = heddle_of_bad_scenarios({"fuzz", "vacuous", "--time", "1s", "--out", directory.path()});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.out,
              HasSubstr("unexpected failures: 1\n  test/vacuous:never_contended: sometimes(contended) violated "
                        "(UNEXPECTED): none of "));
  EXPECT_THAT(ended.out, Not(HasSubstr("sometimes(ran)")));
  EXPECT_THAT(directory.files(), IsEmpty());
}

TEST(Fuzz, TellsUnexpectedFailuresFromExpectedOnes) {
  const TemporaryDirectory directory;
  const Ended ended =
      heddle_of_bad_scenarios({"fuzz", "lost_update", "wrong_expectation", "--time", "1s", "--out", directory.path()});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(
      ended.out,
      HasSubstr(
          "unexpected failures: 1\n  test/wrong_expectation:violates_after_all: no_lost_update violated (UNEXPECTED)"));
  EXPECT_THAT(ended.out,
              HasSubstr("expected failures: 1\n  test/lost_update:racy: no_lost_update violated (expected)"));
  EXPECT_THAT(
      ended.out,
      HasSubstr("expected failures that were not found: 1\n  test/wrong_expectation:holds_after_all no_lost_update"));
}

TEST(Fuzz, VariantsThatCannotBeExploredDoNotEndTheCampaign) {
  const TemporaryDirectory directory;
  const Ended ended =
      heddle_of_bad_scenarios({"fuzz", "does_not_run", "not_deterministic", "throws", "lost_update:racy", "--time",
                               "1s", "--out", directory.path(), "--json"});
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_THAT(nlohmann::json::parse(ended.out).at("failures"), SizeIs(6));
}

TEST(Fuzz, ASignalEndsItWithASummary) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const TemporaryDirectory directory;
    std::thread killer;
    const auto kill_soon = [&](int pid) {
      killer = std::thread([pid, signal, &directory] {
        const auto is_failure_file = [](const std::string& file) { return file.ends_with(".json"); };
        for (int i = 0; i < 24'000 && std::ranges::none_of(directory.files(), is_failure_file); ++i)
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
        kill(pid, signal);
      });
    };
    const Ended ended = heddle_of_bad_scenarios({"fuzz", "lost_update", "--time", "1h", "--out", directory.path()},
                                                {.started = kill_soon});
    killer.join();
    EXPECT_EQ(ended.exit_code, 1) << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("interrupted\n"));
    EXPECT_THAT(ended.out, HasSubstr("expected failures: 1\n"));
    EXPECT_THAT(directory.files(), Not(IsEmpty()));
  }
}

}  // namespace
}  // namespace heddle::test
