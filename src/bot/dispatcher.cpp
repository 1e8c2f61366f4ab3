#include "bot/dispatcher.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <utility>

#include "bot/event_body.hpp"
#include "bot/event_readers.hpp"
#include "bot/event_waits.hpp"
#include "bot/interaction_calls.hpp"
#include "bot/runtime.hpp"
#include "bot/shard_room.hpp"
#include "bot/thrown.hpp"
#include "discord/json_cursor.hpp"

namespace shoal::runtime {

using shoal::detail::call_settings;
using shoal::detail::event_ref;

namespace {

/// A replayed interaction older than this cannot be answered in time any more [5.7].
constexpr std::int64_t stale_interaction_ms = 2500;

std::int64_t unix_ms_now() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

logger::fields shard_fields(shard_key shard) { return {{"shard", fmt::format("{}/{}", shard.id, shard.total)}}; }

}  // namespace

result<void> dispatcher::dispatch(shard_room& room, host::dispatch event, host::guild_change change) {
    const auto kind = event.kind;
    const auto type = type_of(kind, change);
    const auto* handlers = type ? &handlers_.of(*type) : nullptr;
    const bool is_interaction = kind == discord::event_kind::interaction_create && handlers_.wants_interactions();
    const bool awaited = type && waits_.anybody(*type);
    const bool typed = is_interaction || awaited || (handlers != nullptr && !handlers->empty());
    std::unique_ptr<const cache::old_value> old;
    if (typed && has_old(*type)) {
        if (auto before = cache::old_value::before(room.cache, kind, event.data, event.seq); !before.empty())
            old = std::make_unique<const cache::old_value>(std::move(before));
    }
    room.cache.apply(kind, event.object(), event.seq);
    if (room.loads.refill.any()) [[unlikely]]
        room.loads.refill.event(room.cache, kind, event.object(), event.data);
    if (room.stored != nullptr) room.stored->event(kind, event.name, event.data, event.seq);
    const auto* raw = handlers_.raw_of(kind, event.name);
    if (!typed && raw == nullptr) return {};

    // The event outlives what is known of its fields.
    const auto object = event.object();
    event.outline = nullptr;
    const event_ref ref(new event_body(room, std::move(event)));
    if (typed) {
        auto head = read_head(*type, object, ref.body()->arena);
        if (!head) return std::unexpected(std::move(head).error());
        ref.body()->type = *type;
        ref.body()->head = *head;
        ref.body()->old = std::move(old);
    }
    if (raw != nullptr) start_all(room, *raw, ref);
    if (typed && handlers != nullptr) start_all(room, *handlers, ref);
    if (is_interaction) run_interaction(room, ref);
    if (awaited) waits_.offer(*type, ref);
    return {};
}

void dispatcher::tell(shard_room& room, event_type type, std::string_view json) {
    const auto& handlers = handlers_.of(type);
    const auto kind = kind_of(type);
    const bool is_discords = kind != discord::event_kind::unknown;
    const bool awaited = waits_.anybody(type);
    const auto* raw = is_discords ? handlers_.raw_of(kind, discord::name_of(kind)) : nullptr;
    if (handlers.empty() && !awaited && raw == nullptr) return;
    host::dispatch what;
    what.shard = room.key;
    what.kind = kind;
    what.name = is_discords ? discord::name_of(kind) : name_of(type);
    const event_ref ref(new event_body(room, std::move(what)));
    auto& body = *ref.body();
    body.owned_json = json;
    body.dispatch.data = body.owned_json;
    if (raw != nullptr) start_all(room, *raw, ref);
    if (handlers.empty() && !awaited) return;
    auto head = read_head(type, body.dispatch.data, body.arena);
    if (!head) return bot_.log().warn("an event cannot be read", {{"why", head.error().message()}});
    body.type = type;
    body.head = *head;
    start_all(room, handlers, ref);
    if (awaited) waits_.offer(type, ref);
}

void dispatcher::tell_of_limits(const rest_notice& what) {
    for (const auto& each : handlers_.rest()) {
        try {
            each(what);
        } catch (...) {
            bot_.log().error("a handler threw", {{"handler", "rest_notice"}, {"what", what_of(std::current_exception())}});
        }
    }
}

void dispatcher::run_interaction(shard_room& room, const event_ref& ref) {
    const auto& fields =
        *static_cast<const shoal::detail::interaction_create_head*>(shoal::detail::head_of(ref, event_type::interaction_create));
    auto& body = *ref.body();
    if (body.dispatch.how != host::delivery::fresh && unix_ms_now() - fields.id.unix_ms() > stale_interaction_ms) {
        room.stale_interactions.fetch_add(1, std::memory_order_relaxed);
        bot_.log().debug("a replayed interaction is too old to be answered", shard_fields(room.key));
        return;
    }
    body.came = room.on.now();
    const handler_table::event_entry* entry = nullptr;
    switch (fields.type) {
        case interaction_type::command: return run_command(room, ref, fields.data);
        case interaction_type::autocomplete: entry = handlers_.completion(fields.data); break;
        case interaction_type::component:
        case interaction_type::modal:
            entry = handlers_.component(fields.type, discord::json_value(fields.data)["custom_id"].text_or(""));
            break;
        case interaction_type::ping: break;
    }
    // What nobody registered here may be waited for by next(), or be known to a handler of interaction_create.
    if (entry == nullptr) return;
    start(room, entry->name, ref, [&] { return entry->run(ref); }, [this, ref, type = fields.type] { went_wrong(ref, type); });
}

void dispatcher::run_command(shard_room& room, const event_ref& ref, std::string_view data_json) {
    auto found = handlers_.registry().route(data_json);
    if (!found) {
        // Somebody else's handler of interaction_create may know it.
        if (found.error().is(commands::errc::unknown_command) && !handlers_.of(event_type::interaction_create).empty()) return;
        auto more = shard_fields(room.key);
        more.emplace_back("why", found.error().message());
        bot_.log().warn("a command cannot be run", more);
        return answer_quietly(ref, "This command is not known here, or has changed. Please try again in a moment.");
    }
    const auto& entry = handlers_.command(found->command);
    start(
        room, entry.name, ref, [&] { return entry.run(ref, found->values); },
        [this, ref] { went_wrong(ref, interaction_type::command); });
}

void dispatcher::went_wrong(const event_ref& ref, interaction_type type) {
    // Whoever types an option is told nothing: it takes choices, not messages, and the next key asks again.
    if (ref.body()->answered == answer_state::answered || type == interaction_type::autocomplete) return;
    answer_quietly(ref, "Something went wrong.");
}

void dispatcher::start_all(shard_room& room, const std::vector<handler_table::event_entry>& handlers, const event_ref& ref) {
    for (const auto& each : handlers) {
        start(room, each.name, ref, [&] { return each.run(ref); }, [] {});
    }
}

/// Starts one handler: on this thread, up to its first suspension. `run` is what makes the task (or does all the work).
template <class Run, class Failed>
void dispatcher::start(shard_room& room, const std::string& name, const event_ref& ref, Run run, Failed failed) {
    const running_scope scope({&room, &room.running, &name});
    try {
        task<> running = run();
        if (!running.valid()) return;
        // The event itself would take its place in flight for as long.
        const bool again = ref.body()->dispatch.how != host::delivery::fresh;
        room.handlers->start(std::move(running), [this, &room, &name, again, failed](const std::exception_ptr& thrown) {
            if (!thrown || (again && answered_before(room, thrown))) return;
            report(room, name, thrown);
            failed();
        });
    } catch (...) {
        report(room, name, std::current_exception());
        failed();
    }
}

/// What was handed out by the process before as well, and answered there, is nobody's fault.
bool dispatcher::answered_before(shard_room& room, const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const error& e) {
        if (!too_late_to_answer(e.why())) return false;
    } catch (...) {
        return false;
    }
    room.stale_interactions.fetch_add(1, std::memory_order_relaxed);
    bot_.log().debug("a replayed interaction was answered before", shard_fields(room.key));
    return true;
}

void dispatcher::report(shard_room& room, const std::string& name, const std::exception_ptr& thrown) {
    room.handler_errors.fetch_add(1, std::memory_order_relaxed);
    auto fields = shard_fields(room.key);
    fields.emplace_back("handler", name);
    fields.emplace_back("what", what_of(thrown));
    bot_.log().error("a handler threw", fields);
}

void dispatcher::answer_quietly(const event_ref& ref, std::string text) {
    call_settings settings;
    settings.ephemeral = true;
    bot_.forget("answer", reply_to(ref, message{.content = std::move(text)}, {}, std::move(settings)));
}

}  // namespace shoal::runtime
