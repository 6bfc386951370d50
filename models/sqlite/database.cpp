#include "models/sqlite/database.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "sim/core/timer_wait.hpp"

namespace heddle::sqlite {
namespace {

constexpr sim::Op begin_write{"sqlite.begin_write", sim::Unwinds::at_once};

bool starts_with_word(std::string_view sql, std::string_view word) {
  sql.remove_prefix(std::min(sql.find_first_not_of(" \t\r\n"), sql.size()));
  return sql.size() > word.size() && std::equal(word.begin(), word.end(), sql.begin(), [](char a, char b) {
           return a == std::toupper(static_cast<unsigned char>(b));
         });
}

bool changes(std::string_view sql) {
  return starts_with_word(sql, "INSERT") || starts_with_word(sql, "UPDATE") || starts_with_word(sql, "DELETE");
}

std::string_view without_locking_clause(std::string_view sql) {
  static constexpr std::array<std::string_view, 4> clauses = {" FOR UPDATE", " FOR NO KEY UPDATE", " FOR SHARE",
                                                              " FOR KEY SHARE"};
  for (const std::string_view clause : clauses) sql = sql.substr(0, sql.find(clause));
  return sql;
}

}  // namespace

class Connection final : public pg::Connection {
 public:
  Connection(Database& database, Options options)
      : database_(database), options_(options), inner_(database.tables_.connect_owned()) {}
  ~Connection() override { close(); }

  void close() noexcept override {
    inner_->close();
    stop_writing();
  }

 protected:
  pg::Rows execute(std::string_view sql, std::span<const pg::Value> params,
                   const std::source_location& where) override {
    if (!changes(sql)) {
      pg::Rows rows = inner_->execute(without_locking_clause(sql), params, where);
      note_read();
      return rows;
    }
    start_writing(where);
    try {
      if (in_transaction_) inner_->execute(set_savepoint, {}, where);
      pg::Rows rows = inner_->execute(sql, params, where);
      if (in_transaction_) inner_->execute(release_savepoint, {}, where);
      has_changed_ = has_changed_ || rows.affected() > 0;
      note_read();
      if (!in_transaction_) end(true);
      return rows;
    } catch (const pg::SqlError&) {
      if (in_transaction_) inner_->execute(undo_statement, {}, where);
      if (!in_transaction_) end(false);
      throw;
    }
  }
  void begin_transaction(pg::Isolation, const std::source_location& where) override {
    if (options_.begin == Begin::immediate) start_writing(where);
    inner_->begin_transaction(pg::repeatable_read, where);
    in_transaction_ = true;
  }
  bool commit_transaction(const std::source_location& where) override {
    const bool committed = inner_->commit_transaction(where);
    end(committed);
    return committed;
  }
  void roll_back_transaction(const std::source_location& where) noexcept override {
    inner_->roll_back_transaction(where);
    end(false);
  }

 private:
  static constexpr std::string_view set_savepoint = "SAVEPOINT sqlite_statement";
  static constexpr std::string_view release_savepoint = "RELEASE sqlite_statement";
  static constexpr std::string_view undo_statement = "ROLLBACK TO sqlite_statement";

  void note_read() {
    if (!in_transaction_ || has_read_) return;
    has_read_ = true;
    snapshot_ = database_.commits_;
  }

  /// Takes the right to write. Throws `SqlError` if another has it, or if what this transaction has read is not the
  /// last commit any more.
  void start_writing(const std::source_location& where) {
    if (is_writer_) return;
    sim::Execution* execution = sim::Execution::current_or_null();
    if (execution != nullptr && execution->in_task()) {
      if (has_read_ || options_.busy_timeout.count() == 0) {
        execution->suspend(begin_write, database_.writer_object_, sim::Access::write, where);
      } else {
        wait_for_writer(*execution, where);
      }
      if (execution->tearing_down()) return;
      execution->touch(database_.writer_object_, sim::Access::write);
    }
    if (database_.is_writing_) throw pg::SqlError(busy, "database is locked");
    if (has_read_ && snapshot_ != database_.commits_) throw pg::SqlError(busy_snapshot, "database is locked");
    database_.is_writing_ = is_writer_ = true;
    if (execution != nullptr && execution->in_task()) execution->refresh(database_.waiters_);  // they wait again
  }

  void wait_for_writer(sim::Execution& execution, const std::source_location& where) {
    struct Wait {
      const Database& database;
      const sim::TimerWait& timer;
    };
    const sim::TimerWait timer(execution, options_.busy_timeout);
    const Wait wait{database_, timer};
    const sim::Guard may_try{[](const void* self) {
                               const auto& waits = *static_cast<const Wait*>(self);
                               return !waits.database.is_writing_ || waits.timer.fired();
                             },
                             &wait};
    execution.wait_until(begin_write, database_.writer_object_, sim::Access::write, may_try, database_.waiters_,
                         sim::WaitKind::await, where);
    if (timer.fired()) execution.touch(sim::Execution::clock_object, sim::Access::read);
  }

  void end(bool committed) noexcept {
    if (committed && has_changed_) ++database_.commits_;
    stop_writing();
    in_transaction_ = has_read_ = has_changed_ = false;
  }

  void stop_writing() noexcept {
    if (!is_writer_) return;
    is_writer_ = database_.is_writing_ = false;
    sim::Execution* execution = sim::Execution::current_or_null();
    if (execution == nullptr || !execution->in_task() || execution->tearing_down()) return;
    execution->touch(database_.writer_object_, sim::Access::write);
    execution->refresh(database_.waiters_);
  }

  Database& database_;
  Options options_;
  std::unique_ptr<pg::Connection> inner_;
  bool in_transaction_ = false;
  bool is_writer_ = false;
  bool has_read_ = false;
  bool has_changed_ = false;
  std::uint64_t snapshot_ = 0;  ///< if `has_read_`: how many commits it sees
};

Database::Database(const pg::Blueprint& blueprint, std::string_view name)
    : tables_(blueprint, name, {.is_recorded = false}) {
  if (sim::Execution* execution = sim::Execution::current_or_null(); execution != nullptr)
    writer_object_ = execution->add_object("sqlite.writer", sim::Name(name));
}

std::unique_ptr<pg::Connection> Database::connect(Options options) {
  return std::make_unique<Connection>(*this, options);
}

}  // namespace heddle::sqlite
