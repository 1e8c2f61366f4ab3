#pragma once
// What every event has: where it came from, how, and its raw JSON. A copy is one counted pointer to the message's own buffer.
// Not here: the events themselves (events.hpp).

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "shoal/cache.hpp"
#include "shoal/call.hpp"
#include "shoal/events/event_type.hpp"
#include "shoal/file.hpp"
#include "shoal/ids.hpp"
#include "shoal/message.hpp"
#include "shoal/methods.hpp"

namespace shoal {

/// The bot's inside; nothing of it is public.
namespace runtime {
class bot_runtime;
class event_body;
}  // namespace runtime

inline namespace v0 {

/// How sure it is that nobody handled this event before.
enum class delivery : std::uint8_t {
    fresh,
    replayed,        ///< Sent again by Discord after a RESUME, or taken over from a worker that died: it may have been handled.
    possibly_taken,  ///< This process had lost the right to the shard: another may have handled it.
};

/// A message that was sent; it can be edited, reacted to and removed.
struct sent_message : detail::message_methods<sent_message> {
    message_id id;
    shoal::channel_id channel_id;
    detail::origin from;  ///< What its methods need; nothing to read.
};

namespace detail {

/// A counted reference to an event. Its last release, on whatever thread, lets the event end on its shard's own thread.
class event_ref {
public:
    event_ref() noexcept = default;
    explicit event_ref(runtime::event_body* adopted) noexcept : body_(adopted) {}
    event_ref(const event_ref& other) noexcept : body_(other.body_) { retain(); }
    event_ref(event_ref&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
    event_ref& operator=(event_ref other) noexcept {
        std::swap(body_, other.body_);
        return *this;
    }
    ~event_ref() { release(); }
    [[nodiscard]] runtime::event_body* body() const noexcept { return body_; }

private:
    void retain() const noexcept;
    void release() noexcept;
    runtime::event_body* body_ = nullptr;
};

}  // namespace detail

/// A channel, a thread or direct messages: a number and a way to Discord, so copy it freely. What it can do has methods.hpp:
/// send(), edit(), create_thread() and others. The bot must outlive it.
class channel_ref : public detail::channel_methods<channel_ref>, public detail::thread_methods<channel_ref> {
public:
    channel_ref(runtime::bot_runtime& home, channel_id id) noexcept : home_(&home), id_(id) {}
    [[nodiscard]] channel_id id() const noexcept { return id_; }
    /// For its methods.
    [[nodiscard]] runtime::bot_runtime* bot() const noexcept { return home_; }

private:
    runtime::bot_runtime* home_;
    channel_id id_;
};

/// One event in the hands of a handler. Copies share it; while one lives its place among the 1,024 of its shard is taken. Reading
/// is safe on any thread, save for what comes from the cache: that is for the shard's own.
class event {
public:
    [[nodiscard]] shard_key shard() const noexcept;
    [[nodiscard]] std::uint32_t shard_id() const noexcept { return shard().id; }
    [[nodiscard]] std::uint32_t total_shards() const noexcept { return shard().total; }
    /// Discord's sequence number in this session; 0 for events that are the bot's own.
    [[nodiscard]] std::uint64_t seq() const noexcept;
    [[nodiscard]] shoal::delivery delivery() const noexcept;
    /// Discord's name: "MESSAGE_CREATE".
    [[nodiscard]] std::string_view name() const noexcept;
    /// The JSON of the event as it came; lives as long as the event.
    [[nodiscard]] std::string_view raw() const noexcept;

protected:
    explicit event(detail::event_ref ref) noexcept : ref_(std::move(ref)) {}
    /// A guild from the shard's cache, or nullptr: not known, or no cache.
    [[nodiscard]] const cached_guild* cached(guild_id which) const noexcept;
    [[nodiscard]] channel_ref channel_at(channel_id which) const noexcept;
    detail::event_ref ref_;
};

}  // namespace v0
}  // namespace shoal
