#pragma once
// What the event classes stand on: an event whose own few values are read when it comes, and the rest when somebody asks.
// Nothing here is for use by bots. Not here: the classes themselves (events/, generated).

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shoal/event.hpp"

namespace shoal {
inline namespace v0 {
namespace detail {

/// What was read when the event came; `type` must be its own.
const void* head_of(const event_ref& ref, event_type type) noexcept;
/// A part of it, read at the first call; from any thread.
const void* part_of(const event_ref& ref, unsigned index) noexcept;

/// What the cache knew before the event, as a T of cached_things.hpp; the event holds what it looks at.
template <class T>
[[nodiscard]] std::optional<T> old_of(const event_ref& ref);
/// All of a list that the event replaced.
template <class T>
[[nodiscard]] std::vector<T> old_list_of(const event_ref& ref);

template <class Head, event_type Type>
class event_of : public event {
public:
    static constexpr event_type type = Type;
    explicit event_of(event_ref ref) noexcept : event(std::move(ref)), head_(static_cast<const Head*>(head_of(ref_, Type))) {}

protected:
    [[nodiscard]] const Head& head() const noexcept { return *head_; }
    template <class Part>
    [[nodiscard]] const Part& part(unsigned index) const noexcept {
        return *static_cast<const Part*>(part_of(ref_, index));
    }

private:
    const Head* head_;
};

/// The text of a message, warned of if it is empty for want of MESSAGE_CONTENT.
std::string_view content_of(const event_ref& ref, std::string_view text) noexcept;
call<sent_message> reply_to_message(const event_ref& ref, channel_id channel, shoal::message what, std::vector<file> files);

/// What the events of whole messages have beside their fields.
template <class Head, event_type Type>
class message_event : public event_of<Head, Type> {
public:
    using event_of<Head, Type>::event_of;
    /// The text. Without the intent MESSAGE_CONTENT Discord leaves it empty, save for direct messages, mentions of the bot and
    /// its own messages; the first such reading is warned of in the log.
    [[nodiscard]] std::string_view content() const noexcept { return content_of(this->ref_, this->head().content); }
    /// Answers in the same channel, as a reply to this message.
    [[nodiscard]] call<sent_message> reply(std::string text) const { return reply(shoal::message{.content = std::move(text)}); }
    /// The same with everything that a message may have.
    [[nodiscard]] call<sent_message> reply(shoal::message what, std::vector<file> files = {}) const {
        what.replies_to = this->head().id;
        return reply_to_message(this->ref_, this->head().channel_id, std::move(what), std::move(files));
    }
};

}  // namespace detail
}  // namespace v0
}  // namespace shoal
