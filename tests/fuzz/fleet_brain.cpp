// A coordinator's brain under messages that no worker would send, over a store whose records may be damaged: nothing is
// undefined, epochs only rise, and what it stores it can read again.

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "cluster/brain.hpp"
#include "fuzz/bytes.hpp"

using namespace shoal;
using namespace shoal::cluster;
using namespace std::chrono_literals;

namespace {

class mischief {
public:
    explicit mischief(fuzz::input& in) : in_(in) {}

    process_id process() { return {fmt::format("w{}", in_.choice() % 4)}; }
    std::uint64_t small() { return in_.choice() % 5; }
    std::optional<resume_ticket> ticket(std::uint32_t shard) {
        const auto what = in_.choice();
        if (what % 3 == 0) return std::nullopt;
        return resume_ticket{{shard, what % 7 == 0 ? 9U : 8U},
                             what % 11 == 0 ? "a\nb" : fmt::format("s{}", what % 4),
                             "wss://r",
                             small() * 9,
                             small() * 7,
                             1};
    }
    shard_report report() {
        shard_report out;
        out.shard = in_.choice() % 10;
        out.epoch = shard_epoch{small()};
        out.status = static_cast<shard_status>(in_.choice() % shard_statuses);
        out.ticket = ticket(out.shard);
        out.seq = small();
        out.done = small();
        out.leased = in_.choice() % 2 == 0;
        if (in_.choice() % 4 == 0) out.lost_session = fmt::format("s{}", small());
        if (in_.choice() % 8 == 0) out.refused = {static_cast<std::uint16_t>(4009 + small() + small()), "no\nmore"};
        return out;
    }
    std::vector<shard_report> reports() {
        std::vector<shard_report> out;
        for (auto n = in_.choice() % 6; n > 0; --n) out.push_back(report());
        return out;
    }
    rest_use use() {
        return {.sent_per_second = static_cast<double>(small()) * 20,
                .waiting = static_cast<std::uint32_t>(small()) * 1000,
                .in_use = static_cast<std::uint32_t>(small()) * 20,
                .most = static_cast<std::uint32_t>(small()),
                .obeys = beat_number{small()}};
    }
    leader::fact fact() {
        const stream_id stream{small()};
        const auto shard = static_cast<std::uint32_t>(in_.choice() % 10);
        const shard_epoch epoch{small()};
        switch (in_.choice() % 14) {
            case 0: {
                register_ask ask;
                ask.process = process();
                ask.incarnation = incarnation{small()};
                ask.succeeds = incarnation{small()};
                ask.fleet = fleet_id{small()};
                ask.highest_leader = leader_epoch{small()};
                ask.fresh = in_.choice() % 2 == 0;
                ask.capacity.max_shards = in_.choice() % 6;
                ask.shards = reports();
                ask.rest = use();
                return leader::said{stream, std::move(ask)};
            }
            case 1:
            case 2: return leader::said{stream, heartbeat{beat_number{++beats_}, {}, reports(), in_.choice() % 8 == 0, use()}};
            case 3: return leader::said{stream, permit_ask{shard, epoch, false, fmt::format("s{}", small())}};
            case 4: return leader::said{stream, permit_used{shard, epoch, permit_number{small()}}};
            case 5: return leader::said{stream, permit_returned{shard, epoch, permit_number{small()}}};
            case 6: return leader::said{stream, identify_ended{shard, epoch, in_.choice() % 2 == 0}};
            case 7: return leader::said{stream, goodbye{}};
            case 8: return leader::stream_closed{stream};
            case 9: return leader::death_proven{process(), incarnation{small()}, "seen"};
            case 10: return leader::budget_told{{1000, in_.choice() * 4, 1h, static_cast<std::int64_t>(small())}};
            case 11: return leader::shard_count_told{static_cast<std::uint32_t>(in_.choice() % 3 == 0 ? 0 : 8)};
            case 12: return leader::operator_asked{1, request(shard)};
            default: return leader::tick{};
        }
    }
    operator_request request(std::uint32_t shard) {
        switch (in_.choice() % 8) {
            case 0: return explain_ask{shard};
            case 1: return move_ask{{shard}, process(), false};
            case 2: return move_ask{{shard, shard}, {}, in_.choice() % 2 == 0};
            case 3: return drain_ask{process(), in_.choice() % 2 == 0};
            case 4: return cordon_ask{process(), in_.choice() % 2 == 0};
            case 5: return pause_ask{in_.choice() % 3 == 0};
            case 6: return fence_ask{process(), {}};
            default: return rebalance_ask{false};
        }
    }

private:
    fuzz::input& in_;
    std::uint64_t beats_ = 0;
};

brain_config config() {
    brain_config out;
    out.coordinator = "c1";
    out.boot_id = "boot";
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    mischief next_one(in);
    std::map<std::string, std::string> kept;
    instant now = instant{} + 1h;
    const bool breaks = in.choice() % 4 == 0;
    for (int lives = 1 + in.choice() % 3; lives > 0; --lives) {
        brain one(config());
        std::vector<leader::order> orders;
        std::map<std::uint32_t, shard_epoch> epochs;
        bool damaged = false;
        const auto run = [&](const leader::fact& what) {
            orders.clear();
            one.step(what, now, orders);
            for (std::size_t i = 0; i < orders.size(); ++i) {
                if (const auto* note = std::get_if<leader::note>(&orders[i]))
                    damaged |= note->code == leader::note_code::bad_record;
                if (const auto* say = std::get_if<leader::say>(&orders[i]))
                    if (const auto* start = std::get_if<start_order>(&say->what)) {
                        auto& before = epochs[start->shard.id];
                        SHOAL_ASSERT(start->epoch >= before && start->leader == one.epoch());
                        before = start->epoch;
                    }
                const auto* write = std::get_if<leader::write>(&orders[i]);
                if (write == nullptr) continue;
                if (breaks && in.choice() % 5 == 0) {
                    one.step(leader::write_failed{"full", false}, now, orders);
                    continue;
                }
                for (const auto& record : std::vector(write->records)) {
                    if (record.value)
                        kept[record.key] = *record.value;
                    else
                        kept.erase(record.key);
                }
                one.step(leader::write_stored{}, now, orders);
            }
        };
        leader::office_taken office{{}, kept.empty() ? "there was none" : "", fleet_id{3}};
        for (const auto& [key, value] : kept) office.records.push_back({key, value});
        run(office);
        SHOAL_ASSERT(!damaged);
        for (int steps = 0; steps < 200 && !in.rest().empty(); ++steps) {
            now += std::chrono::milliseconds(in.choice() * 20);
            run(next_one.fact());
        }
        (void)one.picture(now);
    }
    // And records that somebody else wrote.
    leader::office_taken office{{}, "", fleet_id{3}};
    for (const auto& [key, value] : kept) {
        auto text = value;
        if (!text.empty()) text[in.choice() % text.size()] = static_cast<char>(in.choice());
        office.records.push_back({key, std::move(text)});
    }
    brain last(config());
    std::vector<leader::order> orders;
    last.step(office, now, orders);
    last.step(leader::tick{}, now + 10s, orders);
    return 0;
}
