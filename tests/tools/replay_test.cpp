#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/process.hpp"

namespace heddle::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// A recorded failure of test/lost_update:racy.
class ReplayOfALostUpdate : public ::testing::Test {
 protected:
  ReplayOfALostUpdate() {
    const Ended ended = heddle_of_bad_scenarios({"run", "lost_update:racy", "--out", directory_.path(), "--json"});
    const auto result = nlohmann::json::parse(ended.out).at("results").at(0);
    token_ = result.at("report").at("token");
    file_ = result.at("file");
  }
  TemporaryDirectory directory_;
  std::string token_;
  std::string file_;
};

void expect_refusal(const Ended& ended, const std::string& sentence) {
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.err, HasSubstr(sentence));
  EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
}

TEST_F(ReplayOfALostUpdate, ATokenReproducesTheFailure) {
  const Ended ended = heddle_of_bad_scenarios({"replay", token_});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.out, HasSubstr("test/lost_update:racy\n"));
  EXPECT_THAT(ended.out, HasSubstr("store balance"));
  EXPECT_THAT(ended.out, HasSubstr("reproduced: no_lost_update: the balance is 1\n"));
  EXPECT_THAT(ended.out, HasSubstr("violated (replay): 1 executions"));
  EXPECT_THAT(ended.err, IsEmpty());
}

TEST_F(ReplayOfALostUpdate, AFileReproducesTheFailure) {
  const Ended ended = heddle_of_bad_scenarios({"replay", file_});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.out, HasSubstr("reproduced: no_lost_update: the balance is 1\n"));
}

TEST_F(ReplayOfALostUpdate, TwoProcessesGiveTheSameTrace) {
  const std::string trace = word_after(heddle_of_bad_scenarios({"replay", token_}).out, "trace ");
  EXPECT_EQ(trace.size(), 16U);
  EXPECT_EQ(word_after(heddle_of_bad_scenarios({"replay", token_}).out, "trace "), trace);
  EXPECT_EQ(word_after(heddle_of_bad_scenarios({"replay", file_}).out, "trace "), trace);
}

TEST_F(ReplayOfALostUpdate, ARepairedProgramPasses) {
  for (const std::string& recording : {token_, file_}) {
    const Ended ended = heddle_of_bad_scenarios({"replay", recording}, {.environment = {"TEST_NO_CHECK=1"}});
    EXPECT_EQ(ended.exit_code, 0) << ended.out << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("the run passes: nothing is violated"));
    EXPECT_THAT(ended.err, IsEmpty());
  }
}

TEST_F(ReplayOfALostUpdate, ATokenOfAChangedProgramDivergesAtAStatedStep) {
  const Ended ended = heddle_of_bad_scenarios({"replay", token_}, {.environment = {"TEST_MORE_TASKS=1"}});
  EXPECT_EQ(ended.exit_code, 3) << ended.out << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("the program left the schedule before step 1: recorded 2 alternatives, met 3"));
}

TEST_F(ReplayOfALostUpdate, AFileOfAChangedProgramResynchronises) {
  const Ended ended = heddle_of_bad_scenarios({"replay", file_}, {.environment = {"TEST_MORE_TASKS=1"}});
  EXPECT_EQ(ended.exit_code, 1) << ended.out << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("reproduced: no_lost_update"));
  EXPECT_THAT(ended.out, HasSubstr("step"));
}

TEST_F(ReplayOfALostUpdate, PrintsOneJsonDocument) {
  const Ended ended = heddle_of_bad_scenarios({"replay", token_, "--json"});
  EXPECT_EQ(ended.exit_code, 1);
  const auto json = nlohmann::json::parse(ended.out);
  EXPECT_EQ(json.at("result"), "reproduced");
  EXPECT_EQ(json.at("scenario"), "test/lost_update");
  EXPECT_EQ(json.at("verdict").at("failure").at("property"), "no_lost_update");
}

TEST_F(ReplayOfALostUpdate, StepsGoForwardAndBack) {
  const Ended ended =
      heddle_of_bad_scenarios({"replay", token_, "--step"}, {.input = "n\n\np\n4\nn\n1\np\nwhat\nq\nn\n"});
  EXPECT_EQ(ended.exit_code, 1);
  std::vector<std::string> steps;
  for (std::size_t at = ended.out.find("step "); at != std::string::npos; at = ended.out.find("step ", at + 1))
    if (const std::size_t slash = ended.out.find('/', at); slash != std::string::npos && slash - at < 8)
      steps.push_back(ended.out.substr(at + 5, slash - at - 5));
  EXPECT_THAT(steps, ::testing::ElementsAre("1", "2", "3", "2", "4", "1"));
  EXPECT_THAT(ended.out, HasSubstr("here no_lost_update is violated: the balance is 1"));
  EXPECT_THAT(ended.out, HasSubstr("this is the last step"));
  EXPECT_THAT(ended.out, HasSubstr("this is the first step"));
  EXPECT_THAT(ended.out, HasSubstr("'what' is not understood"));
  EXPECT_THAT(ended.out, HasSubstr("reproduced: no_lost_update"));
}

TEST_F(ReplayOfALostUpdate, SteppingEndsWithItsInput) {
  EXPECT_EQ(heddle_of_bad_scenarios({"replay", token_, "--step"}, {.input = "n"}).exit_code, 1);
}

TEST_F(ReplayOfALostUpdate, ATruncatedTokenIsRefused) {
  for (const std::size_t kept : {token_.size() - 1, token_.size() / 2, std::size_t{4}, std::size_t{3}})
    expect_refusal(heddle_of_bad_scenarios({"replay", token_.substr(0, kept)}), "token");
}

TEST_F(ReplayOfALostUpdate, ACorruptedTokenIsRefused) {
  for (std::size_t at = 3; at < token_.size(); at += 5) {
    std::string corrupted = token_;
    corrupted[at] = corrupted[at] == 'A' ? 'B' : 'A';
    expect_refusal(heddle_of_bad_scenarios({"replay", corrupted}), "token");
  }
}

TEST_F(ReplayOfALostUpdate, ATokenOfAnotherVersionIsRefused) {
  expect_refusal(heddle_of_bad_scenarios({"replay", "h9" + token_.substr(2)}), "version");
}

TEST_F(ReplayOfALostUpdate, ATokenFromAnotherScenarioIsRefused) {
  expect_refusal(
      heddle_of_bad_scenarios({"replay", token_, "--scenario", "throws"}),
      "token is for scenario test/lost_update, not test/throws; run it with `heddle replay` without naming a scenario");
  expect_refusal(heddle_of_bad_scenarios({"replay", token_, "--scenario", "lost_update:atomic"}),
                 "token is for scenario test/lost_update:racy, not test/lost_update:atomic");
  EXPECT_EQ(heddle_of_bad_scenarios({"replay", token_, "--scenario", "lost_update"}).exit_code, 1);
}

TEST_F(ReplayOfALostUpdate, ATokenOfAScenarioThatIsNotKnownIsRefused) {
  expect_refusal(heddle({"replay", token_}), "token is for test/lost_update:racy, which is not in this catalogue");
}

TEST_F(ReplayOfALostUpdate, AFileThatIsNoFailureFileIsRefused) {
  const std::string path = directory_.path() + "/broken.json";
  for (const std::string content : {"", "{", "[]", "{\"format\": 1}", "not json"}) {
    static_cast<void>(run_process({"/bin/sh", "-c", "printf '%s' '" + content + "' > " + path}));
    expect_refusal(heddle_of_bad_scenarios({"replay", path}), path);
  }
  expect_refusal(heddle_of_bad_scenarios({"replay", directory_.path()}), directory_.path());
}

TEST(Replay, AFileThatDoesNotExistIsRefused) {
  expect_refusal(heddle({"replay", "no/such/file.json"}),
                 "there is no file 'no/such/file.json', and it is no token either");
}

TEST(Replay, ATextThatIsNoTokenIsRefused) {
  for (const std::string text : {"h1:", "h1", "x", "h1:!!!!", ""}) expect_refusal(heddle({"replay", text}), "token");
}

TEST_F(ReplayOfALostUpdate, ShrinkReportsTheSmallestSchedule) {
  const Ended found = heddle_of_bad_scenarios({"run", "lost_update:racy", "--strategy", "random", "--seed", "3"});
  const Ended ended =
      heddle_of_bad_scenarios({"shrink", word_after(found.out, "heddle replay "), "--out", directory_.path()});
  EXPECT_EQ(ended.exit_code, 1) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("1 preemption"));
  EXPECT_THAT(ended.out, HasSubstr("Replay: heddle replay h1:"));
  EXPECT_THAT(ended.out, HasSubstr("failure file: " + directory_.path()));
}

TEST_F(ReplayOfALostUpdate, ShrinkTakesAFileToo) {
  const Ended ended = heddle_of_bad_scenarios({"shrink", file_, "--json"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(nlohmann::json::parse(ended.out).at("report").at("token").get<std::string>(), Not(IsEmpty()));
}

TEST_F(ReplayOfALostUpdate, ShrinkOfARunThatPassesSaysSo) {
  const Ended ended = heddle_of_bad_scenarios({"shrink", token_}, {.environment = {"TEST_NO_CHECK=1"}});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.out, HasSubstr("the run passes: there is nothing to shrink"));
}

TEST_F(ReplayOfALostUpdate, ShrinkOfAChangedProgramDiverges) {
  const Ended ended = heddle_of_bad_scenarios({"shrink", token_}, {.environment = {"TEST_MORE_TASKS=1"}});
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_THAT(ended.err, HasSubstr("step"));
}

}  // namespace
}  // namespace heddle::test
