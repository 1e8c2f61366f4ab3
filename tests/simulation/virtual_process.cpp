#include "simulation/virtual_process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "discord/json_cursor.hpp"
#include "gateway/errc.hpp"

namespace shoal::simulation {

namespace {

class ledger_in_memory final : public host::ledger_port {
public:
    explicit ledger_in_memory(shared_ledger& where) : where_(where) {}
    result<void> with(instant, const std::function<void(gateway::identify_ledger&)>& change) override {
        // Through its text, as the file does it.
        auto read = gateway::read_ledger(gateway::write_ledger(where_.ledger));
        if (!read) return std::unexpected(read.error());
        change(*read);
        where_.ledger = std::move(*read);
        return {};
    }

private:
    shared_ledger& where_;
};

}  // namespace

virtual_process::virtual_process(virtual_scheduler& time, virtual_discord& discord, shared_ledger& ledger, witness& seen,
                                 transcript& notes, process_options options, std::map<shard_key, gateway::resume_ticket> tickets)
    : time_(time),
      seen_(seen),
      notes_(notes),
      options_(std::move(options)),
      random_(options_.seed),
      dialer_(discord),
      http_(discord) {
    host::desk_options with;
    with.planted = options_.planted;
    desk_ = std::make_unique<host::identify_desk>(
        time_, std::make_unique<ledger_in_memory>(ledger),
        host::gateway_bot_over_http(http_, "https://api.sim/api/v10", secret("sim.token"), "DiscordBot (https://shoal.test, 0)"),
        with);

    host::host_options how;
    how.session.token = secret("sim.token");
    how.session.intents = (1U << 0) | (1U << 9) | (1U << 10);
    how.session.gateway_url = "ws://gateway.sim";
    how.session.transport = options_.transport;
    how.session.seed = options_.seed;
    how.most_in_flight = options_.most_in_flight;
    how.blocked_after = {};
    how.drain_patience = 2s;
    how.planted = options_.planted;
    how.log = logger([this](const log_record& line) { notes_.write(fmt::format("  log {}", line.message)); }, log_level::info);
    host_ =
        std::make_unique<host::shard_host>(std::vector<host::shard_thread>{{&time_, &dialer_}}, std::move(how), *desk_, *this);
    for (const auto& [shard, ticket] : tickets) session_of_[shard.id] = ticket.session_id;
    host_->want(options_.shards, std::move(tickets));
}

virtual_process::~virtual_process() { kill(); }

void virtual_process::stop(std::function<void(std::map<shard_key, gateway::resume_ticket>)> done) {
    host_->stop(false, std::move(done));
}

void virtual_process::kill() {
    if (std::exchange(gone_, true)) return;
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
}

result<void> virtual_process::on_dispatch(host::dispatch event, host::guild_change) {
    const auto& session = session_of_[event.shard.id];
    auto& record = seen_.sessions[session];
    record.shard = event.shard.id;
    // Which readers fail is a matter of the event, so that one fails every time it comes and another only once.
    random_source fate(std::hash<std::string>{}(session) ^ event.seq * 0x9E3779B97F4A7C15ULL);
    if (!seen_.quiet && fate.chance(options_.failing_readers)) {
        auto& times = record.failed[event.seq];
        if (times == 0 || fate.chance(0.5)) {
            if (++times >= 2) record.skipped.insert(event.seq);
            notes_.write(fmt::format("  shard {} cannot read s={}", event.shard.id, event.seq));
            return std::unexpected(failure(gateway::errc::bad_message, "made to fail"));
        }
    }
    auto& highest = highest_[session];
    if (event.seq <= highest)
        record.wrong.push_back(fmt::format("s={} was handed out after s={} by one process", event.seq, highest));
    highest = std::max(highest, event.seq);
    if (!record.started.insert(event.seq).second && event.how == host::delivery::fresh)
        record.wrong.push_back(fmt::format("s={} was handed out a second time without a mark", event.seq));

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
}

void virtual_process::on_gave_up(shard_key shard, std::uint16_t close_code, std::string_view why) {
    notes_.write(fmt::format("  shard {} gave up: {} {}", shard.id, close_code, why));
}

}  // namespace shoal::simulation
