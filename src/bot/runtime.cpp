#include "bot/runtime.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "bot/awaiting.hpp"
#include "bot/bot_status.hpp"
#include "bot/checkpoint_desk.hpp"
#include "bot/command_registration.hpp"
#include "bot/dispatcher.hpp"
#include "bot/drain.hpp"
#include "bot/event_waits.hpp"
#include "bot/forgotten_calls.hpp"
#include "bot/gateway_calls.hpp"
#include "bot/gateway_json.hpp"
#include "bot/guild_loads.hpp"
#include "bot/handler_table.hpp"
#include "bot/offload_pool.hpp"
#include "bot/rest_client.hpp"
#include "bot/shard_room.hpp"
#include "discord/json_cursor.hpp"
#include "host/bad_answer.hpp"
#include "shoal/intents.hpp"

namespace shoal::runtime {

using shoal::detail::call_settings;
using shoal::detail::event_ref;

struct bot_runtime::impl {
    impl(bot_runtime& self_in, bot_options options_in)
        : self(self_in),
          options(std::move(options_in)),
          forgotten(self),
          registration(self, handlers, forgotten),
          gateway(self),
          loads(self),
          handing_out(self, handlers, waits) {}

    bot_runtime& self;
    bot_options options;

    // Set before the start, read-only while it runs.
    handler_table handlers;
    listener told;

    // While it runs.
    std::atomic<bool> open{false};
    runtime_setup setup;
    std::unique_ptr<rest_client> rest;
    std::unique_ptr<offload_pool> pool;
    forgotten_calls forgotten;
    command_registration registration;
    room_table rooms;
    event_waits waits;
    gateway_calls gateway;
    guild_loads loads;
    dispatcher handing_out;
    std::atomic<bool> content_warned{false};
    std::atomic<std::uint64_t> application{0};

    mutable std::mutex mutex;  // Of what follows.
    std::shared_ptr<role> runner;
    std::shared_ptr<host::bad_answer_log> bad_answers;

    [[nodiscard]] bool may_register(shard_key shard) const noexcept { return shard.id == 0 || !setup.commands_with_shard_0; }
    void check_registration() const {
        if (open) throw error(failure(bot_errc::too_late, "commands and handlers are registered before the bot starts"));
    }
    [[nodiscard]] std::shared_ptr<role> the_role() const {
        const std::lock_guard lock(mutex);
        return runner;
    }
    /// Where a task resumes that is awaited here.
    [[nodiscard]] scheduler& home() const noexcept {
        auto* const here = scheduler::current();
        return here != nullptr ? *here : *setup.rest_on;
    }

    shard_room& room_of(shard_key shard) {
        if (auto* known = rooms.find(shard)) return *known;
        auto* here = scheduler::current();
        SHOAL_ASSERT(here != nullptr);
        auto* const stored = setup.checkpoints == nullptr ? nullptr : setup.checkpoints->of(shard);
        return rooms.add(std::make_unique<shard_room>(self, shard, *here, options.cache, stored));
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
gateway_calls& bot_runtime::gateway() noexcept { return impl_->gateway; }
guild_loads& bot_runtime::loads() noexcept { return impl_->loads; }
shard_room* bot_runtime::room(shard_key shard) noexcept { return impl_->rooms.find(shard); }
application_id bot_runtime::application() const noexcept {
    return application_id(impl_->application.load(std::memory_order_relaxed));
}
std::size_t bot_runtime::command_count() const noexcept { return impl_->handlers.command_count(); }
void bot_runtime::listen(listener to) { impl_->told = std::move(to); }

std::uint64_t bot_runtime::intents_to_identify() const {
    const auto& options = impl_->options;
    const auto asked = options.intents.bits();
    return options.intents.wants_handlers() ? asked | impl_->handlers.wanted_intents(options.cache) : asked;
}

std::vector<std::string> bot_runtime::start_warnings() const { return impl_->handlers.warnings(intents_to_identify()); }

std::string bot_runtime::presence_json() const {
    return impl_->options.presence ? runtime::presence_json(*impl_->options.presence) : std::string();
}

result<void> bot_runtime::open(runtime_setup setup) {
    auto& my = *impl_;
    if (my.open) return std::unexpected(failure(bot_errc::already_running));
    SHOAL_ASSERT(setup.rest_on != nullptr && setup.http != nullptr);
    my.rooms.clear();
    my.registration.open();
    my.content_warned = false;
    my.waits.start();
    my.setup = std::move(setup);
    my.forgotten.open(*my.setup.rest_on);
    my.gateway.open(*my.setup.rest_on);
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
    if (!my.handlers.rest().empty()) rest.told = [&my](const rest_notice& what) { my.handing_out.tell_of_limits(what); };
    my.rest = std::make_unique<rest_client>(std::move(rest));
    // A worker's part changes while it runs; before it has one, its calls wait anyhow.
    my.loads.start([&my] { return std::max(1.0, static_cast<double>(my.rest->status().per_second)); });
    my.pool = std::make_unique<offload_pool>(my.setup.offload_threads, my.setup.offload_queue);
    my.open = true;
    return {};
}

void bot_runtime::attach(host::shard_host* shards) { impl_->gateway.attach(shards); }

void bot_runtime::attach(std::unique_ptr<role> runner) {
    const std::lock_guard lock(impl_->mutex);
    impl_->runner = std::move(runner);
}

void bot_runtime::drain(duration grace, std::function<void()> done) {
    impl_->waits.stop();
    impl_->loads.stop();
    runtime::drain(impl_->rooms, *impl_->pool, grace, std::move(done));
}

void bot_runtime::close() {
    auto& my = *impl_;
    if (!my.open) return;
    my.open = false;
    my.rest->close();
    my.pool.reset();
}

// ---- for shoal::bot and the public objects -----------------------------------------------------------------------------------

void bot_runtime::add_command(std::string name, std::string description, std::vector<command_option> options,
                              shoal::detail::command_handler handler) {
    impl_->check_registration();
    auto added = impl_->handlers.add_command(std::move(name), std::move(description), std::move(options), std::move(handler));
    if (!added) throw error(std::move(added).error());
}

void bot_runtime::add_completion(std::string_view command, std::string_view option, shoal::detail::event_handler handler) {
    impl_->check_registration();
    auto added = impl_->handlers.add_completion(command, option, std::move(handler));
    if (!added) throw error(std::move(added).error());
}

void bot_runtime::add_component(interaction_type kind, std::string custom_id, shoal::detail::event_handler handler) {
    impl_->check_registration();
    auto added = impl_->handlers.add_component(kind, std::move(custom_id), std::move(handler));
    if (!added) throw error(std::move(added).error());
}

void bot_runtime::add_handler(shoal::detail::event_type type, shoal::detail::event_handler handler) {
    impl_->check_registration();
    impl_->handlers.add(type, std::move(handler));
}

void bot_runtime::add_raw_handler(std::string name, shoal::detail::event_handler handler) {
    impl_->check_registration();
    impl_->handlers.add_raw(std::move(name), std::move(handler));
}

void bot_runtime::add_rest_handler(std::function<void(const rest_notice&)> handler) {
    impl_->check_registration();
    impl_->handlers.add_rest(std::move(handler));
}

bad_answers bot_runtime::bad_answers() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->bad_answers ? counts_of(*impl_->bad_answers) : shoal::bad_answers{};
}

std::vector<shard_status> bot_runtime::shards() const {
    std::vector<shard_status> out;
    for (auto& each : impl_->gateway.shards()) {
        const auto* room = impl_->rooms.find(each.shard);
        out.push_back(status_of(std::move(each), room));
    }
    std::ranges::sort(out, {}, &shard_status::id);
    return out;
}

void bot_runtime::stop(bool for_good) {
    if (const auto runner = impl_->the_role()) runner->stop(for_good);
}

void bot_runtime::join() {
    const auto runner = impl_->the_role();
    if (!runner) return;
    runner->join();
    const std::lock_guard lock(impl_->mutex);
    if (impl_->runner == runner) impl_->runner.reset();
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

std::string bot_runtime::running_handler(shard_key shard) const {
    const auto* room = impl_->rooms.find(shard);
    const auto* name = room == nullptr ? nullptr : room->running.name.load(std::memory_order_relaxed);
    return name == nullptr ? std::string() : *name;
}

void bot_runtime::on_session(shard_key shard, std::string_view ready_json) {
    auto& my = *impl_;
    auto& room = my.room_of(shard);
    room.cache.start_session(ready_json);
    room.loads.refill.clear();
    my.loads.know_self(discord::json_value(ready_json)["user"].raw());
    if (room.stored != nullptr) room.stored->begin_session();
    const auto own = discord::json_value(ready_json)["application"]["id"].id<application_id>();
    my.application.store(own.value(), std::memory_order_relaxed);
    if (my.may_register(shard)) my.registration.on_session(own);
    my.handing_out.tell(room, event_type::ready, ready_json);
}

result<void> bot_runtime::on_dispatch(host::dispatch event, host::guild_change change) {
    auto& room = impl_->room_of(event.shard);
    return impl_->handing_out.dispatch(room, std::move(event), change);
}

host::session_past bot_runtime::on_takeover(const gateway::resume_ticket& ticket) {
    auto& my = *impl_;
    const auto own = my.application.load(std::memory_order_relaxed);
    if (own != 0 && ticket.application && ticket.application.value() != own) {
        my.setup.log.error(
            "the session that was handed over is another bot's, and is not gone on with",
            {{"shard", fmt::format("{}", ticket.shard.id)}, {"application", fmt::format("{}", ticket.application.value())}});
        return host::session_past::foreign;
    }
    auto& room = my.room_of(ticket.shard);
    // A cache that is stored was read with its ticket.
    if (room.stored != nullptr || !room.cache.settings().on || (intents_to_identify() & intents::guilds.bits()) == 0)
        return host::session_past::at_hand;
    room.loads.refill.clear();
    room.cache.go_on_without_past(ticket.guilds, ticket.without_guilds);
    if (const auto self = my.loads.self(); !self.empty()) room.cache.know_self(discord::json_value(self));
    // Where no guild was, nothing was left behind that would be worth an IDENTIFY.
    return ticket.without_guilds ? host::session_past::at_hand : host::session_past::left_behind;
}

void bot_runtime::on_adopted(shard_key shard, application_id application) {
    auto& my = *impl_;
    auto& room = my.room_of(shard);
    if (application) {
        my.application.store(application.value(), std::memory_order_relaxed);
        if (my.may_register(shard)) my.registration.on_session(application);
    }
    if (room.stored != nullptr && room.stored->presence_differs()) my.gateway.show_presence(shard, presence_json());
    my.handing_out.tell(room, event_type::shard_adopted,
                        fmt::format(R"({{"cached_guilds":{}}})", static_cast<std::uint32_t>(room.cache.guilds())));
}

void bot_runtime::on_resumed(shard_key shard) { impl_->handing_out.tell(impl_->room_of(shard), event_type::shard_resumed, {}); }

void bot_runtime::on_shard_ready(shard_key shard, std::uint32_t missing_guilds) {
    impl_->handing_out.tell(impl_->room_of(shard), event_type::shard_ready,
                            fmt::format(R"({{"missing_guilds":{}}})", missing_guilds));
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

void bot_runtime::forget(std::string_view what, task<result<void>> running) {
    if (impl_->open) impl_->forgotten.add(what, std::move(running));
}

task<result<void>> bot_runtime::run(std::move_only_function<void()> job, call_settings settings) {
    auto& my = *impl_;
    if (!my.open) co_return std::unexpected(failure(bot_errc::not_running));
    auto& home = my.home();
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
    auto& home = my.home();
    co_return co_await my.waits.next(home, type, std::move(wanted), home.now() + within);
}

}  // namespace shoal::runtime
