#include "cache/json_reading.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "cache/bytes.hpp"

namespace shoal::cache {

using discord::json_value;

std::string_view json_reading::keep(std::string_view text) {
    if (text.size() > block_bytes) text = text.substr(0, block_bytes);  // Bounds of texts and lists are far below.
    if (block_ < blocks_.size() && used_ + text.size() > block_bytes) {
        ++block_;
        used_ = 0;
    }
    if (block_ == blocks_.size()) blocks_.push_back(std::make_unique_for_overwrite<char[]>(block_bytes));
    char* at = blocks_[block_].get() + used_;
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    used_ += text.size();
    return {at, text.size()};
}

void json_reading::shrink() noexcept {
    constexpr std::size_t most_blocks = 2;
    constexpr std::size_t most_decoded = 16 * 1024;
    if (blocks_.size() > most_blocks) blocks_.resize(most_blocks);
    if (decoded_.capacity() > most_decoded) std::string().swap(decoded_);
    if (bytes.capacity() > most_decoded) std::string().swap(bytes);
    block_ = 0;
    used_ = 0;
}

std::string_view json_reading::text(const json_value& value, std::size_t most) {
    auto out = value.text(decoded_);
    if (out.size() > most) {
        auto cut = most;
        while (cut > 0 && (static_cast<unsigned char>(out[cut]) & 0xC0U) == 0x80U) --cut;
        out = out.substr(0, cut);
    }
    return out.data() >= decoded_.data() && out.data() <= decoded_.data() + decoded_.size() ? keep(out) : out;
}

std::uint16_t json_reading::slot_of(std::uint64_t role) {
    if (role_ids_ == nullptr || role == 0) return no_slot;
    const auto found = std::find(role_ids_->begin(), role_ids_->end(), role);
    if (found != role_ids_->end()) return static_cast<std::uint16_t>(found - role_ids_->begin());
    if (role_ids_->size() >= most_slots) return no_slot;
    role_ids_->reserve(role_ids_->size() + 1 + role_ids_->size() / 16);
    role_ids_->push_back(role);
    return static_cast<std::uint16_t>(role_ids_->size() - 1);
}

void read_roles(cached_roles& into, const json_value& value, json_reading& reading) {
    reading.slots.clear();
    for (const auto& each : value.elements()) {
        if (reading.slots.size() == most_items) break;
        const auto slot = reading.slot_of(each.unsigned_integer().value_or(0));
        if (slot != json_reading::no_slot) reading.slots.push_back(slot);
    }
    std::ranges::sort(reading.slots);
    const auto doubled = std::ranges::unique(reading.slots);
    reading.slots.erase(doubled.begin(), doubled.end());
    const auto kept = reading.keep({reinterpret_cast<const char*>(reading.slots.data()), 2 * reading.slots.size()});
    into = {kept.data(), static_cast<std::uint32_t>(reading.slots.size()), reading.role_ids()};
}

void read_overwrites(cached_overwrites& into, const json_value& value, json_reading& reading) {
    auto& out = reading.bytes;
    out.clear();
    std::size_t count = 0;
    for (const auto& each : value.elements()) {
        if (count == most_items) break;
        cached_overwrite one;
        for (const auto& [key, part] : each.fields()) {
            if (key == "id") {
                one.id = part.unsigned_integer().value_or(0);
            } else if (key == "type") {
                one.is_member = part.unsigned_integer().value_or(0) == 1 || part.is_text("member");
            } else if (key == "allow") {
                one.allow = part.unsigned_integer().value_or(0);
            } else if (key == "deny") {
                one.deny = part.unsigned_integer().value_or(0);
            }
        }
        if (one.id == 0) continue;
        const auto slot = one.is_member ? json_reading::no_slot : reading.slot_of(one.id);
        if (!one.is_member && slot == json_reading::no_slot) continue;
        append_raw(out, slot);
        if (one.is_member) append_raw(out, one.id);
        append_number(out, one.allow);
        append_number(out, one.deny);
        ++count;
    }
    into = {reading.keep(out), reading.role_ids()};
}

void read_texts(cached_texts& into, const json_value& value, json_reading& reading) {
    auto& out = reading.bytes;
    out.clear();
    for (const auto& each : value.elements()) {
        const auto text = reading.text(each, 255);
        if (out.size() + text.size() > 16'384) break;
        append_number(out, text.size());
        out.append(text);
    }
    into = {reading.keep(out), nullptr};
}

void read_ids(cached_ids& into, const json_value& value, json_reading& reading) {
    auto& out = reading.bytes;
    out.clear();
    for (const auto& each : value.elements()) {
        if (out.size() == 8 * most_items) break;
        append_raw(out, each.unsigned_integer().value_or(0));
    }
    into = {reading.keep(out), nullptr};
}

void read_status(cached_presence::status& into, const json_value& value, json_reading&) {
    using enum cached_presence::status;
    into = value.is_text("online") ? online : value.is_text("idle") ? idle : value.is_text("dnd") ? dnd : offline;
}

void read_presence_of(bool& into, const json_value& value, json_reading&) { into = static_cast<bool>(value); }
void read_true(bool& into, const json_value&, json_reading&) { into = true; }
void read_inverted(bool& into, const json_value& value, json_reading&) { into = !value.boolean().value_or(true); }
void read_id_of_user(user_id& into, const json_value& value, json_reading&) { into = value["id"].id<user_id>(); }
void read_permille(std::uint32_t& into, const json_value& value, json_reading&) {
    into = static_cast<std::uint32_t>(std::lround(std::clamp(value.number().value_or(0), 0.0, 1.0) * 1000));
}

cached_time time_of(std::string_view iso8601) noexcept {
    // 2026-01-31T12:34:56[.ffffff](Z|+hh:mm|-hh:mm); a time without a zone is taken as UTC.
    const auto digits = [&iso8601](std::size_t at, std::size_t count) {
        int out = 0;
        for (std::size_t i = at; i < at + count; ++i) {
            if (i >= iso8601.size() || iso8601[i] < '0' || iso8601[i] > '9') return -1;
            out = out * 10 + (iso8601[i] - '0');
        }
        return out;
    };
    const int year = digits(0, 4);
    const int month = digits(5, 2);
    const int day = digits(8, 2);
    const int hour = digits(11, 2);
    const int minute = digits(14, 2);
    const int second = digits(17, 2);
    if (year < 0 || month < 1 || day < 1 || hour < 0 || minute < 0 || second < 0) return {};
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return {};
    auto zone = std::chrono::minutes(0);
    const auto sign = iso8601.find_first_of("+-", 19);
    if (sign != std::string_view::npos && digits(sign + 1, 2) >= 0 && digits(sign + 4, 2) >= 0) {
        zone = std::chrono::minutes(60 * digits(sign + 1, 2) + digits(sign + 4, 2)) * (iso8601[sign] == '-' ? -1 : 1);
    }
    const auto time = std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                      std::chrono::seconds(second) - zone;
    // What 32 bits of seconds since Discord's epoch hold; nothing of Discord's is outside.
    if (time <= time_origin || time > time_origin + std::chrono::seconds(0xFFFFFFFFLL)) return {};
    return time;
}

}  // namespace shoal::cache
