#include "simulation/virtual_process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "discord/json_cursor.hpp"
#include "gateway/errc.hpp"

namespace shoal::simulation {

namespace {

constexpr duration guild_wait = 15s;

class ledger_in_memory final : public host::ledger_port {
public:
    explicit ledger_in_memory(shared_ledger& where) : where_(where) {}
    result<void> with(instant, const std::function<void(budget::identify_ledger&)>& change) override {
        // Through its text, as the file does it.
        auto read = budget::read_ledger(budget::write_ledger(where_.ledger));
        if (!read) return std::unexpected(read.error());
        change(*read);
        where_.ledger = std::move(*read);
        return {};
    }

private:
    shared_ledger& where_;
};

}  // namespace

virtual_process::virtual_process(virtual_scheduler& time, virtual_discord& discord, shared_ledger& ledger, virtual_disk& disk,
                                 witness& seen, transcript& notes, process_options options,
                                 std::map<shard_key, gateway::resume_ticket> tickets)
    : time_(time),
      discord_(discord),
      seen_(seen),
      notes_(notes),
      options_(std::move(options)),
      random_(options_.seed),
      dialer_(discord),
      http_(discord, time) {
    host::desk_options with;
    with.planted = options_.planted;
    desk_ = std::make_unique<host::identify_desk>(
        time_, std::make_unique<ledger_in_memory>(ledger),
        host::gateway_bot_over_http(http_, "https://api.sim/api/v10", secret("sim.token"), "DiscordBot (https://shoal.test, 0)"),
        with);

    host::host_options how;
    how.session.token = secret("sim.token");
    how.session.intents = (1U << 0) | (1U << 1) | (1U << 9) | (1U << 10);
    how.session.gateway_url = "ws://gateway.sim";
    how.session.transport = options_.transport;
    how.session.seed = options_.seed;
    how.most_in_flight = options_.most_in_flight;
    how.blocked_after = {};
    how.drain_patience = 2s;
    how.guild_wait = guild_wait;
    // A run is short: what takes an hour otherwise takes minutes here.
    how.silence.least_silence = 1min;
    how.silence.least_past = 2min;
    how.silence.least_events = 30;
    how.silence.between_renewals = 30s;
    how.silence.distrust = 2min;
    how.planted = options_.planted;
    how.keeper = &disk;
    how.log = logger([this](const log_record& line) { read_log(line.message); }, log_level::info);
    host_ =
        std::make_unique<host::shard_host>(std::vector<host::shard_thread>{{&time_, &dialer_}}, std::move(how), *desk_, *this);
    for (const auto& [shard, ticket] : tickets) {
        session_of_[shard.id] = ticket.session_id;
        done_before_[ticket.session_id] = ticket.done;
    }
    host_->want(options_.shards, std::move(tickets));
}

virtual_process::~virtual_process() { kill(); }

void virtual_process::stop(std::function<void(std::map<shard_key, gateway::resume_ticket>)> done) {
    dialer_.leave();
    host_->stop(false, std::move(done));
}

void virtual_process::kill() {
    if (std::exchange(gone_, true)) return;
    dialer_.leave();
    for (const auto& one : own_asks_)
        if (one->ended == 0) one->owner_killed = true;
    for (auto& [id, handler] : handlers_) time_.cancel(handler.timer);
    // Handlers that run end with their process: they never come to their end. Their buffers go before the host that lent them.
    handlers_.clear();
    host_.reset();
    desk_.reset();
}

bool virtual_process::all_live() const {
    const auto all = host_->shards();
    return all.size() == options_.shards.size() &&
           std::all_of(all.begin(), all.end(), [](const auto& one) { return one.status == gateway::session_status::live; });
}

std::uint64_t virtual_process::reconnects() const {
    std::uint64_t count = 0;
    for (const auto& one : host_->shards()) count += one.reconnects;
    return count;
}

std::string virtual_process::picture() const {
    std::string text;
    for (const auto& one : host_->shards())
        text += fmt::format("shard {} {} session {} seq {} in flight {} identifies {} resumes {} ({})\n", one.shard.id,
                            gateway::to_string(one.status), one.session_id, one.seq, one.in_flight, one.identifies, one.resumes,
                            one.last_reconnect_reason);
    return text;
}

void virtual_process::on_session(shard_key shard, std::string_view ready_json) {
    const auto id = discord::json_value(ready_json)["session_id"].text_or("");
    session_of_[shard.id] = id;
    seen_.known[shard.id] = id;
    seen_.sessions[id].shard = shard.id;
    auto& guilds = guilds_to_come_[shard.id];
    guilds.clear();
    for (const auto& guild : discord::json_value(ready_json)["guilds"].elements())
        guilds.insert(guild["id"].unsigned_integer().value_or(0));
    wait_began_[shard.id] = time_.now();
}

/// Told once a session by one process, with the number of READY's guilds that never came.
void virtual_process::on_shard_ready(shard_key shard, std::uint32_t missing) {
    const auto& session = session_of_[shard.id];
    auto& record = seen_.sessions[session];
    wait_began_.erase(shard.id);
    if (missing != 0) ++seen_.ready_with_missing;
    if (++ready_told_[session] > 1) record.wrong.emplace_back("its shard was told ready twice");
    const auto came = guilds_to_come_.find(shard.id);
    if (came != guilds_to_come_.end() && came->second.size() != missing)
        record.wrong.push_back(fmt::format("told ready with {} guilds missing, and {} are", missing, came->second.size()));
}

void virtual_process::note_guild(const host::dispatch& event) {
    if (event.kind != discord::event_kind::guild_create && event.kind != discord::event_kind::guild_delete) return;
    const auto guilds = guilds_to_come_.find(event.shard.id);
    if (guilds == guilds_to_come_.end()) return;
    const auto came = guilds->second.erase(discord::json_value(event.data)["id"].unsigned_integer().value_or(0)) != 0;
    if (const auto wait = wait_began_.find(event.shard.id); came && wait != wait_began_.end()) wait->second = time_.now();
}

/// A live shard is told ready when no further guild came for as long as is waited for one [2.6.4], however many are missing.
void virtual_process::check_wait(shard_key shard) {
    const auto wait = wait_began_.find(shard.id);
    if (wait == wait_began_.end() || time_.now() - wait->second <= guild_wait + 1s) return;
    const auto& session = session_of_[shard.id];
    seen_.sessions[session].wrong.push_back(
        fmt::format("live and not told ready {} s after the last of its guilds came", (time_.now() - wait->second) / 1s));
    wait_began_.erase(wait);
}

/// Which readers fail is a matter of the event, so that one fails every time it comes and another only once. What is no JSON at
/// all [F46] nobody can read.
bool virtual_process::can_read(const host::dispatch& event, const std::string& session, session_record& record) {
    random_source fate(std::hash<std::string>{}(session) ^ event.seq * 0x9E3779B97F4A7C15ULL);
    const bool fails = !seen_.quiet && fate.chance(options_.failing_readers);
    auto& times = record.failed[event.seq];
    if (discord::is_json(event.data) && !(fails && (times == 0 || fate.chance(0.5)))) return true;
    if (++times >= 2) record.skipped.insert(event.seq);
    ++unreadable_[event.shard.id];
    notes_.write(fmt::format("  shard {} cannot read s={}", event.shard.id, event.seq));
    return false;
}

result<void> virtual_process::on_dispatch(host::dispatch event, host::guild_change) {
    const auto& session = session_of_[event.shard.id];
    auto& record = seen_.sessions[session];
    record.shard = event.shard.id;
    check_wait(event.shard);
    note_guild(event);
    if (!can_read(event, session, record)) return std::unexpected(failure(gateway::errc::bad_message, "made to fail"));
    auto& highest = highest_[session];
    if (event.seq <= highest)
        record.wrong.push_back(fmt::format("s={} was handed out after s={} by one process", event.seq, highest));
    highest = std::max(highest, event.seq);
    record.handed_out.try_emplace(event.seq, time_.now());
    if (const auto done = done_before_.find(session); done != done_before_.end() && event.seq <= done->second)
        record.wrong.push_back(
            fmt::format("s={} was handed out though the process before had done s={}", event.seq, done->second));
    if (!record.started.insert(event.seq).second) {
        if (event.how == host::delivery::fresh)
            record.wrong.push_back(fmt::format("s={} was handed out a second time without a mark", event.seq));
        else
            ++record.replayed;
    }

    duration span{};
    if (random_.chance(options_.stuck_handlers))
        span = random_.between(1s, 60s);
    else if (random_.chance(options_.slow_handlers))
        span = random_.between(1ms, 3s);
    if (span == duration{}) {
        record.ended.insert(event.seq);
        return {};
    }
    const auto id = ++last_handler_;
    auto& handler = handlers_[id];
    handler.session = session;
    handler.event = std::move(event);
    handler.timer = time_.wake_at(time_.now() + span, [this, id] { end_handler(id); });
    return {};
}

void virtual_process::end_handler(std::uint64_t which) {
    auto node = handlers_.extract(which);
    seen_.sessions[node.mapped().session].ended.insert(node.mapped().event.seq);
}

void virtual_process::on_status(shard_key shard, gateway::session_status status) {
    notes_.write(fmt::format("  shard {} is {}", shard.id, gateway::to_string(status)));
    check_wait(shard);
    // While the connection is away no guild can come.
    wait_began_.erase(shard.id);
    if (status == gateway::session_status::live && !ready_told_.contains(session_of_[shard.id]))
        wait_began_[shard.id] = time_.now();
}

void virtual_process::on_gave_up(shard_key shard, std::uint16_t close_code, std::string_view why) {
    notes_.write(fmt::format("  shard {} gave up: {} {}", shard.id, close_code, why));
    seen_.gave_up[shard.id] = close_code;
}

void virtual_process::read_log(std::string_view line) {
    notes_.write(fmt::format("  log {}", line));
    for (const auto& shard : options_.shards)
        if (line.starts_with(fmt::format("shard {}: zombie", shard.id))) discord_.called_dead(shard.id);
}

// ---- members -------------------------------------------------------------------------------------------------------------

void virtual_process::ask_members(shard_key shard, guild_id guild, std::vector<user_id> users) {
    if (gone_) return;
    auto ask = std::make_shared<member_ask>();
    ask->shard = shard.id;
    host::member_listener listener;
    listener.on_asked = [ask] {
        ask->nonce.clear();
        ask->came.clear();
        ask->count.reset();
    };
    listener.on_chunk = [this, ask](std::string_view chunk) {
        const discord::json_value read(chunk);
        const auto index = read["chunk_index"].unsigned_integer().value_or(0);
        const auto count = read["chunk_count"].unsigned_integer().value_or(0);
        const auto nonce = read["nonce"].text_or("");
        if (ask->nonce.empty()) ask->nonce = nonce;
        if (nonce != ask->nonce || nonce == "sim-other-nonce")
            seen_.wrong.emplace_back("a chunk of another request was handed over");
        if (ask->count.value_or(count) != count) seen_.wrong.emplace_back("the number of chunks changed");
        ask->count = count;
        if (!ask->came.insert(index).second) seen_.wrong.push_back(fmt::format("chunk {} was handed over twice", index));
    };
    listener.on_ended = [this, ask](const gateway::member_requests::ended& end) {
        using outcome = gateway::member_requests::outcome;
        if (++ask->ended > 1) seen_.wrong.emplace_back("a request for members ended twice");
        ask->complete = end.how == outcome::complete;
        if (ask->complete && ask->came.size() != ask->count.value_or(0))
            seen_.wrong.push_back(
                fmt::format("a request for members is complete with {} of {} chunks", ask->came.size(), ask->count.value_or(0)));
        static constexpr const char* words[] = {"complete", "timed out", "rate limited", "cancelled"};
        notes_.write(fmt::format("  shard {}: request for members {}", ask->shard, words[static_cast<std::size_t>(end.how)]));
    };
    const auto asked = host_->request_members(shard, {.guild = guild, .users = std::move(users)}, std::move(listener));
    if (!asked) return;  // The shard is on its way out.
    seen_.asks.push_back(ask);
    own_asks_.push_back(std::move(ask));
}

void virtual_process::check_pictures() {
    for (const auto& one : host_->shards()) {
        const auto counted = one.bad_input[static_cast<std::size_t>(host::bad_input::unreadable_event)];
        const auto happened = unreadable_[one.shard.id];
        if (counted != happened)
            seen_.wrong.push_back(
                fmt::format("shard {} counts {} unreadable events, and {} came", one.shard.id, counted, happened));
        if (ready_told_[session_of_[one.shard.id]] != 1)
            seen_.wrong.push_back(
                fmt::format("shard {} was never told ready in session {}", one.shard.id, session_of_[one.shard.id]));
    }
}

}  // namespace shoal::simulation
