#pragma once
// A bot's inside, and the seam between it and whoever runs it (src/roles): the role resolves settings, makes threads, a host and
// an HTTP client, and hands them in; the bot hands out what it needs and is the host's event sink. Not here: sockets, shards,
// where settings come from.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/logger.hpp"
#include "base/scheduler.hpp"
#include "base/secret.hpp"
#include "host/event_sink.hpp"
#include "shoal/bot.hpp"

namespace shoal::net {
class http_client;
}
namespace shoal::host {
class bad_answer_log;
class shard_host;
}  // namespace shoal::host

namespace shoal::runtime {

class gateway_calls;
class guild_loads;
class checkpoint_desk;
class offload_pool;
class rest_client;
struct shard_room;

/// What runs a bot. Made by shoal::start (src/roles/single), owned by the bot from attach() on.
class role {
public:
    virtual ~role() = default;
    /// From any thread, more than once; returns at once.
    virtual void stop(bool for_good) = 0;
    /// Waits for the end. Not from a thread of the bot's.
    virtual void join() = 0;
};

/// What a running bot needs, after settings were resolved.
struct runtime_setup {
    logger log;
    secret token;  ///< Without "Bot ".
    std::string api_base = "https://discord.com/api/v10";
    scheduler* rest_on = nullptr;      ///< Where REST lives: an io_thread of its own, or the first shard thread.
    net::http_client* http = nullptr;  ///< Used on rest_on only. Both outlive close().
    std::size_t rest_per_second = 50;  ///< This process's part of Discord's global limit; 0: none before rest() is told one.
    std::string user_agent = "DiscordBot (https://github.com/shoal/shoal, 0.1.0)";
    unsigned offload_threads = 4;
    std::size_t offload_queue = 1024;
    /// Commands are registered with sessions of shard 0 only: of many processes that run one bot, the one that has it.
    bool commands_with_shard_0 = false;
    std::shared_ptr<checkpoint_desk> checkpoints;       ///< Holds the shards' caches; empty: the next process gets none.
    std::shared_ptr<host::bad_answer_log> bad_answers;  ///< Of rest_on; empty: one of the bot's own.
};

/// The order in which a role calls it:
///   1. options(), intents_to_identify(), start_warnings()    any time before the start
///   2. open(setup)            then the bot may be used as an event sink
///   3. shard_host(threads, ..., sink = bot); attach(host)    then want(...)
///   4. attach(role)
///   at the end:
///   5. host.stop(...); when it is done: drain(grace, done)   handlers that still run get `grace`, then their frames are
///   destroyed
///   6. attach(nullptr); destroy the host                     handlers hold guards that point into it: only after drain's done
///   7. close()                                               joins the offload threads; then stop and join the io threads
class bot_runtime final : public host::event_sink,
                          public detail::call_home,
                          public detail::offloader,
                          public detail::event_waiter {
public:
    explicit bot_runtime(bot_options options);
    ~bot_runtime() override;

    // ---- for the role ---------------------------------------------------------------------------------------------------
    [[nodiscard]] const bot_options& options() const noexcept;
    /// What IDENTIFY should ask for: the bot's own wish, with from_handlers resolved.
    [[nodiscard]] std::uint64_t intents_to_identify() const;
    /// Sentences for the log: handlers without their intent, and handlers of messages without MESSAGE_CONTENT.
    [[nodiscard]] std::vector<std::string> start_warnings() const;
    /// The `presence` object of IDENTIFY, or empty.
    [[nodiscard]] std::string presence_json() const;
    [[nodiscard]] std::size_t command_count() const noexcept;
    /// Starts the offload threads and REST, and closes registration. Fails if the bot is running.
    [[nodiscard]] result<void> open(runtime_setup setup);
    void attach(host::shard_host* shards);
    void attach(std::unique_ptr<role> runner);
    /// Ends what handlers still do: each shard's group gets `grace` to finish, then its frames are destroyed on their own thread.
    /// `done` is called once, on some shard's thread, or inside this call if nothing ever ran. The io threads must be running.
    void drain(duration grace, std::function<void()> done);
    /// After drain: no REST, no offload. The bot may be opened again.
    void close();
    /// True from open() to close().
    [[nodiscard]] bool is_open() const noexcept;
    /// REST with limits and retries; valid from open() to close().
    [[nodiscard]] rest_client& rest() noexcept;
    /// Threads for work that blocks; valid likewise.
    [[nodiscard]] offload_pool& workers() noexcept;
    /// What is asked of shards.
    [[nodiscard]] gateway_calls& gateway() noexcept;
    /// Guilds that are read over HTTP, since their shard came without its cache.
    [[nodiscard]] guild_loads& loads() noexcept;
    /// On the shard's thread; nullptr before it was ever here.
    [[nodiscard]] shard_room* room(shard_key shard) noexcept;
    /// The bot's own, from the last READY; 0 before the first.
    [[nodiscard]] application_id application() const noexcept;

    // ---- for shoal::bot and the public objects -----------------------------------------------------------------------------
    void add_command(std::string name, std::string description, std::vector<command_option> options,
                     detail::command_handler handler);
    void add_completion(std::string_view command, std::string_view option, detail::event_handler handler);
    void add_component(interaction_type kind, std::string custom_id, detail::event_handler handler);
    void add_handler(detail::event_type type, detail::event_handler handler);
    void add_raw_handler(std::string name, detail::event_handler handler);
    void add_rest_handler(std::function<void(const rest_notice&)> handler);
    [[nodiscard]] std::vector<shard_status> shards() const;
    [[nodiscard]] shoal::bad_answers bad_answers() const;
    void stop(bool for_good);
    void join();
    /// A guild from the cache of a shard; on that shard's thread only.
    [[nodiscard]] const cached_guild* cached(shard_key shard, guild_id which) const noexcept;
    /// Text was read that Discord leaves out without MESSAGE_CONTENT: warned of once.
    void content_was_read() noexcept;
    [[nodiscard]] const logger& log() const noexcept;

    // ---- host::event_sink ----------------------------------------------------------------------------------------------------
    /// "command ping", "message_create #2". From any thread.
    [[nodiscard]] std::string running_handler(shard_key shard) const override;
    void on_session(shard_key shard, std::string_view ready_json) override;
    [[nodiscard]] result<void> on_dispatch(host::dispatch event, host::guild_change change) override;
    [[nodiscard]] host::session_past on_takeover(const gateway::resume_ticket& ticket) override;
    void on_adopted(shard_key shard, application_id application) override;
    void on_resumed(shard_key shard) override;
    void on_shard_ready(shard_key shard, std::uint32_t missing_guilds) override;
    void on_status(shard_key shard, gateway::session_status status) override;
    void on_untrusted(shard_key shard, std::string_view why) override;
    void on_gave_up(shard_key shard, std::uint16_t close_code, std::string_view why) override;
    /// Told, after the bot itself, of what happens to shards: the role logs and decides by it. Set before open().
    struct listener {
        std::function<void(shard_key, std::uint32_t missing_guilds)> shard_ready;
        std::function<void(shard_key, gateway::session_status)> status;
        std::function<void(shard_key, std::string_view why)> untrusted;
        std::function<void(shard_key, std::uint16_t close_code, std::string_view why)> gave_up;
    };
    void listen(listener to);

    // ---- detail::call_home, detail::offloader and detail::event_waiter
    void forget(std::string_view what, task<result<void>> running) override;
    task<result<void>> run(std::move_only_function<void()> job, detail::call_settings settings) override;
    task<result<detail::event_ref>> next(detail::event_type type, detail::event_filter wanted, duration within) override;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace shoal::runtime
