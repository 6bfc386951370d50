// What the sessions of modelled databases said and were told, in order: enough to say the same to a real server.
//
//     Transcript transcript;
//     {
//       const RecordTranscript recording(transcript);
//       execution.run(program, replay);                 // one execution
//     }
//
// A statement that waited is one whose answer is not the next event.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/postgres/result.hpp"
#include "models/postgres/sql_error.hpp"

namespace heddle::pg {

/// What a statement was answered: rows and a tag, or an error.
struct RecordedReply {
  std::string tag;
  std::vector<std::vector<std::optional<std::string>>> rows;  ///< in text form; nothing is NULL
  std::string sqlstate;                                       ///< empty: no error
  std::string message;
};

struct TranscriptEvent {
  enum class Kind : std::uint8_t { sent, answered, closed };
  Kind kind = Kind::sent;
  std::size_t database = 0;
  std::uint32_t session = 0;  ///< of that database
  std::string task;           ///< whose connection it is; empty: of the body that sets up and inspects the world
  std::string sql;            ///< sent
  std::vector<std::optional<std::string>> params;
  RecordedReply reply;  ///< answered
};

class Transcript {
 public:
  std::vector<std::string> setups;  ///< for each database that was opened: the script of its blueprint
  std::vector<TranscriptEvent> events;

  /// The transcript that databases opened by this OS thread write to now, or null.
  [[nodiscard]] static Transcript* current() noexcept;
};

/// Makes `transcript` the current one of this OS thread for its own lifetime.
class RecordTranscript {
 public:
  explicit RecordTranscript(Transcript& transcript) noexcept;
  ~RecordTranscript();
  RecordTranscript(const RecordTranscript&) = delete;
  RecordTranscript& operator=(const RecordTranscript&) = delete;

 private:
  Transcript* outer_;
};

/// One database's way to the transcript, if there is one.
class DatabaseRecorder {
 public:
  DatabaseRecorder() = default;
  DatabaseRecorder(Transcript* transcript, const std::string& setup);

  [[nodiscard]] bool is_on() const noexcept { return transcript_ != nullptr; }
  void sent(std::uint32_t session, std::string_view sql, std::span<const Value> params = {}) const;
  void answered(std::uint32_t session, const Rows& rows) const;
  void answered(std::uint32_t session, std::string_view tag) const;
  void answered(std::uint32_t session, const SqlError& error) const;
  void closed(std::uint32_t session) const;

 private:
  TranscriptEvent& add(TranscriptEvent::Kind kind, std::uint32_t session) const;

  Transcript* transcript_ = nullptr;
  std::size_t database_ = 0;
};

}  // namespace heddle::pg
