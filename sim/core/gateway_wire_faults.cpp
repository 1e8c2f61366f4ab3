// The faults of one connection: at once, or where a standing one meets it.

#include <boost/json.hpp>

#include "sim/core/command_reader.hpp"
#include "sim/core/gateway.hpp"

namespace shoal::sim {

namespace json = boost::json;

bool gateway::wire_fault_on(connection& c, int number, const json::object& how, instant now) {
    const auto count = [&](std::uint64_t otherwise) { return read_whole(how.if_contains("count")).value_or(otherwise); };
    const auto span = [&](std::uint64_t ms) {
        return duration(std::chrono::milliseconds(read_whole(how.if_contains("ms")).value_or(ms)));
    };
    const auto order = [&](wire_fault what, std::uint64_t n, duration for_long = {}) {
        out_->push_back(wire_order{c.id, what, n, for_long});
        return true;
    };
    switch (number) {
        case 1: cut(c, wire_fault::fin, now); return false;
        case 2: {
            const json::value* kind = how.if_contains("how");
            const bool record = kind != nullptr && *kind == "mid_record";
            const bool frame = kind != nullptr && *kind == "mid_frame";
            cut(c, record ? wire_fault::rst_mid_record : (frame ? wire_fault::rst_mid_frame : wire_fault::rst), now);
            return false;
        }
        case 3:
            out_->push_back(close_connection{c.id, std::nullopt, {}});
            drop(c, now);
            return false;
        case 4:
            close(c, static_cast<std::uint16_t>(read_whole(how.if_contains("code")).value_or(4000)), "Injected.", now);
            return false;
        case 11: {
            const json::value* events = how.if_contains("events");
            c.acks = false;
            c.silent = events == nullptr || *events != true;
            return true;
        }
        case 12: {
            order(wire_fault::stop_reading, 0);
            c.reading = false;
            if (how.contains("ms")) {
                agenda_.at(now + span(0), [this, id = c.id](instant) {
                    connection* still = find(id);
                    if (still == nullptr || still->reading) return;
                    still->reading = true;
                    out_->push_back(wire_order{id, wire_fault::resume_reading, 0, {}});
                });
            }
            return true;
        }
        case 13: return order(wire_fault::stall_sending, 0, span(10'000));
        case 33: return order(wire_fault::split_messages, count(20));
        case 34: return order(wire_fault::fragment_with_pings, count(20));
        case 35: {
            const json::value* named = how.if_contains("how");
            const std::string_view kind = named != nullptr && named->is_string() ? std::string_view(named->as_string()) : "byte";
            if (kind == "truncate") return order(wire_fault::truncate_message, 1);
            if (kind == "bomb") return order(wire_fault::bomb, read_whole(how.if_contains("megabytes")).value_or(100));
            if (kind == "cut_json") return order(wire_fault::cut_json, 1);
            if (kind == "no_op") return order(wire_fault::no_op, 1);
            return order(wire_fault::corrupt_byte, 1);
        }
        case 36: return order(wire_fault::coalesce, count(5));
        case 37: return order(wire_fault::tiny_segments, count(20));
        default: return true;
    }
}

void gateway::strike_connection(connection& c, instant now, bool by_percent) {
    const fault_subject who = subject(c);
    for (const int number : {2, 11, 12, 13, 33, 34, 35, 36, 37}) {
        const auto how = faults_.strike(by_percent ? number : number + by_identity, who, now, chance_);
        if (how && !wire_fault_on(c, number, *how, now)) return;
    }
}

}  // namespace shoal::sim
