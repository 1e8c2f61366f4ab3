#include <algorithm>

#include "cache/guild_access.hpp"
#include "cache/record_walk.hpp"
#include "cache/snapshot.hpp"

namespace shoal::cache {
namespace {

constexpr std::size_t records_a_piece = 3000;
constexpr std::size_t bytes_a_piece = 192 * 1024;
// A guild of more members than this is written from frozen tables, in pieces of its own.
constexpr std::size_t many = 1500;

constexpr std::uint8_t texts_table = 200;

void append_record(std::string& out, const detail::packed_table::entry& each) {
    append_raw(out, each.key);
    append_number(out, each.record.size());
    out.append(each.record);
}

void append_table(std::string& out, std::uint8_t which, std::size_t count, std::string_view records) {
    std::string head;
    append_number(head, count);
    out.push_back(static_cast<char>(which));
    append_raw(out, static_cast<std::uint32_t>(head.size() + records.size()));
    out.append(head);
    out.append(records);
}

}  // namespace

snapshot_writer::snapshot_writer(shard_cache& cache, std::uint64_t seq, std::uint64_t since)
    : cache_(cache), began_at_(seq), since_(since) {}

bool snapshot_writer::next(std::string& out, std::uint64_t seq) {
    switch (stage_) {
        case stage::begin:
            begin(out);
            stage_ = stage::guilds;
            break;
        case stage::guilds: open_guild_ != 0 ? more_of_guild(out) : guilds(out); break;
        case stage::users: users(out, seq); break;
        case stage::end:
            end(out, seq);
            stage_ = stage::over;
            break;
        case stage::over: return false;
    }
    ++pieces_;
    return stage_ != stage::over;
}

void snapshot_writer::begin(std::string& out) {
    const auto began = begin_frame(out, piece::begin);
    const auto& settings = cache_.settings();
    append_raw(out, pieces_);
    append_raw(out, cache_.self().value());
    append_raw(out, began_at_);
    append_raw(out, settings.kinds);
    append_raw(out, settings.detail);
    append_raw(out, settings.most_members_per_guild);
    end_frame(out, began);
}

void snapshot_writer::guilds(std::string& out) {
    const auto began = begin_frame(out, piece::guilds);
    append_raw(out, pieces_);
    const auto& known = cache_.all();
    auto at = std::ranges::upper_bound(known, last_guild_, {}, [](const auto& each) { return each->id().value(); });
    std::size_t records = 0;
    while (at != known.end() && records < records_a_piece && out.size() - began < bytes_a_piece && open_guild_ == 0) {
        auto& each = **at++;
        last_guild_ = each.id().value();
        append_raw(passed_, each.id().value());
        passed_.push_back(each.available() ? 1 : 0);
        if (since_ != 0 && guild_access::seq(each) <= since_) continue;
        records += 10 + guild(out, each);
    }
    if (at == known.end() && open_guild_ == 0) stage_ = stage::users;
    end_frame(out, began);
}

/// One guild as it is now; its large tables, if it has any, stay open for pieces of their own. How many records it wrote.
std::size_t snapshot_writer::guild(std::string& out, cached_guild& which) {
    tables_.clear();
    texts_.clear();
    std::size_t records = 0;
    std::uint32_t texts = 0;
    struct visitor {
        const text_pool& pool;
        std::string& out;
        std::uint32_t& count;
        bool text(std::uint32_t& number) {
            const auto text = pool.view(number);
            append_number(out, text.size());
            out.append(text);
            number = count++;
            return true;
        }
        static bool slot(std::uint16_t) { return true; }
    } visit{guild_access::tables(cache_).texts, texts_, texts};
    for_each_table([&]<class T>() {
        auto& table = guild_access::table(which, table_of<T>);
        if (table.empty()) return;
        if constexpr (std::is_same_v<T, cached_member> || std::is_same_v<T, cached_presence>) {
            if (table.size() > many) return open_.emplace_back(table_of<T>, table.freeze()), void();
        }
        records_.clear();
        for (const auto& each : table) {
            append_record(records_, each);
            if constexpr (has_shared_text<T>) {
                const auto size = each.record.size();
                (void)walk_record<T>(records_.data() + records_.size() - size, size, visit);
            }
        }
        append_table(tables_, static_cast<std::uint8_t>(table_of<T>), table.size(), records_);
        records += table.size();
    });
    const auto began = out.size();
    append_raw(out, std::uint32_t{0});
    append_raw(out, which.id().value());
    append_raw(out, guild_access::seq(which));
    const unsigned knowledge = which.knowledge() == guild_knowledge::partial   ? 1
                               : which.knowledge() == guild_knowledge::fetched ? 2
                                                                               : 0;
    out.push_back(static_cast<char>((which.available() ? 1U : 0U) | (open_.empty() ? 0U : 2U) | knowledge << 2U));
    append_raw(out, which.member_count());
    const auto& role_ids = guild_access::role_ids(which);
    append_number(out, role_ids.size());
    out.append(reinterpret_cast<const char*>(role_ids.data()), 8 * role_ids.size());
    if (texts != 0) append_table(out, texts_table, texts, texts_);
    out.append(tables_);
    const auto bytes = static_cast<std::uint32_t>(out.size() - began - 4);
    std::memcpy(out.data() + began, &bytes, sizeof bytes);
    if (!open_.empty()) {
        open_guild_ = which.id().value();
        open_seq_ = guild_access::seq(which);
    }
    return records;
}

void snapshot_writer::more_of_guild(std::string& out) {
    const auto began = begin_frame(out, piece::more_of_guild);
    append_raw(out, pieces_);
    append_raw(out, open_guild_);
    append_raw(out, open_seq_);
    auto& [which, frozen] = open_.front();
    records_.clear();
    std::size_t records = 0;
    while (records < records_a_piece && records_.size() < bytes_a_piece && frozen.take([&](const auto& each) {
        append_record(records_, each);
        ++records;
    })) {
    }
    const auto table = static_cast<std::uint8_t>(which);
    if (frozen.empty()) open_.erase(open_.begin());
    out.push_back(static_cast<char>(open_.empty() ? 0 : 2));
    append_table(out, table, records, records_);
    if (open_.empty()) open_guild_ = 0;
    end_frame(out, began);
}

void snapshot_writer::users(std::string& out, std::uint64_t seq) {
    const auto began = begin_frame(out, piece::users);
    append_raw(out, pieces_);
    append_raw(out, seq);
    const auto& users = guild_access::tables(cache_).users;
    records_.clear();
    std::size_t records = 0;
    auto at = users.lower_bound(next_user_);
    for (; at != users.end() && records < records_a_piece && records_.size() < bytes_a_piece; ++at, ++records) {
        append_record(records_, *at);
        next_user_ = (*at).key + 1;
    }
    if (at == users.end()) stage_ = stage::end;
    append_number(out, records);
    out.append(records_);
    end_frame(out, began);
}

void snapshot_writer::end(std::string& out, std::uint64_t seq) {
    const auto began = begin_frame(out, piece::end);
    append_raw(out, pieces_);
    append_raw(out, seq);
    append_number(out, passed_.size() / 9);
    out.append(passed_);
    end_frame(out, began);
}

}  // namespace shoal::cache
