#include "simulation/network_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>

namespace shoal::simulation {

namespace json = boost::json;
using namespace std::chrono_literals;

void network_watch::dialed() {
    const auto now = time_.now();
    ++dials;
    recent_dials_.push_back(now);
    while (now - recent_dials_.front() > 60s) recent_dials_.pop_front();
    most_dials_in_a_minute = std::max(most_dials_in_a_minute, recent_dials_.size());
}

/// A dead resume host is given some seconds, and then left alone [F8].
void network_watch::dialed_nowhere(const std::shared_ptr<const bool>& leaving, const std::string& url) {
    const auto now = time_.now();
    auto& seen = dead_hosts_.try_emplace({leaving, url}, dead_host{now, now}).first->second;
    if (now - seen.first > 15s && now - seen.last < 55s)
        on_wrong(fmt::format("{} is dead since {} s and dialed again after {} ms", url, (now - seen.first) / 1s,
                             to_ms(now - seen.last)));
    seen.last = now;
}

void network_watch::came(virtual_link& from, std::string_view text,
                         const std::function<std::optional<std::uint32_t>(std::string_view session)>& owner) {
    const auto message = json::parse(text).as_object();
    const auto op = message.at("op").as_int64();
    if (op == 1 && !from.session.empty() && !message.at("d").is_null())
        return on_heartbeat(from.session, message.at("d").to_number<std::uint64_t>());
    if (op != 2 && op != 6) return;
    const auto& d = message.at("d").as_object();
    if (op == 2) {
        const auto now = time_.now();
        from.shard = static_cast<std::uint32_t>(d.at("shard").as_array().at(0).as_int64());
        from.identified_at = now;
        from.answered = false;
        // After so many failures in a row nobody's IDENTIFYs come in quick succession.
        if (failed_identifies_ >= 9 && now - last_identify_ < 9s)
            on_wrong(fmt::format("IDENTIFY {} ms after another, with {} failed in a row", to_ms(now - last_identify_),
                                 failed_identifies_));
        last_identify_ = now;
        notes_.write(fmt::format("conn {} IDENTIFY shard {}", from.number(), *from.shard));
        if (on_identify) on_identify(*from.shard);
        return;
    }
    from.resumed_with = true;
    from.session.assign(d.at("session_id").as_string().data(), d.at("session_id").as_string().size());
    if (const auto shard = owner(from.session)) from.shard = shard;
    notes_.write(fmt::format("conn {} RESUME shard {} from {} session {}", from.number(), from.shard.value_or(999),
                             d.at("seq").as_int64(), from.session));
}

void network_watch::said(virtual_link& to, const sim::payload& what) {
    if (what.op == 9 && what.data && *what.data == "false" && to.shard) told_lost.insert(*to.shard);
    if (what.op == 7 || what.op == 9 || what.name == "READY") to.answered = true;
    if (what.op != 11 && what.op != 0)
        notes_.write(fmt::format("conn {} op {} {}", to.number(), what.op,
                                 what.data ? std::string_view(*what.data).substr(0, 40) : "null"));
    if (what.name == "READY" && what.data) {
        const auto id = json::parse(*what.data).as_object().at("session_id").as_string();
        to.session.assign(id.data(), id.size());
        told_lost.erase(to.shard.value_or(0));
        failed_identifies_ = 0;
    }
    if (what.name == "READY" || what.name == "RESUMED") {
        system_numbers[to.session].insert(what.seq);
        notes_.write(fmt::format("conn {} {} s={} session {}", to.number(), what.name, what.seq, to.session));
    }
}

void network_watch::closed_by_discord(virtual_link& to, std::optional<std::uint16_t> code) {
    notes_.write(fmt::format("conn {} Discord closes with {}", to.number(), code ? fmt::format("{}", *code) : "no code"));
    if (to.shard && to.resumed_with && code && *code >= 4000 && *code != 4000 && *code != 4008) told_lost.insert(*to.shard);
    if (to.shard && code && (*code == 4007 || *code == 4009)) told_lost.insert(*to.shard);
    to.answered = true;
}

/// A READY that takes long while heartbeats are ACKed is no reason to leave: it would cost another IDENTIFY.
void network_watch::hung_up(const virtual_link& which) const {
    if (!which.identified_at || which.answered || which.corrupted || which.black || which.server_gone || *which.leaving) return;
    const auto now = time_.now();
    if (now - which.last_arrival < 45s && now - *which.identified_at < 5min)
        on_wrong(fmt::format("shard {} hung up {} s after its IDENTIFY, while Discord prepared READY", which.shard.value_or(0),
                             (now - *which.identified_at) / 1s));
}

void network_watch::called_dead(std::uint32_t shard, const virtual_link& which) const {
    if (which.shard != shard || which.events == nullptr || which.black) return;
    // The shortest interval in which a beat goes unanswered is over 41 s.
    if (const auto quiet = time_.now() - which.last_arrival; quiet < 40s)
        on_wrong(fmt::format("shard {} called conn {} dead {} ms after something came", shard, which.number(), to_ms(quiet)));
}

}  // namespace shoal::simulation
