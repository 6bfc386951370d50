#include "sim/replay/lanes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "sim/explore/random.hpp"
#include "sim/replay/shrink.hpp"
#include "sim/replay/text.hpp"
#include "tests/sim/replay/programs.hpp"

namespace heddle::sim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Timeline minimal(const Program& program, const ExecutionOptions& execution = {}) {
  const Verdict verdict = explore(program, Random{2}, {.execution = execution});
  return make_timeline(program, shrink(program, *verdict.failure, {.execution = verdict.options}).failure.schedule,
                       verdict.options);
}

// The golden outputs are what people will look at: a change here is a change of the product, to be made on purpose.
TEST(Lanes, OfALostUpdate) {
  EXPECT_EQ(render_lanes(minimal(test_programs::lost_update())),
            " step │ deposit-0            │ deposit-1\n"
            "──────┼──────────────────────┼─────────────────────\n"
            "    1 │ load balance = 0     │\n"
            "    2 │ ┄┄ preempted         │ load balance = 0\n"
            "    3 │ ┆                    │ store balance 0 -> 1\n"
            "    4 │ store balance 1 -> 1 │\n"
            "──────┴──────────────────────┴─────────────────────\n"
            "    ✗   no_lost_update is violated at the end: the balance is 1 after two deposits of 1\n");
}

TEST(Lanes, OfALeaseThatRunsOut) {
  EXPECT_EQ(render_lanes(minimal(test_programs::lease(), {.time = TimeMode::any_time})),
            " step │ client              │ expiry\n"
            "──────┼─────────────────────┼────────────────────\n"
            "    1 │ store holder 0 -> 1 │\n"
            "    2 │ ┄┄ it is 3 ms ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄\n"
            "    3 │ ┄┄ it is 10 ms: time passes although a task could go on\n"
            "    4 │                     │ wakes up\n"
            "    5 │                     │ store holder 1 -> 0\n"
            "    6 │ work is done        │\n"
            "    7 │ yield writing       │\n"
            "    8 │ load holder = 0     │\n"
            "      │ ✗ writes_with_lease │\n"
            "──────┴─────────────────────┴────────────────────\n"
            "    ✗   writes_with_lease is violated: the lease ran out under its holder\n");
}

TEST(Lanes, SayInADeadlockWhoWaitsForWhom) {
  const std::string text = render_lanes(minimal(test_programs::abba()));
  EXPECT_THAT(text, HasSubstr("✗ waits for ever: lock b"));
  EXPECT_THAT(text, HasSubstr("(held by transfer-2"));
}

TEST(Lanes, InAsciiHaveNoOtherCharacters) {
  const std::string text = render_lanes(minimal(test_programs::lost_update()), {.ascii = true});
  for (const char c : text) EXPECT_LT(static_cast<unsigned char>(c), 0x80U);
}

TEST(Lanes, AreColouredOnlyWhenAsked) {
  EXPECT_THAT(render_lanes(minimal(test_programs::lost_update())), Not(HasSubstr("\x1b")));
  EXPECT_THAT(render_lanes(minimal(test_programs::lost_update()), {.colour = true}), HasSubstr("\x1b["));
}

TEST(Lanes, AreNeverWiderThanTheTerminal) {
  for (const Program& program : {test_programs::lost_update(), test_programs::abba(), test_programs::data_choices()}) {
    for (std::size_t width = 40; width < 130; width += 3) {
      std::istringstream lines(render_lanes(minimal(program), {.width = width}));
      for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), width) << line;
    }
  }
}

TEST(Lanes, OfManyTasksInANarrowTerminalBecomeAList) {
  const Program program = [](World& world) {
    Atomic<int> hits(0, "hits");
    for (int i = 0; i < 12; ++i) world.task({"worker", i}, [&] { hits.store(hits.load() + 1); });
    world.run();
    world.check("all_count", hits.peek() == 12);
  };
  const Verdict verdict = explore(program, Random{1});
  const std::string text =
      render_lanes(make_timeline(program, verdict.failure->schedule, verdict.options), {.width = 60});
  EXPECT_THAT(text, HasSubstr("│ worker-11 │"));
  EXPECT_THAT(text, HasSubstr("┄┄ preempted"));
}

TEST(Lanes, LeaveOutTheMiddleOfLongUninterruptedRuns) {
  const Program program = [](World& world) {
    world.task("busy", [&] {
      for (int i = 0; i < 200; ++i) world.yield("going on");
      check("never", false);
    });
    world.run();
  };
  const Verdict verdict = explore(program, Random{1});
  const std::string text = render_lanes(make_timeline(program, verdict.failure->schedule, verdict.options));
  EXPECT_THAT(text, HasSubstr("⋮ 195 more steps"));
  EXPECT_THAT(text, HasSubstr("  200 │"));
}

TEST(Lanes, ShowWhereEachStepStandsInTheRepository) {
  const Timeline timeline = minimal(test_programs::lost_update());
  EXPECT_THAT(timeline.rows.front().where, ::testing::StartsWith("tests/sim/replay/programs.hpp:"));
  EXPECT_THAT(render_lanes(timeline, {.locations = true}), HasSubstr("programs.hpp:"));
}

TEST(Lanes, OfAScheduleThatPassesHaveNoVerdict) {
  const std::string text = render_lanes(make_timeline(test_programs::lost_update(), {}));
  EXPECT_THAT(text, Not(HasSubstr("✗")));
}

TEST(Text, IsWrappedAtBlanksAndTheRestIsClipped) {
  EXPECT_THAT(wrap("one two three four", 8, 2, "…"), ::testing::ElementsAre("one two", "three f…"));
  EXPECT_THAT(wrap("änderung", 4, 3, "…"), ::testing::ElementsAre("ände", "rung"));
  EXPECT_EQ(clip("ääää", 3, "…"), "ää…");
  EXPECT_EQ(printable("a\nb\tc"), "a b c");
}

TEST(Durations, AreWrittenInTheUnitThatFits) {
  EXPECT_EQ(format_duration(0), "0 ns");
  EXPECT_EQ(format_duration(4'500'000), "4.5 ms");
  EXPECT_EQ(format_duration(30'000'000'000), "30 s");
}

}  // namespace
}  // namespace heddle::sim
