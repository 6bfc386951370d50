#include "sim/replay/token.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/core/error.hpp"
#include "sim/explore/explorer.hpp"
#include "sim/explore/random.hpp"
#include "sim/explore/rng.hpp"
#include "sim/replay/token_text.hpp"
#include "tests/sim/replay/programs.hpp"

namespace heddle::sim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The sentence with which a text is refused; empty when it is not.
std::string refusal(std::string_view text) {
  try {
    static_cast<void>(decode(text));
    return {};
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_token);
    return error.what();
  }
}

rc::Gen<Decision> any_decision() {
  return rc::gen::map(rc::gen::tuple(rc::gen::arbitrary<bool>(), rc::gen::inRange(2U, 9U), rc::gen::inRange(0U, 1000U)),
                      [](const auto& t) {
                        const auto& [is_task, options, number] = t;
                        return is_task ? Decision{DecisionKind::task, number % 5, options}
                                       : Decision{DecisionKind::choice, number % options, options};
                      });
}

Token any_token() {
  Token token;
  token.naming.scenario = *rc::gen::arbitrary<std::string>();
  token.naming.variant = *rc::gen::arbitrary<std::string>();
  token.naming.parameters = *rc::gen::arbitrary<std::string>();
  token.fingerprint = *rc::gen::arbitrary<std::uint32_t>();
  token.signature = *rc::gen::arbitrary<std::uint32_t>();
  token.trace_hash = *rc::gen::arbitrary<std::uint64_t>();
  token.schedule = *rc::gen::container<std::vector<Decision>>(any_decision());
  token.execution.time = *rc::gen::element(TimeMode::any_time, TimeMode::as_soon_as_idle);
  token.execution.slack = *rc::gen::arbitrary<std::uint32_t>();
  token.execution.step_limit = *rc::gen::arbitrary<std::uint64_t>();
  token.execution.cancel = *rc::gen::element(Cancel::none, Cancel::each);
  token.execution.only_property = *rc::gen::arbitrary<std::string>();
  return token;
}

Token sample_token() {
  Token token;
  token.naming = {"quiesce/nested_clear", "latch_as_set", "clients=3"};
  token.trace_hash = 0x123456789abcdef0U;
  for (std::uint32_t i = 0; i < 40; ++i) token.schedule.push_back({DecisionKind::task, 1 + i / 7, 3});
  token.schedule.push_back({DecisionKind::choice, 2, 5});
  return token;
}

RC_GTEST_PROP(Token, IsReadBackAsItWasWritten, ()) {
  const Token token = any_token();
  const Token read = decode(encode(token));
  RC_ASSERT(read.naming == token.naming);
  RC_ASSERT(read.fingerprint == token.fingerprint);
  RC_ASSERT(read.signature == token.signature);
  RC_ASSERT(read.trace_hash == token.trace_hash);
  RC_ASSERT(read.schedule == token.schedule);
  RC_ASSERT(read.execution.time == token.execution.time);
  RC_ASSERT(read.execution.slack == token.execution.slack);
  RC_ASSERT(read.execution.step_limit == token.execution.step_limit);
  RC_ASSERT(read.execution.cancel == token.execution.cancel);
  RC_ASSERT(read.execution.only_property == token.execution.only_property);
}

TEST(Token, IsOneLineOfCharactersThatSurviveCopying) {
  const std::string text = encode(sample_token());
  EXPECT_TRUE(text.starts_with("h1:"));
  EXPECT_EQ(text.substr(3).find_first_not_of(alphabet), std::string::npos) << text;
}

TEST(Token, GrowsWithTheSwitchesOfTheScheduleAndNotWithItsSteps) {
  Token token;
  token.schedule.assign(100'000, {DecisionKind::task, 2, 3});
  EXPECT_LT(encode(token).size(), 60U);
  EXPECT_EQ(decode(encode(token)).schedule, token.schedule);
}

TEST(Token, IsReadWithBlanksAroundIt) {
  EXPECT_EQ(decode("  " + encode(sample_token()) + "\r\n").schedule, sample_token().schedule);
}

TEST(Token, WithAnySingleCharacterChangedIsRefused) {
  const std::string text = encode(sample_token());
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int c = 0; c < 256; ++c) {
      std::string changed = text;
      changed[i] = static_cast<char>(c);
      if (changed == text) continue;
      ASSERT_NE(refusal(changed), "") << "position " << i << ", character " << c;
    }
  }
}

TEST(Token, CutOffAnywhereIsRefused) {
  const std::string text = encode(sample_token());
  for (std::size_t length = 0; length < text.size(); ++length) ASSERT_NE(refusal(text.substr(0, length)), "") << length;
  EXPECT_THAT(refusal(text.substr(0, text.size() / 2)), HasSubstr("truncated"));
}

TEST(Token, FollowedBySomethingElseIsRefused) {
  EXPECT_NE(refusal(encode(sample_token()) + "AAAA"), "");
}

TEST(Token, OfAnotherVersionIsRefusedByASentenceThatNamesBoth) {
  EXPECT_THAT(refusal("h2:AAAAAAAA"), AllOf(HasSubstr("version 2"), HasSubstr("version 1")));
  EXPECT_THAT(refusal("hello"), HasSubstr("not a token"));
  EXPECT_THAT(refusal(""), HasSubstr("empty"));
}

TEST(Token, MadeOfRandomBytesIsRefusedAMillionTimes) {
  Rng rng(1, 0);
  std::string text;
  for (int i = 0; i < 1'000'000; ++i) {
    text = i % 4 == 0 ? "" : "h1:";
    const std::uint32_t length = rng.below(48);
    for (std::uint32_t k = 0; k < length; ++k)
      text += i % 2 == 0 ? static_cast<char>(rng.below(256))
                         : alphabet[rng.below(static_cast<std::uint32_t>(alphabet.size()))];
    bool is_refused = false;
    try {
      static_cast<void>(decode(text));
    } catch (const Error&) {
      is_refused = true;
    }
    ASSERT_TRUE(is_refused) << text;
  }
}

TEST(Token, WithARandomPayloadUnderAValidChecksumIsReadOrRefusedButHarmsNobody) {
  Rng rng(2, 0);
  int read = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::vector<std::uint8_t> payload(16 + rng.below(24));
    for (std::size_t k = 0; k < payload.size(); ++k)
      payload[k] = static_cast<std::uint8_t>(rng.below(k < 18 ? 3 : 256));
    try {
      const Token token = decode(seal_token(payload));
      ++read;
      ASSERT_LE(token.schedule.size(), max_token_decisions);
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::bad_token);
    }
  }
  EXPECT_GT(read, 0);
}

TEST(Token, ThatClaimsMoreDecisionsThanItMayIsRefusedBeforeAnythingIsAllocated) {
  ByteWriter payload;
  payload.fixed(0, 8);
  payload.fixed(0, 8);
  payload.varint(0);
  payload.varint(~std::uint64_t{0});
  EXPECT_THAT(refusal(seal_token(payload.bytes())), HasSubstr("the number of decisions"));
}

TEST(Token, RefusesAScheduleTooLongToBeWritten) {
  Token token;
  token.schedule.resize(max_token_decisions + 1, {DecisionKind::task, 1, 2});
  EXPECT_THROW(static_cast<void>(encode(token)), Error);
}

TEST(TokenReplay, ReproducesEveryFailureThatRandomSchedulesFind) {
  for (const Program& program : {test_programs::lost_update(), test_programs::torn_read(), test_programs::abba(),
                                 test_programs::order_violation(), test_programs::data_choices()}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const Verdict verdict = explore(program, Random{seed});
      ASSERT_TRUE(verdict.failure);
      const Token token = decode(encode(make_token(program, *verdict.failure, verdict.options)));
      const TokenReplay replayed = replay_token(program, token);
      EXPECT_TRUE(replayed.reproduced) << replayed.verdict.problem;
      EXPECT_EQ(replayed.verdict.failure->trace_hash, verdict.failure->trace_hash);
    }
  }
}

TEST(TokenReplay, BringsItsTimeModeAlong) {
  ExploreOptions options;
  options.execution.time = TimeMode::any_time;
  const Verdict verdict = explore(test_programs::lease(), Random{1}, options);
  ASSERT_TRUE(verdict.violates("writes_with_lease"));
  const std::string text = encode(make_token(test_programs::lease(), *verdict.failure, verdict.options));
  EXPECT_TRUE(replay(test_programs::lease(), text).violates("writes_with_lease"));
}

TEST(TokenReplay, OfAnotherProgramSaysSo) {
  const Verdict verdict = explore(test_programs::abba(), Random{1});
  const TokenReplay replayed =
      replay_token(test_programs::lost_update(), make_token(test_programs::abba(), *verdict.failure, verdict.options));
  EXPECT_FALSE(replayed.reproduced);
  EXPECT_FALSE(replayed.same_program);
  EXPECT_THAT(replayed.verdict.problem, HasSubstr("set-up has changed"));
}

// The same token, trace hash and failure with every compiler, optimisation and sanitizer: tokens outlive builds.
TEST(TokenReplay, OfATokenFromAnotherBuildGivesTheSameTrace) {
  const TokenReplay replayed =
      replay_token(test_programs::lost_update(), decode("h1:F52MO913WOawLn2DX1xyfjgAAwkCBQIESi9JSA"));
  EXPECT_TRUE(replayed.reproduced) << replayed.verdict.problem;
  EXPECT_TRUE(replayed.same_program);
  ASSERT_TRUE(replayed.verdict.failure);
  EXPECT_EQ(replayed.verdict.failure->trace_hash, 0x387e725c5f837d2eU)
      << std::hex << replayed.verdict.failure->trace_hash;
}

}  // namespace
}  // namespace heddle::sim
