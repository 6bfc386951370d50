// Functions with an effect or a memory: advisory locks, sequences, the clock.
#include "models/postgres/engine/executor.hpp"
#include "models/postgres/sql_error.hpp"
#include "sim/core/world.hpp"

namespace heddle::pg {

Value Executor::evaluate_advisory(const Expr& expr, const Frame& frame) {
  const AdvisoryCall call = expr.advisory;
  Session& session = statement_.session;
  const Value nothing = Value::of(std::string_view());
  if (call.kind == AdvisoryCall::Kind::unlock_all) {
    engine_.unlock_all_advisory(session);
    return nothing;
  }
  std::uint64_t key = 0;
  for (const Expr& arg : expr.args) {
    const Value value = evaluate(arg, frame);
    if (value.is_null()) return value;
    key = expr.args.size() == 1 ? static_cast<std::uint64_t>(value.integer())
                                : (key << 32U) | static_cast<std::uint32_t>(value.integer());
  }
  const auto space = static_cast<std::uint8_t>(expr.args.size());
  const TableLockMode mode = call.shared ? TableLockMode::share : TableLockMode::exclusive;
  if (call.kind == AdvisoryCall::Kind::unlock) {
    const bool held = engine_.unlock_advisory(session, key, space, mode);
    if (!held)
      session.notices.push_back(
          {"WARNING", "01000",
           call.shared ? "you don't own a lock of type ShareLock" : "you don't own a lock of type ExclusiveLock"});
    return Value::of(held);
  }
  HeavyLock& lock = engine_.advisory_lock(key, space);
  if (call.kind == AdvisoryCall::Kind::try_lock)
    return Value::of(engine_.try_lock(session, lock, mode, !call.for_transaction));
  engine_.lock(statement_, lock, mode, !call.for_transaction);
  return nothing;
}

Value Executor::evaluate_function(const Expr& expr, const Frame& frame) {
  Session& session = statement_.session;
  switch (expr.op) {
    case ExprOp::next_value:
      return Value::of(engine_.next_value(session, expr.index));
    case ExprOp::current_value:
      return Value::of(engine_.current_value(session, expr.index));
    case ExprOp::last_value:
      return Value::of(engine_.last_value(session));
    case ExprOp::set_value: {
      const Value value = evaluate(expr.args[0], frame);
      const bool called = expr.args.size() < 2 || evaluate(expr.args[1], frame).is_true();
      if (!value.is_null()) engine_.set_value(session, expr.index, value.integer(), called);
      return value;
    }
    case ExprOp::now:
      // The server takes the time of BEGIN; here it is read, once, when it is first asked for.
      if (sim::Execution* execution = engine_.execution();
          execution != nullptr && !std::exchange(session.knows_time, true))
        session.began_at = std::chrono::duration_cast<std::chrono::microseconds>(execution->now()).count();
      return Value::of_timestamp(session.began_at);
    case ExprOp::sleep: {
      const Value seconds = evaluate(expr.args[0], frame);
      if (sim::Execution* execution = engine_.execution(); execution != nullptr && execution->in_task()) {
        const Int128 micros = seconds.is_null() ? Int128{0} : seconds.numeric().rounded(6).digits();
        engine_.pin(statement_);
        sim::sleep(std::chrono::microseconds(static_cast<std::int64_t>(micros)), statement_.where);
        engine_.check_for_interrupts(session);
      }
      return Value::of(std::string_view());
    }
    default:
      return evaluate_advisory(expr, frame);
  }
}

std::int64_t Engine::next_value(Session& session, std::uint16_t sequence) {
  footprint_.sequence(schema_->sequences[sequence].name, sequence, sim::Access::write);
  SequenceState& state = sequences_[sequence];
  if (state.is_called) {
    state.value += schema_->sequences[sequence].increment;
  } else {
    state.is_called = true;
  }
  remember_value(session, sequence, state.value);
  return state.value;
}

void Engine::remember_value(Session& session, std::uint16_t sequence, std::int64_t value) {
  session.last_sequence = sequence;
  for (auto& [known, last] : session.sequence_values)
    if (known == sequence) {
      last = value;
      return;
    }
  session.sequence_values.emplace_back(sequence, value);
}

std::int64_t Engine::current_value(const Session& session, std::uint16_t sequence) const {
  for (const auto& [known, last] : session.sequence_values)
    if (known == sequence) return last;
  throw SqlError(
      sqlstate::object_not_in_prerequisite_state,
      "currval of sequence \"" + schema_->sequences[sequence].name + "\" is not yet defined in this session");
}

std::int64_t Engine::last_value(const Session& session) const {
  if (session.sequence_values.empty())
    throw SqlError(sqlstate::object_not_in_prerequisite_state, "lastval is not yet defined in this session");
  return current_value(session, session.last_sequence);
}

void Engine::set_value(Session& session, std::uint16_t sequence, std::int64_t value, bool is_called) {
  footprint_.sequence(schema_->sequences[sequence].name, sequence, sim::Access::write);
  sequences_[sequence] = {value, is_called};
  if (is_called) remember_value(session, sequence, value);
}

}  // namespace heddle::pg
