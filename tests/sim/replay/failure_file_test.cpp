#include "sim/replay/failure_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "sim/core/error.hpp"
#include "sim/explore/random.hpp"
#include "sim/replay/report.hpp"
#include "tests/sim/replay/programs.hpp"

namespace heddle::sim {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FailureFiles : public ::testing::Test {
 protected:
  FailureFiles() {
    std::string name = ::testing::TempDir() + "heddle-XXXXXX";
    directory = ::mkdtemp(name.data());
  }
  ~FailureFiles() override { std::filesystem::remove_all(directory); }

  std::filesystem::path directory;
};

FailureFile file_of(const Program& program, std::uint64_t seed = 2, const ReportOptions& options = {}) {
  return to_failure_file(make_report(explore(program, Random{seed}), {"bank/transfer", "racy", ""}, options));
}

std::string complaint(const std::string& json) {
  try {
    static_cast<void>(failure_file_from_json(json, "x.json"));
    return {};
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::io);
    return error.what();
  }
}

TEST_F(FailureFiles, AreReadBackAsTheyWereWritten) {
  const FailureFile file = file_of(test_programs::data_choices());
  const FailureFile read = read_failure_file(write_failure_file(directory, file));
  EXPECT_EQ(read.naming, file.naming);
  EXPECT_EQ(read.token, file.token);
  EXPECT_EQ(read.body_choices, file.body_choices);
  EXPECT_EQ(read.steps.size(), file.steps.size());
  EXPECT_EQ(read.steps.front().task_key, file.steps.front().task_key);
  EXPECT_EQ(read.steps.front().choices, file.steps.front().choices);
  EXPECT_EQ(read.kind, file.kind);
  EXPECT_EQ(read.explanation, file.explanation);
  EXPECT_TRUE(read.preemptions_proved);
  EXPECT_EQ(read.version, "0.1.0");
}

TEST_F(FailureFiles, AreNamedByScenarioAndSignatureAndNeverOverwriteAnother) {
  const auto first = write_failure_file(directory, file_of(test_programs::lost_update(), 2, {.shrink = false}));
  FailureFile other = file_of(test_programs::lost_update(), 2, {.shrink = false});
  other.token += "x";
  const auto second = write_failure_file(directory, other);
  EXPECT_THAT(first.filename().string(), ::testing::MatchesRegex("bank-transfer-racy-no_lost_update-[0-9a-f]+\\.json"));
  EXPECT_NE(first, second);
  EXPECT_EQ(read_failure_file(second).token, other.token);
}

TEST_F(FailureFiles, OfTheSameScheduleAreWrittenOnce) {
  const FailureFile file = file_of(test_programs::lost_update());
  EXPECT_EQ(write_failure_file(directory / "new" / "folder", file),
            write_failure_file(directory / "new" / "folder", file));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory / "new" / "folder"), {}), 1);
}

TEST_F(FailureFiles, ThatCannotBeWrittenAreReportedByOneSentence) {
  std::ofstream(directory / "file") << "not a directory";
  try {
    write_failure_file(directory / "file", file_of(test_programs::lost_update()));
    FAIL() << "it was written";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::io);
    EXPECT_THAT(error.what(), HasSubstr("name another directory"));
  }
}

TEST_F(FailureFiles, ThatAreBrokenAreRefusedByASentenceThatNamesFileAndField) {
  const std::string good = to_json(file_of(test_programs::lost_update()));
  const auto replaced = [&](const std::string& what, const std::string& by) {
    std::string text = good;
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), by);
  };
  EXPECT_THAT(complaint("{"), AllOf(HasSubstr("x.json"), HasSubstr("not JSON")));
  EXPECT_THAT(complaint("[]"), HasSubstr("must be an object"));
  EXPECT_THAT(complaint("{}"), HasSubstr("'heddle_failure' is missing"));
  EXPECT_THAT(complaint(replaced("\"heddle_failure\": 1", "\"heddle_failure\": 2")),
              AllOf(HasSubstr("format 2"), HasSubstr("format 1")));
  EXPECT_THAT(complaint(replaced("\"token\": \"", "\"token\": 3, \"t\": \"")),
              HasSubstr("'token' is of the wrong type"));
  EXPECT_THAT(complaint(replaced("\"task_key\": \"", "\"task_key\": \"zz")), HasSubstr("'steps[0].task_key'"));
  EXPECT_THAT(complaint(replaced("\"occurrence\": 1", "\"occurrence\": -1")), HasSubstr("'steps[0].occurrence'"));
  EXPECT_THAT(complaint(replaced("\"kind\": \"property\"", "\"kind\": \"mystery\"")), HasSubstr("mystery"));
  EXPECT_EQ(complaint(good), "");
}

TEST_F(FailureFiles, WithAnySingleByteChangedAreReadOrRefusedButHarmNobody) {
  const std::string good = to_json(file_of(test_programs::lost_update()));
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'"', '9', '}', '\xff', '\0'}) {
      std::string text = good;
      text[i] = c;
      complaint(text);
    }
  }
}

TEST_F(FailureFiles, ReplayExactlyWhenNothingHasChanged) {
  const FileReplay result = replay(test_programs::lost_update(), file_of(test_programs::lost_update()));
  EXPECT_TRUE(result.exact);
  EXPECT_TRUE(result.reproduced);
  EXPECT_THAT(result.differences, ElementsAre());
}

/// The lost update after a change of the program: steps were added before, between and after, and a task before all
/// others.
Program changed_lost_update() {
  return [](World& world) {
    Atomic<int> audit(0, "audit");
    Atomic<int> balance(0, "balance");
    world.task("auditor", [&] { audit.store(1); });
    for (int i = 0; i < 2; ++i)
      world.task({"deposit", i}, [&] {
        world.yield("logging");
        const int seen = balance.load();
        audit.fetch_add(1);
        balance.store(seen + 1);
      });
    world.run();
    world.check("no_lost_update", balance.peek() == 2);
  };
}

TEST_F(FailureFiles, ResynchroniseByTheirLabelsWhenTheProgramHasChanged) {
  const FileReplay result = replay(changed_lost_update(), file_of(test_programs::lost_update()));
  EXPECT_FALSE(result.exact);
  EXPECT_TRUE(result.reproduced) << result.verdict.problem;
  EXPECT_THAT(
      result.differences,
      ::testing::Contains(
          "at recorded step 1: `deposit-0` does yield instead of `deposit-0`'s load balance (its 1. such step)"));
}

TEST_F(FailureFiles, SayAtWhichStepAndHowTheProgramDivergedWhenItIsRepaired) {
  const Program repaired = [](World& world) {
    Atomic<int> balance(0, "balance");
    for (int i = 0; i < 2; ++i) world.task({"deposit", i}, [&] { balance.fetch_add(1); });
    world.run();
    world.check("no_lost_update", balance.peek() == 2);
  };
  const FileReplay result = replay(repaired, file_of(test_programs::lost_update()));
  EXPECT_FALSE(result.reproduced);
  EXPECT_TRUE(result.verdict.holds());
  ASSERT_FALSE(result.differences.empty());
  EXPECT_EQ(
      result.differences.front(),
      "at recorded step 1: `deposit-0` does update balance instead of `deposit-0`'s load balance (its 1. such step)");
}

std::optional<Program> find_program(const Naming& naming) {
  if (naming.scenario == "bank/transfer") return test_programs::lost_update();
  return std::nullopt;
}

TEST_F(FailureFiles, InAFolderOfRegressionsAreReplayedAndJudged) {
  write_failure_file(directory, file_of(test_programs::lost_update()));
  FailureFile repaired = file_of(test_programs::lost_update());
  repaired.naming.variant = "thought_to_be_repaired";
  repaired.expected = Expected::holds;
  write_failure_file(directory, repaired);
  FailureFile unknown = repaired;
  unknown.naming.scenario = "unknown";
  write_failure_file(directory, unknown);
  std::ofstream(directory / "zzz.json") << "{";
  const std::vector<Regression> results = replay_regressions(directory, find_program);
  ASSERT_EQ(results.size(), 4U);
  EXPECT_TRUE(results[0].ok) << results[0].sentence;
  EXPECT_FALSE(results[1].ok);
  EXPECT_THAT(results[1].sentence, HasSubstr("no_lost_update is violated again"));
  EXPECT_THAT(results[2].sentence, HasSubstr("there is no scenario 'unknown'"));
  EXPECT_THAT(results[3].sentence, HasSubstr("not JSON"));
}

}  // namespace
}  // namespace heddle::sim
