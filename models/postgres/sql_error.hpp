// Errors of the database, as a client library would report them: the five-character SQLSTATE, the server's message
// text, and where in the statement the fault lies. Code under test catches `SqlError` and looks at `sqlstate()`,
// exactly as against a real server. Not modelled: severity levels other than ERROR, and the server's source locations.
#pragma once

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>

namespace heddle::pg {

/// The SQLSTATE codes that the model raises, by the names in PostgreSQL's appendix A.
namespace sqlstate {
inline constexpr std::string_view feature_not_supported = "0A000";
inline constexpr std::string_view cardinality_violation = "21000";
inline constexpr std::string_view string_data_right_truncation = "22001";
inline constexpr std::string_view numeric_value_out_of_range = "22003";
inline constexpr std::string_view invalid_datetime_format = "22007";
inline constexpr std::string_view datetime_field_overflow = "22008";
inline constexpr std::string_view division_by_zero = "22012";
inline constexpr std::string_view invalid_parameter_value = "22023";
inline constexpr std::string_view invalid_text_representation = "22P02";
inline constexpr std::string_view invalid_row_count_in_limit = "2201W";
inline constexpr std::string_view invalid_row_count_in_offset = "2201X";
inline constexpr std::string_view not_null_violation = "23502";
inline constexpr std::string_view foreign_key_violation = "23503";
inline constexpr std::string_view unique_violation = "23505";
inline constexpr std::string_view check_violation = "23514";
inline constexpr std::string_view active_sql_transaction = "25001";
inline constexpr std::string_view no_active_sql_transaction = "25P01";
inline constexpr std::string_view read_only_sql_transaction = "25006";
inline constexpr std::string_view in_failed_sql_transaction = "25P02";
inline constexpr std::string_view invalid_savepoint = "3B001";
inline constexpr std::string_view serialization_failure = "40001";
inline constexpr std::string_view deadlock_detected = "40P01";
inline constexpr std::string_view syntax_error = "42601";
inline constexpr std::string_view duplicate_column = "42701";
inline constexpr std::string_view ambiguous_column = "42702";
inline constexpr std::string_view undefined_column = "42703";
inline constexpr std::string_view undefined_object = "42704";
inline constexpr std::string_view duplicate_object = "42710";
inline constexpr std::string_view duplicate_alias = "42712";
inline constexpr std::string_view grouping_error = "42803";
inline constexpr std::string_view datatype_mismatch = "42804";
inline constexpr std::string_view undefined_function = "42883";
inline constexpr std::string_view undefined_table = "42P01";
inline constexpr std::string_view undefined_parameter = "42P02";
inline constexpr std::string_view duplicate_table = "42P07";
inline constexpr std::string_view invalid_column_reference = "42P10";
inline constexpr std::string_view indeterminate_datatype = "42P18";
inline constexpr std::string_view object_not_in_prerequisite_state = "55000";
inline constexpr std::string_view invalid_foreign_key = "42830";
inline constexpr std::string_view lock_not_available = "55P03";
inline constexpr std::string_view query_canceled = "57014";
inline constexpr std::string_view admin_shutdown = "57P01";
inline constexpr std::string_view connection_exception = "08000";
inline constexpr std::string_view connection_does_not_exist = "08003";
inline constexpr std::string_view connection_failure = "08006";
}  // namespace sqlstate

class SqlError : public std::exception {
 public:
  /// `sqlstate` must be five characters; `position` is the 1-based character offset of the fault in the statement, 0 if
  /// unknown.
  SqlError(std::string_view sqlstate, std::string message, std::size_t position = 0);

  [[nodiscard]] std::string_view sqlstate() const noexcept { return {state_, sizeof state_}; }
  /// The server's message text alone.
  [[nodiscard]] const std::string& message() const noexcept { return message_; }
  [[nodiscard]] const std::string& detail() const noexcept { return detail_; }
  [[nodiscard]] std::size_t position() const noexcept { return position_; }
  /// The message with its SQLSTATE and, once `locate` was called, line and column.
  [[nodiscard]] const char* what() const noexcept override { return what_.c_str(); }

  SqlError& set_detail(std::string detail);
  /// Adds "at line L, column C" to `what()`; `statement` is the text that `position` refers to.
  SqlError& locate(std::string_view statement);

 private:
  void compose();

  char state_[5];
  std::string message_;
  std::string detail_;
  std::string place_;
  std::string what_;
  std::size_t position_ = 0;
};

/// For faults of the database link or of a cancelled transaction that code under test usually treats alike: may it just
/// try again?
[[nodiscard]] inline bool is_retryable(const SqlError& error) noexcept {
  return error.sqlstate() == sqlstate::serialization_failure || error.sqlstate() == sqlstate::deadlock_detected;
}

}  // namespace heddle::pg
