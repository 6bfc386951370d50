// Results of statements, as code under test sees them: `Rows` is a cheap handle on a result that is re-used when the
// last handle is gone. It must not outlive the database (or, on a real server, the connection) that it came from;
// neither may a text taken from it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "models/postgres/value.hpp"

namespace heddle::pg {

class ResultPool;

/// A result while it is filled.
struct ResultData {
  std::string_view command;  ///< "SELECT", "INSERT", ...
  const std::vector<std::string>* names = nullptr;
  std::size_t width = 0;
  std::size_t rows = 0;
  std::vector<Value> values;  ///< row by row
  std::uint64_t affected = 0;
  bool counts = false;  ///< the tag ends with `affected`
  std::uint32_t references = 0;
  ResultPool* pool = nullptr;
  std::shared_ptr<const void> backing;  ///< what the texts point into, if the connection does not own that
};

class ResultPool {
 public:
  [[nodiscard]] ResultData& take();
  void give_back(ResultData& result) { free_.push_back(&result); }

 private:
  std::vector<std::unique_ptr<ResultData>> all_;
  std::vector<ResultData*> free_;
};

namespace detail {
[[noreturn]] void wrong_type(const Value& value, std::string_view column, const char* wanted);
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
}  // namespace detail

class RowView {
 public:
  RowView(const ResultData& result, std::size_t row) : result_(&result), row_(row) {}

  [[nodiscard]] const Value& value(std::size_t column) const;
  [[nodiscard]] const Value& value(std::string_view column) const { return value(index_of(column)); }
  [[nodiscard]] bool is_null(std::string_view column) const { return value(column).is_null(); }
  /// `T`: bool, an integer type, std::string_view, std::string (any value in its text form), Numeric, or std::optional
  /// of one of these. Throws `sim::Error` if the column is missing, null (without optional) or of another type.
  template <class T>
  [[nodiscard]] T get(std::string_view column) const {
    return convert<T>(value(column), column);
  }
  template <class T>
  [[nodiscard]] T get(std::size_t column) const {
    return convert<T>(value(column), name_of(column));
  }
  [[nodiscard]] std::size_t size() const noexcept { return result_->width; }

 private:
  [[nodiscard]] std::size_t index_of(std::string_view column) const;
  [[nodiscard]] std::string_view name_of(std::size_t column) const;

  template <class T>
  [[nodiscard]] static T convert(const Value& value, std::string_view column) {
    if constexpr (detail::IsOptional<T>::value) {
      if (value.is_null()) return std::nullopt;
      return convert<typename T::value_type>(value, column);
    } else if constexpr (std::is_same_v<T, bool>) {
      if (value.kind() != Value::Kind::boolean) detail::wrong_type(value, column, "bool");
      return value.boolean();
    } else if constexpr (std::is_integral_v<T>) {
      if (value.kind() != Value::Kind::integer || !std::in_range<T>(value.integer()))
        detail::wrong_type(value, column, "an integer of this size");
      return static_cast<T>(value.integer());
    } else if constexpr (std::is_same_v<T, std::string_view>) {
      if (value.kind() != Value::Kind::text) detail::wrong_type(value, column, "std::string_view");
      return value.text();
    } else if constexpr (std::is_same_v<T, Numeric>) {
      if (value.kind() == Value::Kind::integer) return Numeric(value.integer());
      if (value.kind() != Value::Kind::numeric) detail::wrong_type(value, column, "Numeric");
      return value.numeric();
    } else {
      static_assert(std::is_same_v<T, std::string>, "no conversion to this type");
      if (value.is_null()) detail::wrong_type(value, column, "std::string");
      return to_text(value);
    }
  }

  const ResultData* result_;
  std::size_t row_;
};

class Rows {
 public:
  explicit Rows(ResultData& result) : result_(&result) { ++result.references; }
  Rows(const Rows& other) noexcept : result_(other.result_) { ++result_->references; }
  Rows& operator=(Rows other) noexcept {
    std::swap(result_, other.result_);
    return *this;
  }
  ~Rows() {
    if (--result_->references == 0) result_->pool->give_back(*result_);
  }

  class Iterator {
   public:
    Iterator(const ResultData& result, std::size_t row) : result_(&result), row_(row) {}
    RowView operator*() const { return {*result_, row_}; }
    Iterator& operator++() {
      ++row_;
      return *this;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.row_ == b.row_; }

   private:
    const ResultData* result_;
    std::size_t row_;
  };
  [[nodiscard]] Iterator begin() const { return {*result_, 0}; }
  [[nodiscard]] Iterator end() const { return {*result_, result_->rows}; }
  [[nodiscard]] std::size_t size() const noexcept { return result_->rows; }
  [[nodiscard]] bool empty() const noexcept { return result_->rows == 0; }
  [[nodiscard]] RowView operator[](std::size_t row) const;
  /// The only row. Throws `sim::Error` if there is none or more than one.
  [[nodiscard]] RowView one() const;
  /// Nothing if there is no row. Throws `sim::Error` if there is more than one.
  [[nodiscard]] std::optional<RowView> maybe() const;
  /// How many rows the statement returned, inserted, updated or deleted.
  [[nodiscard]] std::uint64_t affected() const noexcept { return result_->affected; }
  /// The server's command tag: "INSERT 0 1", "UPDATE 2", "COMMIT", ...
  [[nodiscard]] std::string tag() const;
  /// For whoever fills the result.
  [[nodiscard]] ResultData& data() noexcept { return *result_; }
  [[nodiscard]] std::size_t width() const noexcept { return result_->width; }
  [[nodiscard]] const std::vector<std::string>& column_names() const noexcept { return *result_->names; }

 private:
  ResultData* result_;
};

}  // namespace heddle::pg
