#include <algorithm>

#include "cache/guild_access.hpp"
#include "cache/record_walk.hpp"
#include "cache/snapshot.hpp"

namespace shoal::cache {
namespace {

constexpr std::uint8_t texts_table = 200;

struct slot_check {
    std::size_t roles;
    bool operator()(std::uint16_t slot) const noexcept { return slot < roles || slot == json_reading::no_slot; }
};

}  // namespace

replica::replica(cache_settings settings) : cache_(settings) { guild_access::loading(cache_, true); }

result<void> replica::refuse(errc why, std::string_view where) {
    refused_ = failure(why, std::string(where));
    waiting_.clear();
    return std::unexpected(*refused_);
}

result<std::size_t> replica::take(std::string_view stream) {
    auto piece = read_frame(stream);
    if (!piece) return std::unexpected(std::move(piece).error());
    auto taken = take(*piece);
    if (!taken) return std::unexpected(std::move(taken).error());
    return piece->bytes;
}

result<void> replica::take(const frame& what) {
    if (refused_) return std::unexpected(*refused_);
    byte_reader in(what.body);
    const auto number = in.raw<std::uint32_t>();
    if (!in.ok) return refuse(errc::senseless, "piece");
    if (what.kind == piece::begin) {
        if (number != 0) return refuse(errc::out_of_order, "begin");
    } else if (!any_ || number != pieces_) {
        return refuse(errc::out_of_order, "piece " + std::to_string(number));
    }
    pieces_ = number + 1;
    const std::string_view body(in.at, in.left());
    if (open_guild_ != 0 && what.kind != piece::more_of_guild && what.kind != piece::begin) {
        return refuse(errc::out_of_order, "a guild is not whole");
    }
    switch (what.kind) {
        case piece::begin: return begin(body);
        case piece::guilds: return guilds(body);
        case piece::more_of_guild: return more_of_guild(body);
        case piece::users: return users(body);
        case piece::end: return end(body);
        default: return {};  // Of a later version.
    }
}

void replica::event(discord::event_kind kind, std::string_view json, std::uint64_t seq) {
    if (refused_) return;
    if (whole_) return cache_.apply(kind, json, seq);
    // Even those from before a round's begin: what a guild has seen it passes over.
    if (cache_.listens_to(kind)) waiting_.push_back({kind, seq, std::string(json)});
}

result<void> replica::begin(std::string_view body) {
    byte_reader in(body);
    const user_id self(in.raw<std::uint64_t>());
    const auto began_at = in.raw<std::uint64_t>();
    const auto kinds = in.raw<std::uint16_t>();
    const auto detail = in.raw<cache_detail>();
    const auto most = in.raw<std::uint32_t>();
    if (!in.ok) return refuse(errc::senseless, "begin");
    const auto& mine = cache_.settings();
    if (kinds != mine.kinds || detail != mine.detail || most != mine.most_members_per_guild || !mine.on) {
        return refuse(errc::other_settings, "begin");
    }
    if (any_ && self != cache_.self()) return refuse(errc::out_of_order, "another bot");
    guild_access::tables(cache_).self = self;
    guild_access::loading(cache_, true);
    any_ = true;
    whole_ = false;
    began_at_ = began_at;
    open_guild_ = 0;
    return {};
}

result<void> replica::guilds(std::string_view body) {
    byte_reader in(body);
    while (in.at != in.end) {
        const auto block = in.take(in.raw<std::uint32_t>());
        if (!in.ok || open_guild_ != 0) return refuse(errc::senseless, "guilds");
        if (auto read = guild(block); !read) return read;
    }
    return {};
}

result<void> replica::guild(std::string_view block) {
    byte_reader in(block);
    const guild_id id(in.raw<std::uint64_t>());
    const auto seq = in.raw<std::uint64_t>();
    const auto flags = in.raw<std::uint8_t>();
    const auto member_count = in.raw<std::uint32_t>();
    const auto roles = in.number();
    if (!in.ok || !id || roles > json_reading::most_slots) return refuse(errc::senseless, "guild");
    const auto role_ids = in.take(8 * roles);
    if (!in.ok) return refuse(errc::senseless, "guild");
    auto& into = guild_access::find_or_add(cache_, id);
    open_guild_ = (flags & 2U) != 0 ? id.value() : 0;
    open_seq_ = seq;
    // Parts may be of different age: the newer one stands.
    open_passed_over_ = seq < guild_access::seq(into);
    if (open_passed_over_) return {};
    guild_access::release_contents(cache_, into);
    guild_access::seq(into) = seq;
    guild_access::available(into) = (flags & 1U) != 0;
    // Of a version before, which knew no other, a guild is whole.
    const auto knowledge = flags >> 2U & 3U;
    guild_access::know(cache_, into,
                       knowledge == 1   ? guild_knowledge::partial
                       : knowledge == 2 ? guild_knowledge::fetched
                                        : guild_knowledge::whole);
    guild_access::member_count(into) = member_count;
    auto& ids = guild_access::role_ids(into);
    ids.resize(roles);
    if (roles != 0) std::memcpy(ids.data(), role_ids.data(), role_ids.size());
    guild_access::sweep_at(into) = static_cast<std::uint16_t>(std::clamp<std::size_t>(2 * roles, 64, json_reading::most_slots));
    return tables(into, {in.at, in.left()}, false);
}

result<void> replica::more_of_guild(std::string_view body) {
    byte_reader in(body);
    const auto id = in.raw<std::uint64_t>();
    const auto seq = in.raw<std::uint64_t>();
    const auto flags = in.raw<std::uint8_t>();
    if (!in.ok || open_guild_ == 0 || id != open_guild_ || seq != open_seq_) return refuse(errc::out_of_order, "more of a guild");
    if ((flags & 2U) == 0) open_guild_ = 0;
    if (open_passed_over_) return {};
    return tables(guild_access::find_or_add(cache_, guild_id(id)), {in.at, in.left()}, true);
}

result<void> replica::tables(cached_guild& guild, std::string_view bytes, bool more) {
    byte_reader in(bytes);
    // Texts that no record takes up are let go of at the end, whatever that end is.
    texts_.clear();
    result<void> out;
    while (in.at != in.end && out) {
        const auto which = in.raw<std::uint8_t>();
        const auto part = in.take(in.raw<std::uint32_t>());
        if (!in.ok) {
            out = refuse(errc::senseless, "table");
        } else if (which == texts_table) {
            byte_reader list(part);
            for (auto count = list.number(); count > 0 && list.ok; --count) {
                const auto text = list.take(list.number());
                if (text.empty() || text.size() > text_pool::most_bytes) list.fail();
                if (list.ok) texts_.push_back(guild_access::tables(cache_).texts.keep(text));
            }
            if (!list.ok) out = refuse(errc::senseless, "texts");
        } else {
            for_each_table([&]<class T>() {
                if (out && which == static_cast<std::uint8_t>(table_of<T>)) out = table<T>(guild, part, more);
            });
        }
    }
    for (const auto each : texts_) guild_access::tables(cache_).texts.let_go(each);
    return out;
}

template <class T>
result<void> replica::table(cached_guild& guild, std::string_view bytes, bool more) {
    constexpr auto name = layout<T>::name;
    struct visitor {
        std::vector<std::uint32_t>& texts;
        std::size_t roles;
        std::uint32_t taken = 0;
        bool text(std::uint32_t& number) {
            if (number >= texts.size() || texts[number] == 0) return false;
            // Each text was kept once for the one record that names it.
            number = std::exchange(texts[number], 0);
            taken = number;
            return true;
        }
        [[nodiscard]] bool slot(std::uint16_t slot) const noexcept { return slot_check{roles}(slot); }
    } visit{texts_, guild_access::role_ids(guild).size()};
    auto& into = guild_access::table(guild, table_of<T>);
    auto& texts = guild_access::tables(cache_).texts;
    bytes_.assign(bytes);  // Records are changed in place.
    entries_.clear();
    byte_reader in(bytes_);
    std::string cut;
    std::uint64_t last = 0;
    const auto count = in.number();
    bool ok = in.ok && (more || into.empty());
    if (more && !into.empty()) {
        for (const auto& each : into) last = std::max(last, each.key);
    }
    for (std::uint64_t i = 0; i < count && ok; ++i) {
        const auto key = in.raw<std::uint64_t>();
        const auto record = in.take(in.number());
        ok = in.ok && key > last && !record.empty() && record.size() <= detail::packed_table::most_record_bytes;
        if (!ok) break;
        last = key;
        visit.taken = 0;
        const auto found = walk_record<T>(const_cast<char*>(record.data()), record.size(), visit);
        ok = found.sound && (table_of<T> != detail::cache_table::fields || key == guild.id().value());
        if (!ok) {
            texts.let_go(visit.taken);
            break;
        }
        if (found.whole) {
            entries_.push_back({key, record});
            continue;
        }
        // Of a later version: what it has more is cut off. Rare, so each goes in by itself.
        cut.clear();
        append_number(cut, found.known);
        cut.append(record.substr(found.mask_bytes, found.end - found.mask_bytes));
        into.put(key, cut);
    }
    if (ok && into.empty()) {
        into.assign(entries_);
    } else {
        for (const auto& each : entries_) into.put(each.key, each.record);
    }
    ok = ok && in.at == in.end;
    return ok ? result<void>{} : refuse(errc::senseless, name);
}

result<void> replica::users(std::string_view body) {
    byte_reader in(body);
    (void)in.raw<std::uint64_t>();
    bytes_.assign(in.at, in.left());
    byte_reader list(bytes_);
    const auto count = list.number();
    struct visitor {
        static bool text(std::uint32_t&) { return false; }
        static bool slot(std::uint16_t) { return false; }
    };
    auto& table = guild_access::tables(cache_).users;
    std::string cut;
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto key = list.raw<std::uint64_t>();
        const auto record = list.take(list.number());
        if (!list.ok || key == 0 || record.empty() || record.size() > detail::packed_table::most_record_bytes) {
            return refuse(errc::senseless, "users");
        }
        const auto found = walk_record<cached_user>(const_cast<char*>(record.data()), record.size(), visitor{});
        if (!found.sound) return refuse(errc::senseless, "users");
        cut.clear();
        append_number(cut, found.known);
        cut.append(record.substr(found.mask_bytes, found.end - found.mask_bytes));
        table.put(key, cut);
    }
    if (!in.ok || !list.ok || list.at != list.end) return refuse(errc::senseless, "users");
    return {};
}

result<void> replica::end(std::string_view body) {
    byte_reader in(body);
    (void)in.raw<std::uint64_t>();
    const auto count = in.number();
    if (!in.ok || count > in.left() / 9) return refuse(errc::senseless, "end");
    std::vector<guild_id> named;
    named.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        named.emplace_back(in.raw<std::uint64_t>());
        (void)in.raw<std::uint8_t>();
    }
    if (!std::ranges::is_sorted(named)) return refuse(errc::senseless, "end");
    // What the round did not come by was deleted, or will be made anew by an event since.
    std::vector<guild_id> gone;
    for (const auto& each : cache_.all()) {
        if (!std::ranges::binary_search(named, each->id())) gone.push_back(each->id());
    }
    for (const auto each : gone) guild_access::remove(cache_, each);
    count_holders();
    guild_access::loading(cache_, false);
    whole_ = true;
    for (const auto& each : std::exchange(waiting_, {})) cache_.apply(each.kind, each.json, each.seq);
    return {};
}

/// Who holds which user is counted from the memberships that are there; users whom nobody holds go.
void replica::count_holders() {
    std::vector<std::uint64_t> held;
    if (cache_.self()) held.push_back(cache_.self().value());
    for (const auto& each : cache_.all()) {
        for (const auto& member : guild_access::table(*each, detail::cache_table::members)) held.push_back(member.key);
    }
    std::ranges::sort(held);
    auto& users = guild_access::tables(cache_).users;
    std::string records;
    std::vector<std::pair<std::uint64_t, std::size_t>> ends;
    text_pool none;
    for (std::size_t i = 0; i < held.size();) {
        auto to = i;
        while (to < held.size() && held[to] == held[i]) ++to;
        cached_user user;
        if (const auto known = users.find(held[i]); known.data() != nullptr) user = read_record<cached_user>(held[i], known, {});
        user.id = user_id(held[i]);
        user.holders = static_cast<std::uint32_t>(to - i);
        write_record(records, user, none);
        ends.emplace_back(held[i], records.size());
        i = to;
    }
    entries_.clear();
    std::size_t from = 0;
    for (const auto& [key, to] : ends) {
        entries_.push_back({key, std::string_view(records).substr(from, to - from)});
        from = to;
    }
    users.assign(entries_);
}

}  // namespace shoal::cache
