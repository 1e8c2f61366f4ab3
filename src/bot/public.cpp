// What the public classes forward to the bot's inside.

#include <mutex>

#include "bot/calls.hpp"
#include "bot/event_body.hpp"
#include "bot/gateway_calls.hpp"
#include "bot/rest_client.hpp"
#include "bot/runtime.hpp"
#include "bot/shard_room.hpp"
#include "shoal/bot.hpp"
#include "shoal/context.hpp"
#include "shoal/events.hpp"

namespace shoal {

namespace runtime {
namespace {

/// The last holder may be a worker thread; an event ends on its shard's own thread, where its buffer and its guard belong.
void end(event_body* body) noexcept {
    auto& on = body->room.on;
    if (on.is_current()) {
        delete body;
    } else {
        on.post([owned = std::unique_ptr<event_body>(body)] {});
    }
}

}  // namespace
}  // namespace runtime

inline namespace v0 {

namespace detail {

void event_ref::retain() const noexcept {
    if (body_ != nullptr) body_->holders.fetch_add(1, std::memory_order_relaxed);
}
void event_ref::release() noexcept {
    if (body_ != nullptr && body_->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) runtime::end(body_);
    body_ = nullptr;
}

const void* head_of(const event_ref& ref, event_type type) noexcept {
    SHOAL_ASSERT(ref.body()->type == type && ref.body()->head != nullptr);
    return ref.body()->head;
}

const void* part_of(const event_ref& ref, unsigned index) noexcept { return ref.body()->part(index); }

std::string_view content_of(const event_ref& ref, std::string_view text) noexcept {
    if (text.empty()) ref.body()->room.bot.content_was_read();
    return text;
}

call<sent_message> reply_to_message(const event_ref& ref, channel_id channel, message what, std::vector<file> files) {
    return channel_ref(ref.body()->room.bot, channel).send(std::move(what), std::move(files));
}

void option_does_not_fit(std::string_view name) {
    throw error(failure(bot_errc::option_misfit, "option '" + std::string(name) + "'"));
}

}  // namespace detail

// ---- events ------------------------------------------------------------------------------------------------------------

shard_key event::shard() const noexcept { return ref_.body()->room.key; }
std::uint64_t event::seq() const noexcept { return ref_.body()->dispatch.seq; }
delivery event::delivery() const noexcept {
    switch (ref_.body()->dispatch.how) {
        case host::delivery::fresh: return shoal::delivery::fresh;
        case host::delivery::replayed: return shoal::delivery::replayed;
        case host::delivery::possibly_taken: return shoal::delivery::possibly_taken;
    }
    return shoal::delivery::fresh;
}
std::string_view event::name() const noexcept { return ref_.body()->dispatch.name; }
std::string_view event::raw() const noexcept { return ref_.body()->dispatch.data; }
const cached_guild* event::cached(guild_id which) const noexcept { return ref_.body()->room.cache.guild(which); }
channel_ref event::channel_at(channel_id which) const noexcept { return {ref_.body()->room.bot, which}; }

call<std::string> rest_api::request(std::string method, std::string path, std::string json) const {
    return request(std::move(method), std::move(path), std::move(json), {});
}
detail::call_home& detail::rest_home::call_home() const noexcept { return home(); }

call<std::string> rest_api::request(std::string method, std::string path, std::string json, std::vector<file> files) const {
    return {home(), "request",
            [&bot = home(), method = std::move(method), path = std::move(path), json = std::move(json),
             files = std::move(files)](detail::call_settings settings) mutable {
                return runtime::ask_discord(
                    bot,
                    {.method = std::move(method), .path = std::move(path), .json = std::move(json), .files = std::move(files)},
                    std::move(settings));
            }};
}
rest_status rest_api::status() const { return home().is_open() ? home().rest().status() : rest_status{}; }

std::string_view to_string(rest_notice::kind what) noexcept {
    switch (what) {
        case rest_notice::kind::held_back: return "held back";
        case rest_notice::kind::limited_user: return "limited (user)";
        case rest_notice::kind::limited_shared: return "limited (shared)";
        case rest_notice::kind::limited_global: return "limited (global)";
        case rest_notice::kind::limited_edge: return "limited (edge)";
    }
    return "unknown";
}

// ---- bot ---------------------------------------------------------------------------------------------------------------

std::string_view to_string(shard_state state) noexcept {
    switch (state) {
        case shard_state::idle: return "idle";
        case shard_state::waiting_for_lease: return "waiting_for_lease";
        case shard_state::connecting: return "connecting";
        case shard_state::identifying: return "identifying";
        case shard_state::resuming: return "resuming";
        case shard_state::live: return "live";
        case shard_state::closing: return "closing";
        case shard_state::stopped: return "stopped";
    }
    return "unknown";
}

std::string_view errc_room(bot_errc) noexcept { return "bot"; }
std::string_view errc_text(bot_errc code) noexcept {
    switch (code) {
        case bot_errc::bad_command: return "bad command";
        case bot_errc::too_late: return "too late: the bot runs";
        case bot_errc::not_running: return "the bot does not run";
        case bot_errc::bad_settings: return "bad settings";
        case bot_errc::timed_out: return "timed out";
        case bot_errc::queue_full: return "too much waits";
        case bot_errc::bad_answer: return "not readable";
        case bot_errc::refused: return "refused";
        case bot_errc::rate_limited: return "rate limited";
        case bot_errc::option_misfit: return "an option does not fit";
        case bot_errc::already_running: return "the bot runs already";
        case bot_errc::unavailable: return "Discord is not available";
        case bot_errc::bad_request: return "Discord would refuse it";
    }
    return "unknown";
}

bot::bot(bot_options options) : inside_(new runtime::bot_runtime(std::move(options))) {}
bot::~bot() {
    stop();
    join();
}
void bot::deleter::operator()(runtime::bot_runtime* inside) const noexcept { delete inside; }

void bot::add_command(std::string name, std::string description, std::vector<command_option> options,
                      detail::command_handler handler) {
    inside_->add_command(std::move(name), std::move(description), std::move(options), std::move(handler));
}
void bot::add_completion(std::string command, std::string option, detail::event_handler handler) {
    inside_->add_completion(command, option, std::move(handler));
}
void bot::add_component(interaction_type kind, std::string custom_id, detail::event_handler handler) {
    inside_->add_component(kind, std::move(custom_id), std::move(handler));
}
void bot::add_handler(detail::event_type type, detail::event_handler handler) { inside_->add_handler(type, std::move(handler)); }
void bot::on_rest_limit(std::function<void(const rest_notice&)> handler) { inside_->add_rest_handler(std::move(handler)); }
void bot::add_raw_handler(std::string name, detail::event_handler handler) {
    inside_->add_raw_handler(std::move(name), std::move(handler));
}
detail::offloader& bot::workers() noexcept { return *inside_; }
detail::event_waiter& bot::events() noexcept { return *inside_; }
detail::call_home& bot::home() noexcept { return *inside_; }
channel_ref bot::channel(channel_id id) { return {*inside_, id}; }
call<void> bot::set_presence(presence what) {
    return {*inside_, "set_presence", [&my = *inside_, what = std::move(what)](const detail::call_settings& settings) {
                return my.gateway().send_presence(what, settings.within);
            }};
}
call<void> bot::set_voice_state(guild_id guild, channel_id channel, bool self_mute, bool self_deaf) {
    return {*inside_, "set_voice_state",
            [&my = *inside_, guild, channel, self_mute, self_deaf](const detail::call_settings& settings) {
                return my.gateway().send_voice_state(guild, channel, self_mute, self_deaf, settings.within);
            }};
}
call<member_list> bot::request_members(guild_id guild, member_request which) {
    return {*inside_, "request_members",
            [&my = *inside_, guild, which = std::move(which)](const detail::call_settings& settings) mutable {
                return my.gateway().request_members(guild, std::move(which), settings.within);
            }};
}
call<std::optional<guild_summary>> bot::guild(guild_id which) {
    return {*inside_, "guild", [&my = *inside_, which](const detail::call_settings& settings) {
                return my.gateway().summary_of(which, settings.within);
            }};
}
call<bool> cached_guild::load() const {
    return {*bot(), "load", [&home = *bot(), which = id_](const detail::call_settings& settings) {
                return home.gateway().load(which, settings.within);
            }};
}
std::vector<shard_status> bot::shards() const { return inside_->shards(); }
bad_answers bot::bad_answers() const { return inside_->bad_answers(); }
void bot::stop(bool for_good) { inside_->stop(for_good); }
void bot::join() { inside_->join(); }
const bot_options& bot::options() const noexcept { return inside_->options(); }

}  // namespace v0
}  // namespace shoal
