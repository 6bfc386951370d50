#include "models/postgres/transcript.hpp"

#include "sim/core/execution.hpp"

namespace heddle::pg {
namespace {

thread_local Transcript* current_transcript = nullptr;

std::optional<std::string> text_of(const Value& value) {
  if (value.is_null()) return std::nullopt;
  return to_text(value);
}

}  // namespace

Transcript* Transcript::current() noexcept {
  return current_transcript;
}

RecordTranscript::RecordTranscript(Transcript& transcript) noexcept
    : outer_(std::exchange(current_transcript, &transcript)) {}

RecordTranscript::~RecordTranscript() {
  current_transcript = outer_;
}

DatabaseRecorder::DatabaseRecorder(Transcript* transcript, const std::string& setup) : transcript_(transcript) {
  if (transcript_ == nullptr) return;
  database_ = transcript_->setups.size();
  transcript_->setups.push_back(setup);
}

TranscriptEvent& DatabaseRecorder::add(TranscriptEvent::Kind kind, std::uint32_t session) const {
  TranscriptEvent& event = transcript_->events.emplace_back();
  event.kind = kind;
  event.database = database_;
  event.session = session;
  sim::Execution* const execution = sim::Execution::current_or_null();
  if (execution != nullptr && execution->in_task()) event.task = execution->running_task().name.str();
  return event;
}

void DatabaseRecorder::sent(std::uint32_t session, std::string_view sql, std::span<const Value> params) const {
  if (!is_on()) return;
  TranscriptEvent& event = add(TranscriptEvent::Kind::sent, session);
  event.sql = std::string(sql);
  for (const Value& param : params) event.params.push_back(text_of(param));
}

void DatabaseRecorder::answered(std::uint32_t session, const Rows& rows) const {
  if (!is_on()) return;
  RecordedReply& reply = add(TranscriptEvent::Kind::answered, session).reply;
  reply.tag = rows.tag();
  for (const RowView row : rows) {
    auto& values = reply.rows.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) values.push_back(text_of(row.value(i)));
  }
}

void DatabaseRecorder::answered(std::uint32_t session, std::string_view tag) const {
  if (is_on()) add(TranscriptEvent::Kind::answered, session).reply.tag = std::string(tag);
}

void DatabaseRecorder::answered(std::uint32_t session, const SqlError& error) const {
  if (!is_on()) return;
  RecordedReply& reply = add(TranscriptEvent::Kind::answered, session).reply;
  reply.sqlstate = std::string(error.sqlstate());
  reply.message = error.message();
}

void DatabaseRecorder::closed(std::uint32_t session) const {
  if (is_on()) add(TranscriptEvent::Kind::closed, session);
}

}  // namespace heddle::pg
