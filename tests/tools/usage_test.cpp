// What is wrong with a command line is said in one sentence, with exit code 2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/process.hpp"

namespace heddle::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

void expect_refusal(const Ended& ended, const std::string& sentence) {
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.err, HasSubstr(sentence));
  EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
  EXPECT_THAT(ended.out, IsEmpty());
}

TEST(Usage, HelpIsPrintedToStdout) {
  for (const std::string command : {"list", "run", "check", "replay", "shrink", "fuzz"}) {
    const Ended ended = heddle({command, "--help"});
    EXPECT_EQ(ended.exit_code, 0) << command;
    EXPECT_THAT(ended.out, HasSubstr("Exit codes: 0 nothing is violated")) << command;
    EXPECT_THAT(ended.err, IsEmpty()) << command;
  }
}

TEST(Usage, ACommandIsRequired) {
  expect_refusal(heddle({}), "subcommand is required");
}

TEST(Usage, AnUnknownCommandIsRefusedWithTheNearestName) {
  expect_refusal(heddle({"explode"}),
                 "there is no command 'explode'; there are list, run, check, replay, shrink, fuzz");
  expect_refusal(heddle({"shrnk"}), "there is no command 'shrnk' (did you mean 'shrink'?)");
}

TEST(Usage, AnUnknownOptionIsRefused) {
  expect_refusal(heddle({"run", "lease_expiry", "--sed", "3"}), "--sed");
}

TEST(Usage, AnUnknownScenarioIsRefusedWithTheNearestName) {
  expect_refusal(heddle({"run", "lease_expiri"}), "there is no scenario 'lease_expiri' (did you mean 'lease_expiry'?)");
}

TEST(Usage, AScenarioLikeNoOtherIsRefusedWithoutASuggestion) {
  expect_refusal(heddle({"run", "zzzzzz"}), "there is no scenario 'zzzzzz'; `heddle list` shows all of them");
}

TEST(Usage, AnUnknownVariantIsRefusedWithTheNearestName) {
  expect_refusal(
      heddle({"run", "lease_expiry:fencing_tokens"}),
      "scenario channel_pool/lease_expiry has no variant 'fencing_tokens' (did you mean 'fencing_token'?); it has "
      "delete_unconditionally, compare_then_delete, compare_and_delete, fencing_token");
}

TEST(Usage, AnUnknownPropertyIsRefusedWithTheNearestName) {
  expect_refusal(
      heddle({"run", "lease_expiry", "--property", "release_only_owned"}),
      "scenario channel_pool/lease_expiry has no property 'release_only_owned' (did you mean 'release_only_own'?)");
}

TEST(Usage, AnUnknownStrategyIsRefusedWithTheNearestName) {
  expect_refusal(heddle({"run", "lease_expiry", "--strategy", "randon"}),
                 "there is no strategy 'randon' (did you mean 'random'?)");
}

TEST(Usage, AStrategyWithoutItsNumberIsRefused) {
  expect_refusal(heddle({"run", "lease_expiry", "--strategy", "dfs:preemptions="}),
                 "there is no strategy 'dfs:preemptions='");
  expect_refusal(heddle({"run", "lease_expiry", "--strategy", "pct:0"}), "PCT's depth is 0");
  expect_refusal(heddle({"run", "lease_expiry", "--strategy", "pct:99999999999"}), "too large");
}

TEST(Usage, ATimeWithoutAUnitIsRefused) {
  for (const std::string time : {"30", "s", "3x", "-1s", "0s", "1e999h"})
    expect_refusal(heddle({"run", "lease_expiry", "--time=" + time}),
                   "'" + time + "' is not a length of time of more than zero");
}

TEST(Usage, ADirectoryThatCannotBeWrittenToIsRefusedBeforeExploring) {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/file";
  static_cast<void>(run_process({"/bin/sh", "-c", "echo > " + file}));
  const auto sentence = "failure files cannot be written to '" + file +
                        "/out': Not a directory; give --out a directory that can be written to";
  expect_refusal(heddle_of_bad_scenarios({"run", "never_ends", "--time", "1h", "--out", file + "/out"}), sentence);
  expect_refusal(heddle_of_bad_scenarios({"fuzz", "--time", "1h", "--out", file + "/out"}), sentence);
}

TEST(Usage, FuzzNeedsADirectory) {
  expect_refusal(heddle({"fuzz", "--time", "1s"}), "--out is required");
}

TEST(Usage, StepAndJsonExcludeEachOther) {
  expect_refusal(heddle({"replay", "h1:x", "--step", "--json"}), "--step");
}

}  // namespace
}  // namespace heddle::test
