#include "sim/replay/token.hpp"

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sim/core/error.hpp"
#include "sim/core/hash.hpp"
#include "sim/explore/explorer.hpp"
#include "sim/explore/replay.hpp"
#include "sim/replay/token_text.hpp"

namespace heddle::sim {
namespace {

constexpr std::size_t max_text = 4096;
constexpr std::uint64_t max_number = std::numeric_limits<std::uint32_t>::max();

enum Flag : std::uint64_t {
  flag_any_time = 1,
  flag_slack = 2,
  flag_step_limit = 4,
  flag_only_property = 8,
  flag_naming = 16,
  flag_cancel_each = 32,
  flag_weak_memory = 64,
  all_flags = 127,
};

/// How a group of decisions is written: the low two bits of its first number.
enum Group : std::uint64_t { group_again, group_task, group_choice, groups };

std::uint64_t text_hash(std::string_view text) {
  return XXH3_64bits(text.data(), text.size());
}

void write_options(ByteWriter& out, const Token& token) {
  const ExecutionOptions defaults;
  const ExecutionOptions& options = token.execution;
  std::uint64_t flags = 0;
  if (options.time == TimeMode::any_time) flags |= flag_any_time;
  if (options.slack != defaults.slack) flags |= flag_slack;
  if (options.step_limit != defaults.step_limit) flags |= flag_step_limit;
  if (!options.only_property.empty()) flags |= flag_only_property;
  if (token.naming != Naming{}) flags |= flag_naming;
  if (options.cancel == Cancel::each) flags |= flag_cancel_each;
  if (options.memory == Memory::weak) flags |= flag_weak_memory;
  out.varint(flags);
  if ((flags & flag_slack) != 0) out.varint(options.slack);
  if ((flags & flag_step_limit) != 0) out.varint(options.step_limit);
  if ((flags & flag_only_property) != 0) out.text(options.only_property);
  if ((flags & flag_naming) == 0) return;
  out.text(token.naming.scenario);
  out.text(token.naming.variant);
  out.text(token.naming.parameters);
}

void read_options(ByteReader& in, Token& token) {
  ExecutionOptions& options = token.execution;
  const std::uint64_t flags = in.varint(all_flags, "its flags");
  if ((flags & flag_any_time) != 0) options.time = TimeMode::any_time;
  if ((flags & flag_cancel_each) != 0) options.cancel = Cancel::each;
  options.memory = (flags & flag_weak_memory) != 0 ? Memory::weak : Memory::sequential;
  if ((flags & flag_slack) != 0) options.slack = static_cast<std::uint32_t>(in.varint(max_number, "the slack"));
  if ((flags & flag_step_limit) != 0) options.step_limit = in.varint(~std::uint64_t{0}, "the step limit");
  if ((flags & flag_only_property) != 0) options.only_property = in.text(max_text, "the property");
  if ((flags & flag_naming) == 0) return;
  token.naming.scenario = in.text(max_text, "the scenario");
  token.naming.variant = in.text(max_text, "the variant");
  token.naming.parameters = in.text(max_text, "the parameters");
}

// A task decision that repeats the one before (the same task goes on, among as many) only lengthens a run.
void write_schedule(ByteWriter& out, const std::vector<Decision>& schedule) {
  out.varint(schedule.size());
  Decision last{DecisionKind::task, 0, 0};
  for (std::size_t i = 0; i < schedule.size();) {
    const Decision& decision = schedule[i];
    std::size_t run = 0;
    while (i + run < schedule.size() && schedule[i + run] == last) ++run;
    if (run > 0) {
      out.varint(run << 2U | group_again);
      i += run;
      continue;
    }
    const bool is_task = decision.kind == DecisionKind::task;
    out.varint(std::uint64_t{decision.chosen} << 2U | (is_task ? group_task : group_choice));
    out.varint(decision.options);
    if (is_task) last = decision;
    ++i;
  }
}

std::vector<Decision> read_schedule(ByteReader& in) {
  const std::uint64_t count = in.varint(max_token_decisions, "the number of decisions");
  std::vector<Decision> schedule;
  Decision last{DecisionKind::task, 0, 0};
  while (schedule.size() < count) {
    const std::uint64_t head = in.varint(max_number << 2U | 3U, "a decision");
    const auto value = static_cast<std::uint32_t>(head >> 2U);
    const std::uint64_t group = head & 3U;
    if (group >= groups) throw Error(ErrorCode::bad_token, "the token is malformed: a decision is of no known kind");
    if (group == group_again) {
      if (value == 0 || value > count - schedule.size() || last.options == 0)
        throw Error(ErrorCode::bad_token, "the token is malformed: a decision repeats what is not there");
      schedule.insert(schedule.end(), value, last);
      continue;
    }
    const auto options = static_cast<std::uint32_t>(in.varint(max_number, "the alternatives of a decision"));
    const bool is_task = group == group_task;
    if (options < 2 || (!is_task && value >= options))
      throw Error(ErrorCode::bad_token, fmt::format("the token is malformed: decision {} takes alternative {} of {}",
                                                    schedule.size() + 1, value, options));
    const Decision decision{is_task ? DecisionKind::task : DecisionKind::choice, value, options};
    if (is_task) last = decision;
    schedule.push_back(decision);
  }
  return schedule;
}

void check_limits(const Token& token) {
  if (token.schedule.size() > max_token_decisions)
    throw Error(ErrorCode::limit,
                fmt::format("the schedule has {} decisions, and a token holds at most {}; lower the step limit",
                            token.schedule.size(), max_token_decisions));
  for (const std::string* text :
       {&token.naming.scenario, &token.naming.variant, &token.naming.parameters, &token.execution.only_property})
    if (text->size() > max_text)
      throw Error(ErrorCode::limit, fmt::format("'{}...' has {} characters, and a token holds at most {} of them",
                                                text->substr(0, 40), text->size(), max_text));
}

}  // namespace

std::string encode(const Token& token) {
  check_limits(token);
  ByteWriter out;
  out.fixed(token.fingerprint, 4);
  out.fixed(token.signature, 4);
  out.fixed(token.trace_hash, 8);
  write_options(out, token);
  write_schedule(out, token.schedule);
  std::string text = seal_token(out.bytes());
  if (text.size() > max_token_length)
    throw Error(ErrorCode::limit,
                fmt::format("the token would be {} characters long, and at most {} are read; shrink the failure first",
                            text.size(), max_token_length));
  return text;
}

Token decode(std::string_view text) {
  const std::vector<std::uint8_t> payload = unseal_token(text);
  ByteReader in(payload);
  Token token;
  token.fingerprint = static_cast<std::uint32_t>(in.fixed(4, "the program's fingerprint"));
  token.signature = static_cast<std::uint32_t>(in.fixed(4, "the failure's signature"));
  token.trace_hash = in.fixed(8, "the trace hash");
  read_options(in, token);
  token.schedule = read_schedule(in);
  in.expect_end();
  return token;
}

std::uint32_t program_fingerprint(const Program& program, const ExecutionOptions& options) {
  ExecutionOptions set_up_only = options;
  set_up_only.step_limit = 0;
  Execution execution(set_up_only);
  Replay defaults({});
  defaults.begin_execution(0);
  execution.run(program, defaults);
  std::uint64_t hash = execution.task_count();
  for (TaskId id = 1; id < execution.task_count(); ++id) {
    const Task& task = execution.task(id);
    hash = mix(hash, text_hash(task.name.str()));
    if (task.pending.op == nullptr) continue;
    hash = mix(hash, task.pending.op->code);
    hash = mix(hash, text_hash(execution.object_name(task.pending.object)));
  }
  for (const ObjectInfo& object : execution.object_infos())
    hash = mix(hash, mix(text_hash(object.kind), text_hash(object.name)));
  return static_cast<std::uint32_t>(hash);
}

std::uint32_t signature_hash(const Failure& failure) {
  return static_cast<std::uint32_t>(text_hash(failure.signature()));
}

Token make_token(const Program& program, const Failure& failure, const ExecutionOptions& options,
                 const Naming& naming) {
  Token token;
  token.naming = naming;
  token.fingerprint = program_fingerprint(program, options);
  token.signature = signature_hash(failure);
  token.trace_hash = failure.trace_hash;
  token.schedule = failure.schedule;
  token.execution = options;
  return token;
}

TokenReplay replay_token(const Program& program, const Token& token) {
  TokenReplay result;
  result.same_program = program_fingerprint(program, token.execution) == token.fingerprint;
  Replay strategy(token.schedule);
  result.verdict = replay_with(program, strategy, token.execution);
  Verdict& verdict = result.verdict;
  result.diverged = strategy.divergence().has_value();
  const char* const changed = result.same_program ? "" : " (its set-up has changed since the token was made)";
  if (result.diverged) {
    verdict.problem =
        fmt::format("the program left the schedule before step {}: {}{}; it went on from there by default",
                    strategy.divergence()->step + 1, strategy.divergence()->what, changed);
  } else if (!verdict.failure || signature_hash(*verdict.failure) != token.signature) {
    verdict.problem =
        fmt::format("the schedule fits the program, but no longer gives the failure it was made for{}", changed);
  } else if (verdict.failure->trace_hash != token.trace_hash) {
    verdict.problem = fmt::format(
        "the schedule gives the failure it was made for, by another trace: the program has changed{}", changed);
  } else {
    result.reproduced = true;
  }
  return result;
}

Verdict replay(const Program& program, std::string_view token) {
  return replay_token(program, decode(token)).verdict;
}

}  // namespace heddle::sim
