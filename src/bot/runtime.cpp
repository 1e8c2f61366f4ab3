#include "bot/runtime.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <mutex>
#include <set>

#include "bot/awaiting.hpp"
#include "bot/calls.hpp"
#include "bot/event_body.hpp"
#include "bot/event_map.hpp"
#include "bot/event_readers.hpp"
#include "bot/event_waits.hpp"
#include "bot/member_query.hpp"
#include "bot/offload_pool.hpp"
#include "bot/rest_client.hpp"
#include "bot/shard_room.hpp"
#include "commands/registry.hpp"
#include "discord/json_cursor.hpp"
#include "discord/json_writer.hpp"
#include "host/bad_answer.hpp"
#include "host/shard_host.hpp"
#include "shoal/intents.hpp"

namespace shoal::runtime {
namespace {

using shoal::detail::call_settings;
using shoal::detail::event_ref;

/// A replayed interaction older than this cannot be answered in time any more [5.7].
constexpr std::int64_t stale_interaction_ms = 2500;

struct handler_entry {
    std::string name;
    shoal::detail::event_handler run;
};
struct command_entry {
    std::string name;
    shoal::detail::command_handler run;
};

shard_state state_of(gateway::session_status status) noexcept {
    using from = gateway::session_status;
    switch (status) {
        case from::idle: return shard_state::idle;
        case from::waiting:
        case from::connecting: return shard_state::connecting;
        case from::waiting_for_permit:
        case from::identifying: return shard_state::identifying;
        case from::resuming: return shard_state::resuming;
        case from::live: return shard_state::live;
        case from::closing: return shard_state::closing;
        case from::stopped: return shard_state::stopped;
    }
    return shard_state::idle;
}

std::string what_of(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "something that is no std::exception";
    }
}

/// Discord answers 40060 or 10062 when an interaction was answered elsewhere or is over: nobody's fault, so it ends quietly.
bool too_late_to_answer(const failure& why) {
    constexpr std::int64_t already_acknowledged = 40060;
    constexpr std::int64_t unknown_interaction = 10062;
    return why.has_discord_code(already_acknowledged) || why.has_discord_code(unknown_interaction);
}

std::int64_t unix_ms_now() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

logger::fields shard_fields(shard_key shard) { return {{"shard", fmt::format("{}/{}", shard.id, shard.total)}}; }

}  // namespace

struct bot_runtime::impl {
    impl(bot_runtime& self_in, bot_options options_in) : self(self_in), options(std::move(options_in)) {}

    bot_runtime& self;
    bot_options options;

    // Registered before the start, read-only while it runs.
    commands::registry registry;
    std::vector<command_entry> commands;
    std::array<std::vector<handler_entry>, event_types> by_type;
    std::map<std::string, std::vector<handler_entry>, std::less<>> raw;
    std::array<bool, static_cast<std::size_t>(discord::event_kind::count_)> raw_kinds{};
    bool raw_unknown = false;
    listener told;
    std::vector<std::function<void(const rest_notice&)>> rest_handlers;

    // While it runs.
    std::atomic<bool> open{false};
    runtime_setup setup;
    std::unique_ptr<rest_client> rest;
    std::unique_ptr<offload_pool> pool;
    task_group rest_children;  // On REST's thread: calls that were forgotten outside of any shard.
    room_table rooms;
    event_waits waits;
    std::atomic<bool> content_warned{false};
    std::atomic<bool> registered{false};
    std::atomic<std::uint64_t> application{0};

    mutable std::mutex mutex;  // Of what follows.
    host::shard_host* shards = nullptr;
    std::shared_ptr<role> runner;
    std::shared_ptr<host::bad_answer_log> bad_answers;

    // ---- registration --------------------------------------------------------------------------------------------------

    void check_registration() const {
        if (open) throw error(failure(bot_errc::too_late, "commands and handlers are registered before the bot starts"));
    }

    [[nodiscard]] std::uint64_t wanted_intents() const {
        // GUILDS always: without it a shard does not learn of its guilds, and nothing could be counted or cached.
        std::uint64_t bits = intents::guilds.bits();
        for (std::size_t i = 0; i < event_types; ++i) {
            if (!by_type[i].empty()) bits |= wanted_by(kind_of(static_cast<event_type>(i)));
        }
        for (const auto& [name, handlers] : raw) bits |= wanted_by(discord::event_kind_of(name));
        // What the cache keeps would grow old without its events. Members and presences are privileged: those are asked for by
        // name.
        const auto& keeps = options.cache;
        if (keeps.keeps(cache_kind::voice_states)) bits |= intents::guild_voice_states.bits();
        if (keeps.keeps(cache_kind::emojis) || keeps.keeps(cache_kind::stickers) || keeps.keeps(cache_kind::sounds)) {
            bits |= intents::guild_expressions.bits();
        }
        if (keeps.keeps(cache_kind::scheduled_events)) bits |= intents::guild_scheduled_events.bits();
        return bits;
    }
    /// All intents that bring the event, but privileged ones only where no other does.
    [[nodiscard]] static std::uint64_t wanted_by(discord::event_kind kind) {
        const auto all = discord::intents_of(kind);
        const auto free = all & ~intents::privileged.bits();
        return free != 0 ? free : all;
    }

    // ---- rooms and events ------------------------------------------------------------------------------------------------

    shard_room& room_of(shard_key shard) {
        if (auto* known = rooms.find(shard)) return *known;
        auto* here = scheduler::current();
        SHOAL_ASSERT(here != nullptr);
        return rooms.add(std::make_unique<shard_room>(self, shard, *here, options.cache));
    }

    void report(shard_room& room, const std::string& name, const std::exception_ptr& thrown) {
        room.handler_errors.fetch_add(1, std::memory_order_relaxed);
        auto fields = shard_fields(room.key);
        fields.emplace_back("handler", name);
        fields.emplace_back("what", what_of(thrown));
        setup.log.error("a handler threw", fields);
    }

    /// Starts one handler: on this thread, up to its first suspension. `run` is what makes the task (or does all the work).
    template <class Run, class Failed>
    void start(shard_room& room, const std::string& name, Run run, Failed failed) {
        const running_scope scope({&room, &room.running, &name});
        try {
            task<> running = run();
            if (!running.valid()) return;
            room.handlers->start(std::move(running), [this, &room, &name, failed](const std::exception_ptr& thrown) {
                if (!thrown) return;
                report(room, name, thrown);
                failed();
            });
        } catch (...) {
            report(room, name, std::current_exception());
            failed();
        }
    }

    void start_all(shard_room& room, const std::vector<handler_entry>& handlers, const event_ref& ref) {
        for (const auto& each : handlers) {
            start(room, each.name, [&] { return each.run(ref); }, [] {});
        }
    }

    void answer_quietly(const event_ref& ref, std::string text) {
        call_settings settings;
        settings.ephemeral = true;
        self.forget("answer", reply_to(ref, message{.content = std::move(text)}, {}, std::move(settings)));
    }

    void run_command(shard_room& room, const event_ref& ref) {
        const auto& fields = *static_cast<const shoal::detail::interaction_create_head*>(
            shoal::detail::head_of(ref, event_type::interaction_create));
        if (fields.type != interaction_type::command || commands.empty()) return;
        auto& body = *ref.body();
        if (body.dispatch.how != host::delivery::fresh && unix_ms_now() - fields.id.unix_ms() > stale_interaction_ms) {
            room.stale_interactions.fetch_add(1, std::memory_order_relaxed);
            setup.log.debug("a replayed interaction is too old to be answered", shard_fields(room.key));
            return;
        }
        auto found = registry.route(fields.data);
        if (!found) {
            // Somebody else's handler of interaction_create may know it.
            if (found.error().is(commands::errc::unknown_command) &&
                !by_type[static_cast<std::size_t>(event_type::interaction_create)].empty()) {
                return;
            }
            auto more = shard_fields(room.key);
            more.emplace_back("why", found.error().message());
            setup.log.warn("a command cannot be run", more);
            return answer_quietly(ref, "This command is not known here, or has changed. Please try again in a moment.");
        }
        const auto& entry = commands[found->command];
        start(
            room, entry.name, [&] { return entry.run(ref, found->values); },
            [this, ref] {
                if (ref.body()->answered == answer_state::answered) return;
                answer_quietly(ref, "Something went wrong.");
            });
    }

    /// Hands an event that came without a buffer, or is the bot's own, to its handlers.
    void tell(shard_room& room, event_type type, std::string_view json) {
        const auto& handlers = by_type[static_cast<std::size_t>(type)];
        const auto kind = kind_of(type);
        const bool awaited = waits.anybody(type);
        const auto* raw_handlers =
            raw_kinds[static_cast<std::size_t>(kind)] ? &raw.find(discord::name_of(kind))->second : nullptr;
        if (handlers.empty() && !awaited && raw_handlers == nullptr) return;
        host::dispatch what;
        what.shard = room.key;
        what.kind = kind;
        what.name = kind == discord::event_kind::unknown ? name_of(type) : discord::name_of(kind);
        const event_ref ref(new event_body(room, std::move(what)));
        auto& body = *ref.body();
        body.owned_json = json;
        body.dispatch.data = body.owned_json;
        if (raw_handlers != nullptr) start_all(room, *raw_handlers, ref);
        if (handlers.empty() && !awaited) return;
        auto head = read_head(type, body.dispatch.data, body.arena);
        if (!head) return setup.log.warn("an event cannot be read", {{"why", head.error().message()}});
        body.type = type;
        body.head = *head;
        start_all(room, handlers, ref);
        if (awaited) waits.offer(type, ref);
    }

    void tell_of_limits(const rest_notice& what) {
        for (const auto& each : rest_handlers) {
            try {
                each(what);
            } catch (...) {
                setup.log.error("a handler threw", {{"handler", "rest_notice"}, {"what", what_of(std::current_exception())}});
            }
        }
    }

    void register_commands() {
        if (!options.register_commands || commands.empty() || registered.exchange(true)) return;
        const auto own = self.application();
        if (!own) {
            setup.log.warn("commands are not registered: READY names no application");
            return;
        }
        setup.rest_on->post([this, own] { rest_children.start(register_now(own)); });
    }
    task<> register_now(application_id own) {
        auto done = co_await overwrite_commands(self, own, registry.overwrite_json());
        if (done) {
            setup.log.info("commands registered", {{"commands", fmt::format("{}", commands.size())}});
        } else if (!done.error().is(bot_errc::not_running)) {
            registered = false;  // The next new session tries again.
            setup.log.error("commands could not be registered", {{"why", done.error().message()}});
        }
    }

    /// Queues a gateway command with one shard, on its own thread.
    task<result<void>> send(shard_key to, std::uint8_t op, std::string d, instant deadline) {
        scheduler* on = nullptr;
        {
            const std::lock_guard lock(mutex);
            if (shards != nullptr) on = shards->thread_of(to);
        }
        if (on == nullptr) co_return std::unexpected(failure(bot_errc::not_running, fmt::format("shard {}", to.id)));
        auto* here = scheduler::current();
        const failure late(bot_errc::timed_out, "the shard's thread was busy");
        co_return co_await one_shot<result<void>>(
            here != nullptr ? *here : *setup.rest_on,
            [this, on, to, op, deadline, late, d = std::move(d)](resolver<result<void>> answer) mutable {
                on->post([this, on, to, op, deadline, late, d = std::move(d), answer = std::move(answer)]() mutable {
                    // Whoever was told that it took too long does not expect it to happen after all.
                    if (on->now() >= deadline) return answer(std::unexpected(late));
                    // Under the lock: the host may go as soon as it is detached.
                    const std::lock_guard lock(mutex);
                    if (shards == nullptr) return answer(std::unexpected(failure(bot_errc::not_running)));
                    auto queued = shards->send(to, op, std::move(d));
                    answer(queued ? std::move(queued) : std::unexpected(bot_failure_of(queued.error())));
                });
            },
            deadline, std::optional<result<void>>(std::unexpected(late)));
    }

    /// On the shard's own thread.
    void ask_for_members(scheduler& on, shard_key shard, gateway::member_query query, instant deadline,
                         resolver<result<member_list>> answer) {
        auto asked = std::make_shared<member_query>(
            on, [answer = std::move(answer)](result<member_list> outcome) { answer(std::move(outcome)); });
        // Under the lock: the host may go as soon as it is detached.
        const std::lock_guard lock(mutex);
        if (shards == nullptr) return asked->failed({bot_errc::not_running, "request_members"});
        auto request = shards->request_members(shard, std::move(query), asked->listener());
        if (!request) return asked->failed(bot_failure_of(request.error()));
        asked->started(*request, deadline, [this, shard](host::member_desk::request_id which) {
            const std::lock_guard locked(mutex);
            if (shards != nullptr) shards->cancel_members(shard, which);
        });
    }

    /// On the shard's own thread.
    [[nodiscard]] std::optional<guild_summary> summary_of(shard_key shard, guild_id which) const {
        const auto* room = rooms.find(shard);
        const auto* guild = room == nullptr ? nullptr : room->cache.guild(which);
        if (guild == nullptr) return std::nullopt;
        const auto fields = guild->fields();
        guild_summary out;
        out.id = which;
        out.name = fields.name;
        out.owner_id = fields.owner_id;
        out.icon = fields.icon.text();
        out.member_count = guild->member_count();
        out.available = guild->available();
        out.channels = guild->channels().size();
        out.roles = guild->roles().size();
        out.emojis = guild->emojis().size();
        out.threads = guild->threads().size();
        out.voice_states = guild->voice_states().size();
        out.shard = shard.id;
        return out;
    }

    task<> log_failure(std::string what, task<result<void>> running) {
        try {
            auto outcome = co_await std::move(running);
            if (outcome || outcome.error().is(bot_errc::not_running)) co_return;
            if (too_late_to_answer(outcome.error())) {
                setup.log.debug("answered elsewhere or too late", {{"call", what}});
            } else {
                setup.log.warn("a call that nobody awaits failed", {{"call", what}, {"why", outcome.error().message()}});
            }
        } catch (...) {
            setup.log.warn("a call that nobody awaits threw", {{"call", what}, {"what", what_of(std::current_exception())}});
        }
    }
};

bot_runtime::bot_runtime(bot_options options) : impl_(std::make_unique<impl>(*this, std::move(options))) {}
bot_runtime::~bot_runtime() = default;

// ---- for the role ----------------------------------------------------------------------------------------------------------

const bot_options& bot_runtime::options() const noexcept { return impl_->options; }
const logger& bot_runtime::log() const noexcept { return impl_->setup.log; }
bool bot_runtime::is_open() const noexcept { return impl_->open; }
rest_client& bot_runtime::rest() noexcept { return *impl_->rest; }
offload_pool& bot_runtime::workers() noexcept { return *impl_->pool; }
application_id bot_runtime::application() const noexcept {
    return application_id(impl_->application.load(std::memory_order_relaxed));
}
std::size_t bot_runtime::command_count() const noexcept { return impl_->commands.size(); }
void bot_runtime::listen(listener to) { impl_->told = std::move(to); }

std::uint64_t bot_runtime::intents_to_identify() const {
    const auto asked = impl_->options.intents;
    return asked.wants_handlers() ? asked.bits() | impl_->wanted_intents() : asked.bits();
}

std::vector<std::string> bot_runtime::start_warnings() const {
    std::vector<std::string> out;
    const auto have = intents_to_identify();
    const auto look = [&](std::string_view handler, discord::event_kind kind) {
        const auto brings = discord::intents_of(kind);
        if (brings == 0 || (brings & have) != 0) return;
        // The bot's own member comes always, so this handler would hear of that alone.
        const bool own_only = kind == discord::event_kind::guild_member_update;
        out.push_back(fmt::format("The handler of {} will {}: {} needs the intent {}.", handler,
                                  own_only ? "hear of the bot itself alone" : "never be called", discord::name_of(kind),
                                  fmt::join(intents(brings).names(), " or ")));
    };
    for (std::size_t i = 0; i < event_types; ++i) {
        if (!impl_->by_type[i].empty()) look(name_of(static_cast<event_type>(i)), kind_of(static_cast<event_type>(i)));
    }
    for (const auto& [name, handlers] : impl_->raw) look("\"" + name + "\"", discord::event_kind_of(name));

    // Direct messages always have their text; what a handler does with a guild's cannot be known before it reads it.
    if ((have & intents::message_content.bits()) != 0 || (have & intents::guild_messages.bits()) == 0) return out;
    for (const auto kind : {discord::event_kind::message_create, discord::event_kind::message_update}) {
        const auto type = type_of(kind, host::guild_change::none);
        const bool typed = type && !impl_->by_type[static_cast<std::size_t>(*type)].empty();
        if (!typed && !impl_->raw_kinds[static_cast<std::size_t>(kind)]) continue;
        out.push_back(fmt::format(
            "The handler of {} will find content, embeds, attachments, components and polls of most messages in guilds empty: "
            "they need the intent MESSAGE_CONTENT. Add shoal::intents::message_content to the bot's intents and switch it on in "
            "Discord's developer portal; without it only messages that mention the bot, and its own, are whole.",
            typed ? std::string(name_of(*type)) : fmt::format("\"{}\"", discord::name_of(kind))));
        break;
    }
    return out;
}

namespace {

std::string write_presence(const presence& what) {
    constexpr std::uint8_t custom = 4;
    discord::json_writer w;
    w.begin_object().field("since", nullptr).key("activities").begin_array();
    if (!what.activity.empty()) {
        w.begin_object().field("name", what.activity).field("type", what.activity_type);
        if (what.activity_type == custom) w.field("state", what.activity);
        w.end_object();
    }
    w.end_array().field("status", what.status).field("afk", false).end_object();
    return std::move(w).take();
}

}  // namespace

std::string bot_runtime::presence_json() const {
    return impl_->options.presence ? write_presence(*impl_->options.presence) : std::string();
}

result<void> bot_runtime::open(runtime_setup setup) {
    auto& my = *impl_;
    if (my.open) return std::unexpected(failure(bot_errc::already_running));
    SHOAL_ASSERT(setup.rest_on != nullptr && setup.http != nullptr);
    my.rooms.clear();
    my.registered = false;
    my.content_warned = false;
    my.waits.start();
    my.setup = std::move(setup);
    const auto rest_log = my.setup.log.named("rest");
    if (!my.setup.bad_answers) my.setup.bad_answers = std::make_shared<host::bad_answer_log>(*my.setup.rest_on, rest_log);
    {
        const std::lock_guard lock(my.mutex);
        my.bad_answers = my.setup.bad_answers;
    }
    rest_options rest{.on = my.setup.rest_on,
                      .http = my.setup.http,
                      .api_base = my.setup.api_base,
                      .token = my.setup.token,
                      .user_agent = my.setup.user_agent,
                      .log = rest_log,
                      .limits = {.global_per_second = my.setup.rest_per_second},
                      .told = {},
                      .bad = my.setup.bad_answers};
    if (!my.rest_handlers.empty()) rest.told = [&my](const rest_notice& what) { my.tell_of_limits(what); };
    my.rest = std::make_unique<rest_client>(std::move(rest));
    my.pool = std::make_unique<offload_pool>(my.setup.offload_threads, my.setup.offload_queue);
    my.open = true;
    return {};
}

void bot_runtime::attach(host::shard_host* shards) {
    const std::lock_guard lock(impl_->mutex);
    impl_->shards = shards;
}

void bot_runtime::attach(std::unique_ptr<role> runner) {
    const std::lock_guard lock(impl_->mutex);
    impl_->runner = std::move(runner);
}

namespace {

/// Counts down and calls once.
class countdown {
public:
    countdown(std::size_t count, std::function<void()> done) : left_(count), done_(std::move(done)) {}
    void one() {
        if (left_.fetch_sub(1) == 1) done_();
    }

private:
    std::atomic<std::size_t> left_;
    std::function<void()> done_;
};

/// Ends one shard's handlers: at once if there are none, when they ended, or when `grace` is over.
void drain_room(shard_room& room, duration grace, const std::shared_ptr<countdown>& left) {
    if (room.handlers->empty()) return left->one();
    struct waiting {
        timer_id timer = timer_id::none;
        bool over = false;
    };
    auto state = std::make_shared<waiting>();
    room.handlers->on_empty([&room, state, left] {
        if (std::exchange(state->over, true)) return;
        // Not from inside the last handler's end.
        room.on.post([&room, state, left] {
            room.on.cancel(state->timer);
            room.handlers = std::make_unique<task_group>();
            left->one();
        });
    });
    state->timer = room.on.wake_at(room.on.now() + grace, [&room, state, left] {
        if (std::exchange(state->over, true)) return;
        room.bot.log().warn(
            "handlers did not end in time and are given up",
            {{"shard", fmt::format("{}", room.key.id)}, {"handlers", fmt::format("{}", room.handlers->running())}});
        room.handlers = std::make_unique<task_group>();
        left->one();
    });
}

}  // namespace

void bot_runtime::drain(duration grace, std::function<void()> done) {
    impl_->waits.stop();
    std::vector<shard_room*> rooms;
    impl_->rooms.for_each([&](shard_room& each) { rooms.push_back(&each); });
    if (rooms.empty()) return done();
    // Three rounds: the handlers, the workers (which may hold events), and what those handed back to the shards' threads.
    auto flush = std::make_shared<countdown>(rooms.size(), std::move(done));
    auto workers_stopped = [rooms, flush] {
        for (auto* each : rooms) each->on.post([flush] { flush->one(); });
    };
    auto handlers_ended =
        std::make_shared<countdown>(rooms.size(), [this, workers_stopped] { impl_->pool->stop(workers_stopped); });
    for (auto* each : rooms) {
        each->on.post([each, grace, handlers_ended] { drain_room(*each, grace, handlers_ended); });
    }
}

void bot_runtime::close() {
    auto& my = *impl_;
    if (!my.open) return;
    my.open = false;
    my.rest->close();
    my.pool.reset();
}

std::string bot_runtime::running_handler(shard_key shard) const {
    const auto* room = impl_->rooms.find(shard);
    const auto* name = room == nullptr ? nullptr : room->running.name.load(std::memory_order_relaxed);
    return name == nullptr ? std::string() : *name;
}

// ---- for shoal::bot and the public objects -----------------------------------------------------------------------------------

void bot_runtime::add_command(std::string name, std::string description, std::vector<command_option> options,
                              shoal::detail::command_handler handler) {
    impl_->check_registration();
    auto label = "command " + name;
    auto added = impl_->registry.add({std::move(name), std::move(description), std::move(options)});
    if (!added) throw error(failure(bot_errc::bad_command, added.error().message()));
    impl_->commands.push_back({std::move(label), std::move(handler)});
}

void bot_runtime::add_handler(shoal::detail::event_type type, shoal::detail::event_handler handler) {
    impl_->check_registration();
    auto& list = impl_->by_type[static_cast<std::size_t>(type)];
    std::string name(name_of(type));
    if (!list.empty()) name += fmt::format(" #{}", list.size() + 1);
    list.push_back({std::move(name), std::move(handler)});
}

void bot_runtime::add_raw_handler(std::string name, shoal::detail::event_handler handler) {
    impl_->check_registration();
    const auto kind = discord::event_kind_of(name);
    if (kind == discord::event_kind::unknown) {
        impl_->raw_unknown = true;
    } else {
        impl_->raw_kinds[static_cast<std::size_t>(kind)] = true;
    }
    auto& list = impl_->raw[name];
    auto label = "raw " + name;
    if (!list.empty()) label += fmt::format(" #{}", list.size() + 1);
    list.push_back({std::move(label), std::move(handler)});
}

void bot_runtime::add_rest_handler(std::function<void(const rest_notice&)> handler) {
    impl_->check_registration();
    impl_->rest_handlers.push_back(std::move(handler));
}

namespace {
bad_input bad_input_of(const host::bad_input_counts& seen) noexcept {
    const auto count = [&](host::bad_input kind) { return seen[static_cast<std::size_t>(kind)]; };
    using enum host::bad_input;
    return {.compression = count(compression),
            .too_large = count(too_large),
            .not_json = count(not_json),
            .wrong_shape = count(wrong_shape),
            .unreadable_event = count(unreadable_event),
            .transport = count(transport)};
}
}  // namespace

bad_answers bot_runtime::bad_answers() const {
    std::shared_ptr<host::bad_answer_log> seen;
    {
        const std::lock_guard lock(impl_->mutex);
        seen = impl_->bad_answers;
    }
    if (!seen) return {};
    const auto counts = seen->counts();
    const auto count = [&](host::bad_answer kind) { return counts[static_cast<std::size_t>(kind)]; };
    using enum host::bad_answer;
    return {.not_http = count(not_http),
            .cut_short = count(cut_short),
            .too_large = count(too_large),
            .endless = count(endless),
            .not_json = count(not_json),
            .wrong_shape = count(wrong_shape)};
}

std::vector<shard_status> bot_runtime::shards() const {
    std::vector<host::shard_snapshot> seen;
    {
        const std::lock_guard lock(impl_->mutex);
        if (impl_->shards != nullptr) seen = impl_->shards->shards();
    }
    std::vector<shard_status> out;
    out.reserve(seen.size());
    for (auto& each : seen) {
        const auto* room = impl_->rooms.find(each.shard);
        out.push_back({.id = each.shard.id,
                       .total = each.shard.total,
                       .status = state_of(each.status),
                       .guilds_ready = each.guilds_ready,
                       .guilds = each.guilds,
                       .unavailable_guilds = each.unavailable_guilds,
                       .latency = std::chrono::duration_cast<std::chrono::milliseconds>(each.latency),
                       .events_per_second = each.events_per_second,
                       .events = each.events,
                       .seq = each.seq,
                       .handlers_in_flight = each.in_flight,
                       .resumes = each.resumes,
                       .identifies = each.identifies,
                       .half_deaf = each.half_deaf,
                       .handler_errors = room == nullptr ? 0 : room->handler_errors.load(std::memory_order_relaxed),
                       .unknown_events = each.unknown_events,
                       .stepped_over = each.poison,
                       .lost = each.lost,
                       .bad_input = bad_input_of(each.bad_input),
                       .journal_problem = std::move(each.journal_problem),
                       .last_reconnect_reason = std::move(each.last_reconnect_reason)});
    }
    std::ranges::sort(out, {}, &shard_status::id);
    return out;
}

void bot_runtime::stop(bool for_good) {
    std::shared_ptr<role> runner;
    {
        const std::lock_guard lock(impl_->mutex);
        runner = impl_->runner;
    }
    if (runner) runner->stop(for_good);
}

void bot_runtime::join() {
    std::shared_ptr<role> runner;
    {
        const std::lock_guard lock(impl_->mutex);
        runner = impl_->runner;
    }
    if (!runner) return;
    runner->join();
    const std::lock_guard lock(impl_->mutex);
    if (impl_->runner == runner) impl_->runner.reset();
}

namespace {
instant deadline_of(scheduler& any, std::optional<duration> within) { return within ? any.now() + *within : never; }
}  // namespace

task<result<void>> bot_runtime::send_presence(presence what, std::optional<duration> within) {
    if (!impl_->open) co_return std::unexpected(failure(bot_errc::not_running));
    const auto deadline = deadline_of(*impl_->setup.rest_on, within);
    constexpr std::uint8_t presence_update = 3;
    const auto json = write_presence(what);
    result<void> outcome = std::unexpected(failure(bot_errc::not_running));
    for (const auto& each : shards()) {
        outcome = co_await impl_->send({each.id, each.total}, presence_update, json, deadline);
        if (!outcome) break;
    }
    co_return outcome;
}

task<result<void>> bot_runtime::send_voice_state(guild_id guild, channel_id channel, bool self_mute, bool self_deaf,
                                                 std::optional<duration> within) {
    if (!impl_->open) co_return std::unexpected(failure(bot_errc::not_running));
    const auto deadline = deadline_of(*impl_->setup.rest_on, within);
    constexpr std::uint8_t voice_state_update = 4;
    discord::json_writer w;
    w.begin_object().field("guild_id", guild).key("channel_id");
    if (channel) {
        w.value(channel);
    } else {
        w.value(nullptr);
    }
    w.field("self_mute", self_mute).field("self_deaf", self_deaf).end_object();
    for (const auto& each : shards()) {
        if (shard_for(guild, each.total) != each.id) continue;
        co_return co_await impl_->send({each.id, each.total}, voice_state_update, std::move(w).take(), deadline);
    }
    co_return std::unexpected(failure(bot_errc::not_running, "the guild's shard is not in this process"));
}

task<result<member_list>> bot_runtime::request_members(guild_id guild, member_request which, std::optional<duration> within) {
    auto& my = *impl_;
    if (!my.open) co_return std::unexpected(failure(bot_errc::not_running));
    // Discord does not answer what lacks its intent, so that only a time-out would tell [2.8.1].
    const intents have(intents_to_identify());
    if (which.users.empty() && which.prefix.empty() && !have.contains(intents::guild_members)) {
        co_return std::unexpected(failure(bot_errc::bad_request, "all members of a guild need the intent GUILD_MEMBERS"));
    }
    if (which.presences && !have.contains(intents::guild_presences)) {
        co_return std::unexpected(failure(bot_errc::bad_request, "presences need the intent GUILD_PRESENCES"));
    }
    for (const auto& each : shards()) {
        if (shard_for(guild, each.total) != each.id) continue;
        const shard_key shard{each.id, each.total};
        scheduler* on = nullptr;
        {
            const std::lock_guard lock(my.mutex);
            if (my.shards != nullptr) on = my.shards->thread_of(shard);
        }
        if (on == nullptr) break;
        auto* here = scheduler::current();
        // The deadline is kept by the shard's thread: whoever waits may have none of ours.
        const auto deadline = within ? on->now() + *within : never;
        co_return co_await one_shot<result<member_list>>(
            here != nullptr ? *here : *my.setup.rest_on,
            [&my, on, shard, deadline, query = query_of(guild, std::move(which))](resolver<result<member_list>> answer) mutable {
                on->post([&my, on, shard, deadline, query = std::move(query), answer = std::move(answer)]() mutable {
                    my.ask_for_members(*on, shard, std::move(query), deadline, std::move(answer));
                });
            });
    }
    co_return std::unexpected(failure(bot_errc::not_running, "the guild's shard is not in this process"));
}

task<result<std::optional<guild_summary>>> bot_runtime::summary_of(guild_id guild, std::optional<duration> within) {
    using found = result<std::optional<guild_summary>>;
    auto& my = *impl_;
    if (!my.open) co_return std::unexpected(failure(bot_errc::not_running));
    for (const auto& each : shards()) {
        if (shard_for(guild, each.total) != each.id) continue;
        const shard_key shard{each.id, each.total};
        scheduler* on = nullptr;
        {
            const std::lock_guard lock(my.mutex);
            if (my.shards != nullptr) on = my.shards->thread_of(shard);
        }
        if (on == nullptr) break;
        auto* here = scheduler::current();
        auto& home = here != nullptr ? *here : *my.setup.rest_on;
        co_return co_await one_shot<found>(
            home,
            [&my, on, shard, guild](resolver<found> answer) {
                on->post([&my, shard, guild, answer = std::move(answer)] { answer(my.summary_of(shard, guild)); });
            },
            within ? home.now() + *within : never, std::optional<found>(std::unexpected(failure(bot_errc::timed_out, "guild"))));
    }
    co_return std::unexpected(failure(bot_errc::not_running, "the guild's shard is not in this process"));
}

const cached_guild* bot_runtime::cached(shard_key shard, guild_id which) const noexcept {
    const auto* room = impl_->rooms.find(shard);
    return room == nullptr ? nullptr : room->cache.guild(which);
}

void bot_runtime::content_was_read() noexcept {
    if ((intents_to_identify() & intents::message_content.bits()) != 0 || impl_->content_warned.exchange(true)) return;
    impl_->setup.log.warn(
        "a message's content was read and is empty: without the intent MESSAGE_CONTENT Discord leaves it out of most messages; "
        "add shoal::intents::message_content and switch it on in the developer portal");
}

// ---- host::event_sink --------------------------------------------------------------------------------------------------------

void bot_runtime::on_session(shard_key shard, std::string_view ready_json) {
    auto& my = *impl_;
    auto& room = my.room_of(shard);
    room.cache.start_session(ready_json);
    const auto own = discord::json_value(ready_json)["application"]["id"].id<application_id>();
    my.application.store(own.value(), std::memory_order_relaxed);
    my.register_commands();
    my.tell(room, event_type::ready, ready_json);
}

result<void> bot_runtime::on_dispatch(host::dispatch event, host::guild_change change) {
    auto& my = *impl_;
    auto& room = my.room_of(event.shard);
    const auto kind = event.kind;
    room.cache.apply(kind, event.data, event.seq);

    const auto type = type_of(kind, change);
    const auto* handlers = type ? &my.by_type[static_cast<std::size_t>(*type)] : nullptr;
    const bool is_command = kind == discord::event_kind::interaction_create && !my.commands.empty();
    const bool awaited = type && my.waits.anybody(*type);
    const bool typed = is_command || awaited || (handlers != nullptr && !handlers->empty());
    const std::vector<handler_entry>* raw = nullptr;
    if (kind == discord::event_kind::unknown ? my.raw_unknown : my.raw_kinds[static_cast<std::size_t>(kind)]) {
        if (const auto found = my.raw.find(event.name); found != my.raw.end()) raw = &found->second;
    }
    if (!typed && raw == nullptr) return {};

    const event_ref ref(new event_body(room, std::move(event)));
    if (typed) {
        auto head = read_head(*type, ref.body()->dispatch.data, ref.body()->arena);
        if (!head) return std::unexpected(std::move(head).error());
        ref.body()->type = *type;
        ref.body()->head = *head;
    }
    if (raw != nullptr) my.start_all(room, *raw, ref);
    if (typed && handlers != nullptr) my.start_all(room, *handlers, ref);
    if (is_command) my.run_command(room, ref);
    if (awaited) my.waits.offer(*type, ref);
    return {};
}

void bot_runtime::on_resumed(shard_key shard) { impl_->tell(impl_->room_of(shard), event_type::shard_resumed, {}); }

void bot_runtime::on_shard_ready(shard_key shard, std::uint32_t missing_guilds) {
    impl_->tell(impl_->room_of(shard), event_type::shard_ready, fmt::format(R"({{"missing_guilds":{}}})", missing_guilds));
    if (impl_->told.shard_ready) impl_->told.shard_ready(shard, missing_guilds);
}

void bot_runtime::on_status(shard_key shard, gateway::session_status status) {
    if (impl_->told.status) impl_->told.status(shard, status);
}

void bot_runtime::on_untrusted(shard_key shard, std::string_view why) {
    if (impl_->told.untrusted) impl_->told.untrusted(shard, why);
}

void bot_runtime::on_gave_up(shard_key shard, std::uint16_t close_code, std::string_view why) {
    if (impl_->told.gave_up) impl_->told.gave_up(shard, close_code, why);
}

// ---- detail::call_home, detail::offloader and detail::event_waiter
// --------------------------------------------------------------

void bot_runtime::forget(std::string_view what, task<result<void>> running) {
    auto& my = *impl_;
    if (!my.open) return;
    auto child = my.log_failure(std::string(what), std::move(running));
    if (auto* room = running_mark::now().room; room != nullptr && room->on.is_current()) {
        room->handlers->start(std::move(child));
        return;
    }
    // Outside of any handler: REST's thread takes it.
    my.setup.rest_on->post([&my, child = std::move(child)]() mutable { my.rest_children.start(std::move(child)); });
}

task<result<void>> bot_runtime::run(std::move_only_function<void()> job, call_settings settings) {
    auto& my = *impl_;
    if (!my.open) co_return std::unexpected(failure(bot_errc::not_running));
    auto* here = scheduler::current();
    auto& home = here != nullptr ? *here : *my.setup.rest_on;
    const auto deadline = settings.within ? home.now() + *settings.within : never;
    co_return co_await one_shot<result<void>>(
        home,
        [&my, job = std::move(job)](const resolver<result<void>>& answer) mutable {
            const bool queued = my.pool->push([job = std::move(job), answer]() mutable {
                job();
                job = {};  // What it held goes here, before the handler goes on.
                answer(result<void>{});
            });
            if (!queued) answer(std::unexpected(failure(bot_errc::queue_full, "offload")));
        },
        deadline, std::optional<result<void>>(std::unexpected(failure(bot_errc::timed_out, "offload"))));
}

task<result<event_ref>> bot_runtime::next(event_type type, shoal::detail::event_filter wanted, duration within) {
    auto& my = *impl_;
    if (!my.open) co_return std::unexpected(failure(bot_errc::not_running));
    const auto kind = kind_of(type);
    const auto brings = discord::intents_of(kind);
    if (brings != 0 && (brings & intents_to_identify()) == 0) {
        co_return std::unexpected(failure(bot_errc::bad_request, fmt::format("{} needs the intent {}", discord::name_of(kind),
                                                                             fmt::join(intents(brings).names(), " or "))));
    }
    auto* here = scheduler::current();
    auto& home = here != nullptr ? *here : *my.setup.rest_on;
    co_return co_await my.waits.next(home, type, std::move(wanted), home.now() + within);
}

}  // namespace shoal::runtime
