#include "fleet/virtual_fleet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

namespace shoal::fleet_simulation {

using namespace std::chrono_literals;

virtual_fleet::virtual_fleet(fleet_options options)
    : network(time, random_source(options.seed * 3 + 1).fork(), options.weather),
      discord(options.shards, options.budget, options.keys, random_source(options.seed * 5 + 2).fork()),
      options_(options),
      random_(random_source(options.seed).next()),
      world_{.time = time,
             .discord = discord,
             .network = network,
             .wrong = [this](std::string what) { wrong(std::move(what)); },
             .write = [this](std::string line) { write(std::move(line)); },
             .before_dial = [this](virtual_worker& by, std::uint32_t shard) { check_owners(by, shard, "dials"); },
             .before_hand_out = [this](virtual_worker& by, std::uint32_t shard) { check_owners(by, shard, "hands out"); },
             .on_orphan_dial = [this](virtual_worker& by, std::uint32_t shard, bool failed) { check_orphan(by, shard, failed); },
             .on_end = [](virtual_worker&) {},
             .on_rest = [this](virtual_worker&) { check_rest(true); },
             .lease_on_wall_clock = options.lease_on_wall_clock,
             .holders = std::vector<std::vector<virtual_worker*>>(options.shards)} {
    discord.reserve = options.budget / 10;
    discord.on_wrong = [this](std::string what) { wrong(std::move(what)); };
    discord.before_identify = [this](std::uint32_t shard) { check_identify(shard); };
    discord.on_kicked = [this](socket_id socket) {
        time.post([this, socket] {
            if (const auto found = workers.find(socket.worker); found != workers.end()) found->second->kicked(socket);
        });
    };
    watch_rest();
    if (options_.fence == cluster::fence_policy::close) check_fences();
    network.place_of = [this](std::uint64_t who) { return place_of_[who]; };
    network.on_opened = [](cluster::stream_id, std::uint64_t) {};
    network.on_up = [this](cluster::stream_id stream, cluster::to_coordinator what) { hear_up(stream, std::move(what)); };
    network.on_closed_up = [this](cluster::stream_id stream) {
        if (coordinator_) coordinator_->feed(cluster::leader::stream_closed{stream});
    };
    network.on_down = [this](std::uint64_t who, cluster::to_worker what, bool of_the_dead) {
        if (const auto found = workers.find(who); found != workers.end()) found->second->hear(std::move(what), of_the_dead);
    };
    network.on_closed_down = [this](std::uint64_t who, cluster::stream_id stream) {
        if (const auto found = workers.find(who); found != workers.end()) found->second->stream_closed(stream);
    };
}

virtual_fleet::~virtual_fleet() {
    workers.clear();
    coordinator_.reset();
}

void virtual_fleet::start_coordinator() {
    coordinator_.reset();
    cluster::brain_config config;
    config.coordinator = "c1";
    config.token_proof = "token";
    config.intents_proof = "intents";
    config.application = 1;
    config.boot_id = "boot";
    config.rest.limit_per_second = options_.rest_limit;
    config.planted = options_.planted;
    write("coordinator starts");
    coordinator_ = std::make_unique<virtual_coordinator>(
        time, discord, network, kept, std::move(config), options_.shards, random_.next(),
        virtual_coordinator::hooks{
            [this](const cluster::to_worker& what) {
                const auto note = [this](const std::string& id) {
                    if (auto* session = discord.find(id)) session->noted = session->ever_noted = true;
                };
                if (const auto* noted = std::get_if<cluster::ticket_noted>(&what)) note(noted->session_id);
                if (const auto* start = std::get_if<cluster::start_order>(&what); start != nullptr && start->ticket)
                    note(start->ticket->session_id);
                moves_ordered += static_cast<std::uint64_t>(std::holds_alternative<cluster::stop_order>(what));
            },
            [this](std::string line) { write(std::move(line)); },
            [this](cluster::operator_answer answer) { last_answer = std::move(answer); }});
}

void virtual_fleet::lose_store() {
    write("the store is lost");
    kept = {};
    discord.forget_notes();
}

virtual_worker& virtual_fleet::start_worker(const std::string& name, birth how) {
    const auto number = ++last_worker_;
    const auto place = places_.emplace(name, places_.size() + 1).first->second;
    place_of_[number] = place;
    cluster::worker_config config;
    config.self.process = {name};
    config.self.incarnation = cluster::incarnation{++incarnations_};
    config.self.succeeds = how.succeeds;
    config.self.zone = how.zone;
    config.self.capacity = how.capacity;
    config.self.token_proof = "token";
    config.self.intents_proof = "intents";
    config.coordinators = {"https://c1:8443"};
    config.seed = random_.next();
    config.fence = options_.fence;
    config.planted = options_.planted;
    write(fmt::format("{} starts as incarnation {}", name, incarnations_));
    auto& worker =
        *(workers[number] = std::make_unique<virtual_worker>(world_, number, place, std::move(config), random_.next()));
    worker.begin();
    return worker;
}

void virtual_fleet::kill(std::uint64_t number, bool proof) {
    const auto found = workers.find(number);
    if (found == workers.end()) return;
    const auto process = found->second->process();
    const auto incarnation = found->second->incarnation();
    write(fmt::format("{} is killed{}", process.value, proof ? ", and seen to be" : ""));
    check_rest(true);
    network.worker_died(number);
    workers.erase(found);
    if (proof && coordinator_) {
        time.wake_at(time.now() + 20ms, [this, process, incarnation] {
            if (coordinator_) coordinator_->feed(cluster::leader::death_proven{process, incarnation, "its parent saw it exit"});
        });
    }
}

void virtual_fleet::reap_ended() {
    std::erase_if(workers, [](const auto& one) { return one.second->ended(); });
}

void virtual_fleet::hear_up(cluster::stream_id stream, cluster::to_coordinator what) {
    const bool registers = std::holds_alternative<cluster::register_ask>(what);
    if (coordinator_) coordinator_->feed(cluster::leader::said{stream, std::move(what)});
    if (registers || ++heard_ % 50 == 0) check_twins();
}

void virtual_fleet::write(std::string line) {
    if (!options_.keep_transcript) return;
    lines_.push_back(fmt::format("{:9.3f} {}", std::chrono::duration<double>(time.now() - instant{} - 1h).count(), line));
    if (lines_.size() > 2000) lines_.pop_front();
}

void virtual_fleet::wrong(std::string what) {
    write("!!!! " + what);
    if (findings.empty())
        for (const auto& line : lines_) transcript += line + "\n";
    if (findings.size() < 20) findings.push_back(std::move(what));
}

virtual_worker* virtual_fleet::by_name(const std::string& name) {
    for (auto& [number, worker] : workers)
        if (worker->process().value == name && !worker->ended()) return worker.get();
    return nullptr;
}

// ---- what must hold ------------------------------------------------------------------------------------------------------

/// No IDENTIFY where a RESUME was possible and the coordinator could know it.
void virtual_fleet::check_identify(std::uint32_t shard) {
    const auto* session = discord.newest(shard);
    if (session == nullptr || !session->noted || !discord.resumable(*session, time.now())) return;
    wrong(fmt::format("IDENTIFY of shard {} although session {} could be resumed", shard, session->id));
}

/// Nobody acts as the owner of a shard while another one may.
void virtual_fleet::check_owners(virtual_worker& by, std::uint32_t shard, const char* doing) {
    const auto& holders = world_.holders[shard];
    if (holders.size() < 2 || !by.machine().owns(shard, by.now())) return;
    for (const auto* other : holders) {
        if (other == &by || other->frozen() || other->ended()) continue;
        if (other->machine().owns(shard, other->now()))
            wrong(fmt::format("{} {} shard {} while {} owns it, too", by.process().value, doing, shard, other->process().value));
    }
}

/// An orphan resumes once; then it takes it that somebody else has its session.
void virtual_fleet::check_orphan(virtual_worker& by, std::uint32_t shard, bool failed) {
    if (!failed && options_.fence == cluster::fence_policy::close)
        wrong(fmt::format("{} dials shard {} as an orphan although its fence is to close", by.process().value, shard));
    const std::pair which{by.number(), shard};
    if (failed) {
        orphan_dials_.erase(which);
        return;
    }
    const auto [last, first] = orphan_dials_.try_emplace(which, time.now());
    write(fmt::format("{} dials shard {} as an orphan", by.process().value, shard));
    if (!first && time.now() - last->second < 60s)
        wrong(fmt::format("the orphan {} dials shard {} twice in {} ms", by.process().value, shard,
                          to_ms(time.now() - last->second)));
    last->second = time.now();
}

/// One live incarnation of a process id.
void virtual_fleet::check_twins() {
    std::map<std::string_view, std::vector<const virtual_worker*>> by_name;
    for (const auto& [number, worker] : workers) by_name[worker->process().value].push_back(worker.get());
    for (const auto& [name, all] : by_name) {
        if (all.size() < 2) continue;
        const auto owns = [](const virtual_worker* one) { return !one->frozen() && !one->ended() && one->owns_any(); };
        if (std::ranges::count_if(all, owns) > 1) wrong(fmt::format("two incarnations of {} own shards", name));
    }
}

void virtual_fleet::check_fences() {
    for (const auto& [number, worker] : workers)
        if (const auto shard = worker->unfenced())
            wrong(fmt::format("{} has a socket for shard {} without a lease", worker->process().value, *shard));
    time.wake_at(time.now() + 1s, [this] { check_fences(); });
}

/// In no second may all together send more than Discord's limit, however they do: each is taken to send as much as it may, and
/// what it sent under a former right counts for a second.
void virtual_fleet::check_rest(bool just_now) {
    for (const auto& [number, worker] : workers) {
        const auto right = worker->rest_right();
        auto& seen = rest_used_[number];
        if (!seen.empty() && (just_now || seen.back().per_second == right)) seen.back().last = time.now();
        if (seen.empty() || seen.back().per_second != right) seen.push_back({right, time.now()});
    }
    std::uint64_t all = 0;
    for (auto at = rest_used_.begin(); at != rest_used_.end();) {
        auto& seen = at->second;
        while (!seen.empty() && seen.front().last <= time.now() - 1s) seen.pop_front();
        std::uint32_t most = 0;
        for (const auto& each : seen) most = std::max(most, each.per_second);
        all += most;
        at = seen.empty() && !workers.contains(at->first) ? rest_used_.erase(at) : std::next(at);
    }
    if (all > options_.rest_limit)
        wrong(fmt::format("{} requests may go out in a second of {}: {}", all, options_.rest_limit, rest_slices()));
}

void virtual_fleet::watch_rest() {
    check_rest(false);
    time.wake_at(time.now() + 50ms, [this] { watch_rest(); });
}

std::string virtual_fleet::rest_slices() const {
    std::string out;
    for (const auto& [number, worker] : workers)
        out += fmt::format("{}#{} {}{}; ", worker->process().value, number, worker->rest_right(),
                           worker->machine().is_registered() ? "" : " without a coordinator");
    return out;
}

bool virtual_fleet::all_served(std::string* why) const {
    std::vector<std::uint32_t> served(options_.shards, 0);
    for (const auto& [number, worker] : workers)
        for (const auto shard : worker->shards())
            if (worker->serves(shard)) ++served[shard];
    for (std::uint32_t shard = 0; shard < options_.shards; ++shard) {
        if (served[shard] == 1) continue;
        if (why != nullptr) {
            *why = fmt::format("shard {} is served by {} workers", shard, served[shard]);
            for (const auto& [number, worker] : workers)
                if (worker->holds(shard))
                    *why += fmt::format("; {} holds it: {}", worker->process().value, worker->describe(shard));
            if (coordinator_ && shard < coordinator_->brain().assignments().total()) {
                const auto& row = coordinator_->brain().assignments().at(shard);
                *why += fmt::format("; the coordinator has it {} on {} under epoch {}, as {}", cluster::to_string(row.state),
                                    row.owner ? row.owner->value : "nobody", cluster::number(row.epoch),
                                    cluster::to_string(row.reported));
            }
        }
        return false;
    }
    return true;
}

}  // namespace shoal::fleet_simulation
