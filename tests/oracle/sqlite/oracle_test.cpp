// The model of SQLite's transactions against the real library: random programs of three connections to one database in
// WAL mode, one command at a time, without a busy timeout. Rows and result codes must be the same.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <sqlite3.h>

#include <array>
#include <filesystem>
#include <optional>

#include "models/sqlite/database.hpp"

namespace heddle::sqlite {
namespace {

constexpr const char* schema = "CREATE TABLE t (id int PRIMARY KEY, x int); INSERT INTO t VALUES (1, 10), (2, 20);";
constexpr std::array<const char*, 7> statements = {
    "SELECT id, x FROM t ORDER BY id", "UPDATE t SET x = x + 1 WHERE id = 1", "UPDATE t SET x = x + 1 WHERE id = 9",
    "INSERT INTO t VALUES (1, 0)",     "INSERT INTO t VALUES (3, 30)",        "DELETE FROM t WHERE id = 2",
    "SELECT x FROM t WHERE id = 1"};
enum Command : unsigned { begin = statements.size(), commit, rollback, commands };

/// The first two connections begin deferred transactions, the third immediate ones.
constexpr std::size_t connections = 3;

class Library {
 public:
  Library() {
    std::string folder = (std::filesystem::temp_directory_path() / "heddle-sqlite.XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = folder;
    for (sqlite3*& connection : open_)
      if (sqlite3_open((folder + "/db").c_str(), &connection) != SQLITE_OK) throw std::runtime_error("cannot open");
    perform(0, "PRAGMA journal_mode = WAL");
    if (sqlite3_exec(open_[0], schema, nullptr, nullptr, nullptr) != SQLITE_OK) throw std::runtime_error("no schema");
  }
  ~Library() {
    for (sqlite3* connection : open_) sqlite3_close(connection);
    std::filesystem::remove_all(folder_);
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  std::string perform(std::size_t connection, unsigned command) {
    switch (command) {
      case begin:
        return perform(connection, connection == 2 ? "BEGIN IMMEDIATE" : "BEGIN");
      case commit:
        return perform(connection, "COMMIT");
      case rollback:
        return perform(connection, "ROLLBACK");
      default:
        return perform(connection, statements[command]);
    }
  }

 private:
  std::string perform(std::size_t connection, const char* sql) {
    std::string rows;
    const auto add = [](void* text, int count, char** values, char**) {
      for (int i = 0; i < count; ++i) *static_cast<std::string*>(text) += std::string(values[i]) + " ";
      return 0;
    };
    if (sqlite3_exec(open_[connection], sql, add, &rows, nullptr) == SQLITE_OK) return rows;
    const int code = sqlite3_extended_errcode(open_[connection]);
    if (code == SQLITE_BUSY) return "busy";
    if (code == SQLITE_BUSY_SNAPSHOT) return "busy snapshot";
    return (code & 0xFF) == SQLITE_CONSTRAINT ? "duplicate" : sqlite3_errmsg(open_[connection]);
  }

  std::filesystem::path folder_;
  std::array<sqlite3*, connections> open_{};
};

class Model {
 public:
  Model() : blueprint_(schema), database_(blueprint_) {
    for (std::size_t i = 0; i < connections; ++i)
      open_[i] = database_.connect({.begin = i == 2 ? Begin::immediate : Begin::deferred, .busy_timeout = {}});
  }

  [[nodiscard]] bool is_in_transaction(std::size_t connection) const { return transactions_[connection].has_value(); }

  std::string perform(std::size_t connection, unsigned command) {
    std::string text;
    try {
      if (command == begin) {
        transactions_[connection].emplace(open_[connection]->begin());
      } else if (command == commit) {
        transactions_[connection]->commit();
        transactions_[connection].reset();
      } else if (command == rollback) {
        transactions_[connection].reset();
      } else {
        for (const pg::RowView row : open_[connection]->exec(statements[command]))
          for (std::size_t i = 0; i < row.size(); ++i) text += pg::to_text(row.value(i)) + " ";
      }
      return text;
    } catch (const pg::SqlError& error) {
      if (error.sqlstate() == busy) return "busy";
      if (error.sqlstate() == busy_snapshot) return "busy snapshot";
      return error.sqlstate() == pg::sqlstate::unique_violation ? "duplicate" : error.what();
    }
  }

 private:
  pg::Blueprint blueprint_;
  Database database_;
  std::array<std::unique_ptr<pg::Connection>, connections> open_;
  std::array<std::optional<pg::Transaction>, connections> transactions_;
};

RC_GTEST_PROP(SqliteOracle, TheModelAnswersAsSqliteDoes, ()) {
  using rc::gen::inRange;
  const auto steps = *rc::gen::container<std::vector<std::pair<unsigned, unsigned>>>(
      rc::gen::pair(inRange<unsigned>(0, connections), inRange<unsigned>(0, commands)));
  Library library;
  Model model;
  for (const auto& [connection, command] : steps) {
    if (model.is_in_transaction(connection) ? command == begin : command == commit || command == rollback) continue;
    const std::string real = library.perform(connection, command);
    RC_LOG() << "connection " << connection << ", command " << command << ": " << real << "\n";
    RC_ASSERT(model.perform(connection, command) == real);
  }
}

}  // namespace
}  // namespace heddle::sqlite
