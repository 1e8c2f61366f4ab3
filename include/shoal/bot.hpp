#pragma once
// The bot: its commands, its handlers and its settings. The same bot runs in every mode; who hands out its shards is decided when
// it is run (run.hpp).
// Not here: events (events.hpp), contexts (context.hpp), options of commands (command.hpp).

#include <chrono>
#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "shoal/cache.hpp"
#include "shoal/cache_settings.hpp"
#include "shoal/call.hpp"
#include "shoal/command.hpp"
#include "shoal/completion.hpp"
#include "shoal/context.hpp"
#include "shoal/detail/handlers.hpp"
#include "shoal/events.hpp"
#include "shoal/ids.hpp"
#include "shoal/intents.hpp"
#include "shoal/log.hpp"
#include "shoal/members.hpp"
#include "shoal/rest.hpp"
#include "shoal/task.hpp"

namespace shoal {
inline namespace v0 {

/// What people see of the bot. Source: https://discord.com/developers/docs/events/gateway-events#update-presence
struct presence {
    std::string status = "online";   ///< online, idle, dnd or invisible.
    std::string activity = {};       ///< Empty: none.
    std::uint8_t activity_type = 0;  ///< 0 Playing, 2 Listening, 3 Watching, 4 Custom, 5 Competing.
};

/// Settings from code. Flags, environment and file override them (docs/options.md); the token normally comes from there.
struct bot_options {
    shoal::intents intents = shoal::intents::from_handlers;
    std::string token = {};                        ///< Normally empty: SHOAL_TOKEN, DISCORD_TOKEN or --token-file.
    cache_settings cache = cache_preset::guilds;   ///< What each shard remembers; single kinds: cache_settings.
    std::optional<shoal::presence> presence = {};  ///< From the first session on; set_presence() changes it.
    std::string api_base = {};   ///< Another Discord-compatible server: "https://host:port/api/v10". Empty: Discord.
    std::string ca_file = {};    ///< Trust only these authorities (PEM).
    std::string state_dir = {};  ///< A folder that this process alone uses while it runs; empty: none is needed.
    /// Of Discord's global 50 requests a second: this process's part; in a fleet the coordinator's whole, a worker's most.
    unsigned rest_per_second = 50;
    unsigned threads = 0;                            ///< On which shards live; 0: one a core.
    unsigned offload_threads = 4;                    ///< For bot.offload().
    std::size_t offload_queue = 1024;                ///< More waiting jobs fail at once.
    log_sink log = {};                               ///< Empty: text (or JSON lines) on stderr.
    std::optional<shoal::log_level> log_level = {};  ///< Empty: info.
    bool register_commands = true;                   ///< Overwrites the application's global commands once a start.
};

/// How far a shard's session is. identifying: it may also wait for a permit of the identify budget. live: events come.
enum class shard_state : std::uint8_t {
    idle,
    waiting_for_lease,  ///< Of a fleet: its worker has no right to the shard just now, and its connection is closed.
    connecting,
    identifying,
    resuming,
    live,
    closing,
    stopped,
};
[[nodiscard]] std::string_view to_string(shard_state state) noexcept;

/// What came over a shard's connection and could not be read, by kind. Each such message costs its connection; the session is
/// resumed, and a message that cannot be read twice is stepped over.
struct bad_input {
    std::uint64_t compression = 0;       ///< Corrupt compression.
    std::uint64_t too_large = 0;         ///< Over the bound of a message, such as a decompression bomb.
    std::uint64_t not_json = 0;          ///< Cut off, broken, or no object.
    std::uint64_t wrong_shape = 0;       ///< JSON that is no gateway message.
    std::uint64_t unreadable_event = 0;  ///< An event whose content makes no sense.
    std::uint64_t transport = 0;         ///< Websocket rules broken, text that is no UTF-8.
    [[nodiscard]] std::uint64_t sum() const noexcept {
        return compression + too_large + not_json + wrong_shape + unreadable_event + transport;
    }
};

/// What came over HTTP from Discord's API, or from something before it, and could not be read, by kind. Such an answer fails its
/// call, or the call is made again where twice is as good as once. Counts are since the start of the bot.
struct bad_answers {
    std::uint64_t not_http = 0;     ///< Garbage, or lengths that contradict each other.
    std::uint64_t cut_short = 0;    ///< Ended before the length that it promised.
    std::uint64_t too_large = 0;    ///< A header or body over its bound.
    std::uint64_t endless = 0;      ///< Began and did not end in time.
    std::uint64_t not_json = 0;     ///< A page for people, or nothing where something must be.
    std::uint64_t wrong_shape = 0;  ///< JSON that is not what was asked for.
    [[nodiscard]] std::uint64_t sum() const noexcept {
        return not_http + cut_short + too_large + endless + not_json + wrong_shape;
    }
};

/// One shard as it was at most a second ago. Counts are since the start of the bot.
struct shard_status {
    std::uint32_t id = 0;
    std::uint32_t total = 1;
    shard_state status = shard_state::idle;
    bool guilds_ready = false;              ///< All of its guilds came, or the wait for late ones ended.
    std::uint32_t guilds = 0;               ///< Known, unavailable ones included.
    std::uint32_t unavailable_guilds = 0;   ///< In an outage, or not come yet.
    std::chrono::milliseconds latency{};    ///< Heartbeat to its acknowledgement; 0 before the first.
    double events_per_second = 0;           ///< Over the last 5 s.
    double cpu_share = 0;                   ///< Of one core, over the last 5 s: its part of its thread's time, by events.
    std::uint64_t events = 0;               ///< Received, replayed ones included.
    std::uint64_t seq = 0;                  ///< The last number of the present session.
    std::uint32_t handlers_in_flight = 0;   ///< Events that a handler still holds; at 1,024 reading stops.
    std::uint64_t resumes = 0;              ///< Sessions that went on after a gap.
    std::uint64_t identifies = 0;           ///< New sessions: what the daily budget counts.
    std::uint64_t half_deaf = 0;            ///< Sessions given up because they brought no more of a kind of event.
    std::uint64_t renewed_after_moves = 0;  ///< Sessions given up because their cache stayed in another process.
    /// False while the session goes on here without the cache that belongs to it: guilds may not be complete().
    bool cache_complete = true;
    std::uint32_t partial_guilds = 0;        ///< Then: those that are known and not complete.
    std::uint64_t guilds_loaded = 0;         ///< Guilds that were then read over HTTP,
    std::uint64_t guild_loads_failed = 0;    ///< and how often that failed.
    std::uint64_t handler_errors = 0;        ///< Exceptions that left a handler.
    std::uint64_t unknown_events = 0;        ///< Of a kind that this version does not know; raw handlers still get them.
    std::uint64_t stepped_over = 0;          ///< Events that could not be read twice, and were left out.
    std::uint64_t lost = 0;                  ///< Events that Discord numbered and that never came.
    shoal::bad_input bad_input;              ///< What could not be read.
    std::uint64_t checkpoints_given_up = 0;  ///< How often a checkpoint could not be kept, and was begun anew.
    std::string journal_problem;             ///< Why its event journal ended early, or was never begun; empty: all is well.
    std::string last_reconnect_reason;       ///< For people; empty if the first connection still stands.
};

/// What can go wrong in the bot itself.
enum class bot_errc : std::uint8_t {
    bad_command,      ///< A command, its options or their texts break Discord's rules.
    too_late,         ///< Commands and handlers are registered before the bot starts.
    not_running,      ///< The bot has not started, or has stopped.
    bad_settings,     ///< The detail says which.
    timed_out,        ///< A call took longer than its within(), or than Discord allows.
    queue_full,       ///< More jobs or calls wait than the bound allows.
    bad_answer,       ///< Discord's answer could not be read.
    refused,          ///< Discord refused; the detail has its status, code and message.
    rate_limited,     ///< The limits allow it only after the call's deadline.
    option_misfit,    ///< An interaction's option does not fit its parameter.
    already_running,  ///< A bot runs once at a time.
    unavailable,      ///< Discord failed or could not be reached, and trying again did not help or was not safe.
    bad_request,      ///< Discord would refuse what was asked for; the detail says why. Nothing was sent.
};
[[nodiscard]] std::string_view errc_room(bot_errc) noexcept;
[[nodiscard]] std::string_view errc_text(bot_errc code) noexcept;

namespace detail {

/// Runs a job on a worker thread and comes back to the thread that awaits it.
class offloader {
public:
    virtual task<result<void>> run(std::move_only_function<void()> job, call_settings settings) = 0;

protected:
    ~offloader() = default;
};

template <class F, class R>
task<result<R>> offload(offloader& workers, F function, call_settings settings) {
    // Shared with the worker: it may still run when the waiting side gave up.
    struct shared {
        F function;
        std::exception_ptr thrown;
        std::conditional_t<std::is_void_v<R>, std::monostate, std::optional<R>> value;
        explicit shared(F from) : function(std::move(from)) {}
    };
    auto state = std::make_shared<shared>(std::move(function));
    auto done = co_await workers.run(
        [state] {
            try {
                if constexpr (std::is_void_v<R>) {
                    state->function();
                } else {
                    state->value.emplace(state->function());
                }
            } catch (...) {
                state->thrown = std::current_exception();
            }
        },
        std::move(settings));
    if (!done) co_return std::unexpected(std::move(done).error());
    if (state->thrown) std::rethrow_exception(state->thrown);
    if constexpr (std::is_void_v<R>) {
        co_return result<void>{};
    } else {
        co_return std::move(*state->value);
    }
}

/// What takes an event that is waited for, or leaves it.
using event_filter = std::move_only_function<bool(const event_ref&)>;

/// Waits for events on behalf of next().
class event_waiter {
public:
    virtual task<result<event_ref>> next(event_type type, event_filter wanted, std::chrono::nanoseconds within) = 0;

protected:
    ~event_waiter() = default;
};

template <class E>
task<result<E>> next(event_waiter& events, event_filter wanted, std::chrono::nanoseconds within) {
    auto found = co_await events.next(E::type, std::move(wanted), within);
    if (!found) co_return std::unexpected(std::move(found).error());
    co_return E(std::move(*found));
}

}  // namespace detail

/// Register commands and handlers, then run it (run.hpp). It must outlive everything that it started. shards(), stop(), join()
/// and offload() may be called from any thread; registration happens before the start.
class bot {
public:
    explicit bot(bot_options options = {});
    bot(const bot&) = delete;
    bot& operator=(const bot&) = delete;
    /// Stops and joins, if it still runs.
    ~bot();

    /// A slash command. The handler takes a shoal::context and then its options:
    /// `bot.command("echo", "Says it back", [](shoal::context ctx, shoal::opt<"text", "What", std::string> text) ...)`.
    /// Throws shoal::error if the name, a description or an option breaks Discord's rules.
    template <class F>
    void command(std::string name, std::string description, F handler) {
        if constexpr (detail::check_handler<F>()) {
            using shape = detail::command_shape<F, typename detail::shape_of<F>::arguments>;
            add_command(std::move(name), std::move(description), shape::options(), shape::make(std::move(handler)));
        }
    }

    /// Suggests what an option of a command that was registered before may be, while people type it. The handler takes a
    /// shoal::completion: `bot.autocomplete("play", "song", [](shoal::completion ask) -> shoal::task<> { ... })`. Throws
    /// shoal::error if there is no such option, it is no text or number, or has choices or a handler already.
    template <class F>
    void autocomplete(std::string command, std::string option, F handler) {
        if constexpr (detail::takes_only<completion, F>()) {
            add_completion(std::move(command), std::move(option), detail::make_event_handler<completion>(std::move(handler)));
        }
    }

    /// A handler of the buttons and menus of one custom_id. An id that ends with '*' stands for all that begin with what is
    /// before it, so that ids can carry what the handler needs: `bot.on_component("vote:*", ...)` gets "vote:17". Of several that
    /// fit, the longest is run, and one without a star before all. Components of no handler are left to bot.next() and to
    /// handlers of interaction_create. Throws shoal::error for an id that is empty, over 100 characters or named before.
    template <class F>
    void on_component(std::string custom_id, F handler) {
        if constexpr (detail::takes_only<context, F>()) {
            add_component(interaction_type::component, std::move(custom_id),
                          detail::make_event_handler<context>(std::move(handler)));
        }
    }
    /// The same for modals that were filled in: context::input() has what was.
    template <class F>
    void on_modal(std::string custom_id, F handler) {
        if constexpr (detail::takes_only<context, F>()) {
            add_component(interaction_type::modal, std::move(custom_id), detail::make_event_handler<context>(std::move(handler)));
        }
    }

    /// A handler of the event that its parameter names. Several for one event run in order of registration; each starts when the
    /// one before has suspended or ended.
    template <class F>
    void on(F handler) {
        if constexpr (detail::check_handler<F>()) {
            static_assert(detail::shape_of<F>::count == 1, "shoal: an event's handler takes that event and nothing else");
            using parameter = std::tuple_element_t<0, typename detail::shape_of<F>::arguments>;
            using event_type = std::remove_cvref_t<parameter>;
            detail::check_parameter<parameter, detail::is_coroutine<F>>();
            static_assert(detail::event_class<event_type>,
                          "shoal: the handler's parameter is none of the events of <shoal/events.hpp>; others come by on_raw()");
            add_handler(event_type::type, detail::make_event_handler<event_type>(std::move(handler)));
        }
    }

    /// A handler of any event by Discord's name, known to this version or not: `bot.on_raw("TYPING_START", ...)` with a
    /// shoal::raw_event. For names that this version does not know, ask for the intent yourself.
    template <class F>
    void on_raw(std::string name, F handler) {
        if constexpr (detail::check_handler<F>()) {
            static_assert(std::is_same_v<std::remove_cvref_t<std::tuple_element_t<0, typename detail::shape_of<F>::arguments>>,
                                         raw_event> &&
                              detail::shape_of<F>::count == 1,
                          "shoal: on_raw's handler takes a shoal::raw_event");
            using parameter = std::tuple_element_t<0, typename detail::shape_of<F>::arguments>;
            detail::check_parameter<parameter, detail::is_coroutine<F>>();
            add_raw_handler(std::move(name), detail::make_event_handler<raw_event>(std::move(handler)));
        }
    }

    /// A function that hears of every call that a limit holds back and of every 429, on REST's own thread, which it must not
    /// block.
    void on_rest_limit(std::function<void(const rest_notice&)> handler);

    /// Runs blocking work on a worker thread; `co_await` resumes on the thread that asked (a shard's own, in a handler) with what
    /// the function returned or threw. Without within() it may take as long as it likes; after a time-out it goes on, and its
    /// outcome is dropped. Fails with queue_full and not_running.
    template <std::invocable F>
    [[nodiscard]] auto offload(F function) -> call<std::invoke_result_t<F&>> {
        using value = std::invoke_result_t<F&>;
        return call<value>(home(), "offload",
                           [&workers = workers(), function = std::move(function)](detail::call_settings settings) mutable {
                               return detail::offload<F, value>(workers, std::move(function), std::move(settings));
                           });
    }

    /// Discord's REST interface, with its limits kept.
    [[nodiscard]] rest_api rest() noexcept { return rest_api(inside()); }

    /// Waits for the next event of a type that `wanted` (a function of `const E&`) takes, on whatever shard of this process it
    /// comes: `co_await bot.next<shoal::message_create>([who](const auto& m) { return m.author().id == who; }, 30s)`. `wanted`
    /// runs on the event's shard, one call at a time, and never after the wait is over; what it throws, the wait throws. Handlers
    /// of the event run all the same, before it. Fails with timed_out, not_running when the bot stops, queue_full with 10,000
    /// waiting, and bad_request if the bot asks for no intent that brings the event: handlers make from_handlers ask for theirs,
    /// next cannot.
    template <class E, std::predicate<const E&> F>
    [[nodiscard]] call<E> next(F wanted, std::chrono::nanoseconds within) {
        static_assert(detail::event_class<E>, "shoal: next() waits for one of the events of <shoal/events.hpp>");
        return call<E>(home(), "next",
                       [&events = events(), wanted = std::move(wanted), within](const detail::call_settings& settings) mutable {
                           return detail::next<E>(
                               events,
                               [wanted = std::move(wanted)](const detail::event_ref& ref) mutable { return wanted(E(ref)); },
                               settings.within.value_or(within));
                       });
    }
    /// The next one, whatever it is.
    template <class E>
    [[nodiscard]] call<E> next(std::chrono::nanoseconds within) {
        return next<E>([](const E&) { return true; }, within);
    }

    /// A channel to send to, from any thread. Nothing is asked of Discord before something is sent.
    [[nodiscard]] channel_ref channel(channel_id id);

    /// What people see of the bot from now on, on every shard of this process; a new session shows it again. Done when it is
    /// queued: Discord takes 5 in 20 s a shard, of several that wait the newest goes out, and nothing answers. Fails with
    /// not_running, or with bad_request if it is over 4,096 bytes. From any thread.
    [[nodiscard]] call<void> set_presence(presence what);
    /// Asks Discord to put the bot into a voice channel of a guild of this process, or out of it (channel 0). What comes of it
    /// comes as voice_state_update and voice_server_update. Done when it is queued on the guild's shard; fails with not_running
    /// if that is not in this process. From any thread.
    [[nodiscard]] call<void> set_voice_state(guild_id guild, channel_id channel, bool self_mute = false, bool self_deaf = false);

    /// Asks Discord for members of a guild of this process: all (needs the privileged intent GUILD_MEMBERS), those whose name
    /// starts with a prefix, or up to 100 by id. They come in parts of 1,000, which are read on the guild's shard; the call ends
    /// when all are there, over reconnects and new sessions too. From any thread or handler. Fails with bad_request for what
    /// Discord would refuse, timed_out when no part comes for 20 s or within() passed, rate_limited (see member_request),
    /// queue_full with 1,000 requests open on the shard, and not_running if the guild's shard is not here or stops.
    [[nodiscard]] call<member_list> request_members(guild_id guild, member_request which = {});

    /// A guild as its shard in this process knows it, copied on the shard's thread; nothing if the bot is not in it. From any
    /// thread or handler; a handler of the same shard reads it in place by its event's guild(). A guild whose shard moved here
    /// without its cache is fetched first, as by cached_guild::load(), within 30 s unless within() says otherwise; one in an
    /// outage is told as far as it is known. Fails with not_running if the guild's shard is not here, with timed_out, and where
    /// it had to be fetched as load() does.
    [[nodiscard]] call<std::optional<guild_summary>> guild(guild_id which);

    /// Each shard of this process, ordered by id.
    [[nodiscard]] std::vector<shard_status> shards() const;
    /// All zero before the bot started. From any thread.
    [[nodiscard]] shoal::bad_answers bad_answers() const;

    /// Ends a running bot in order: no new events, handlers get time to finish, sessions stay resumable (or, for_good, end and
    /// the bot goes offline). Returns at once; join() waits. Does nothing when it does not run.
    void stop(bool for_good = false);
    /// Waits until the bot has stopped. Not from a handler.
    void join();

    /// As they were given; what flags, environment and file changed is not in them.
    [[nodiscard]] const bot_options& options() const noexcept;
    /// For the parts of Shoal that run a bot.
    [[nodiscard]] runtime::bot_runtime& inside() noexcept { return *inside_; }

private:
    void add_command(std::string name, std::string description, std::vector<command_option> options,
                     detail::command_handler handler);
    void add_completion(std::string command, std::string option, detail::event_handler handler);
    void add_component(interaction_type kind, std::string custom_id, detail::event_handler handler);
    void add_handler(detail::event_type type, detail::event_handler handler);
    void add_raw_handler(std::string name, detail::event_handler handler);
    [[nodiscard]] detail::offloader& workers() noexcept;
    [[nodiscard]] detail::event_waiter& events() noexcept;
    [[nodiscard]] detail::call_home& home() noexcept;

    struct deleter {
        void operator()(runtime::bot_runtime* inside) const noexcept;
    };
    std::unique_ptr<runtime::bot_runtime, deleter> inside_;
};

}  // namespace v0
}  // namespace shoal
