#include <gtest/gtest.h>

#include <fstream>

#include "sim/core/error.hpp"
#include "tests/regressions/files.hpp"

namespace heddle::test {
namespace {

const std::filesystem::path directory = HEDDLE_REGRESSIONS;

TEST(Regressions, OfTheCatalogueExistAndReplayToTheIdenticalTraceInThisBuild) {
  const std::vector<RegressionFile> files = regression_files();
  EXPECT_FALSE(files.empty());
  for (const RegressionFile& file : files) {
    const std::string problem = problem_with(file, directory);
    EXPECT_EQ(problem, "") << "tests/regressions/" << file.name()
                           << ": write it anew with script/regressions, and commit it, if its program was changed on "
                              "purpose";
  }
}

TEST(Regressions, AreReplayedForEver) {
  for (const sim::Regression& regression : sim::replay_regressions(directory, find_program))
    EXPECT_TRUE(regression.ok) << regression.sentence;
}

class RegressionFiles : public ::testing::Test {
 protected:
  RegressionFiles() {
    std::string name = ::testing::TempDir() + "heddle-XXXXXX";
    folder = ::mkdtemp(name.data());
  }
  ~RegressionFiles() override { std::filesystem::remove_all(folder); }

  std::filesystem::path folder;
  RegressionFile file = regression_files().front();
};

TEST_F(RegressionFiles, AreNoticedWhenMissingAndWrittenOnDemand) {
  EXPECT_EQ(problem_with(file, folder), "is missing");
  regenerate(file, folder);
  EXPECT_EQ(problem_with(file, folder), "");
}

TEST_F(RegressionFiles, AreTheSameWheneverTheyAreWritten) {
  const auto text = [&] {
    regenerate(file, folder);
    std::ifstream in(folder / file.name());
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  EXPECT_EQ(text(), text());
}

TEST_F(RegressionFiles, OfAnotherTraceAreNoticed) {
  regenerate(file, folder);
  sim::FailureFile changed = sim::read_failure_file(folder / file.name());
  sim::Token token = sim::decode(changed.token);
  ++token.trace_hash;
  changed.token = sim::encode(token);
  std::ofstream(folder / file.name()) << sim::to_json(changed);
  EXPECT_TRUE(problem_with(file, folder).starts_with("shrunk: the trace is ")) << problem_with(file, folder);
}

TEST_F(RegressionFiles, CannotBeWrittenForWhatNoScheduleViolates) {
  file.property = "something_else";
  EXPECT_THROW(regenerate(file, folder), sim::Error);
}

}  // namespace
}  // namespace heddle::test
