// What a shard's cache holds resident: bytes a guild in the realistic mix [6.10], after a day's churn, in guilds of a stated
// size, and for every further member; allocator overhead included. Not here: time (bench_cache_snapshot), events' own cost
// (run.py).
//
//     bench_cache_memory [--smoke] [guilds]
//
// Events are written to a file first and applied by a fresh process, so that nothing of their making is in the figures. What is
// measured is the private resident memory of that process before and after, less nothing.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/random.hpp"
#include "bench/meter.hpp"
#include "cache/shard_cache.hpp"
#include "sim/core/world.hpp"

using namespace shoal;
using discord::event_kind;

namespace {

// ---- the file: READY, then events; a line that begins with '#' asks for a reading
// -----------------------------------------------

class recorder {
public:
    explicit recorder(const std::string& path) : out_(path, std::ios::binary) {}
    void event(std::string_view name, std::string_view json) { out_ << name << ' ' << json << '\n'; }
    void reading(std::string_view label) { out_ << '#' << label << '\n'; }

private:
    std::ofstream out_;
};

/// The simulator's names repeat more than real ones: each gets three more characters of 40 kinds, and the distinct ones are
/// counted.
class names {
public:
    std::string varied(std::string_view json) {
        constexpr std::string_view key = "\"name\":\"";
        std::string out;
        out.reserve(json.size() + 256);
        std::size_t from = 0;
        for (auto at = json.find(key); at != std::string_view::npos; at = json.find(key, from)) {
            out.append(json.substr(from, at + key.size() - from));
            const auto draw = random_.below(40);
            out += {static_cast<char>('a' + draw / 10), static_cast<char>('0' + draw % 10), '-'};
            from = at + key.size();
            distinct_.insert(out.substr(out.size() - 3) + std::string(json.substr(from, json.find('"', from) - from)));
        }
        return out.append(json.substr(from));
    }
    [[nodiscard]] std::size_t distinct() const { return distinct_.size(); }

private:
    random_source random_{77};
    std::set<std::string> distinct_;
};

bool matters(std::string_view name) { return !name.starts_with("MESSAGE_") && name != "TYPING_START"; }

/// Also writes `fresh`: the world as it is after the day, for a cache that starts then.
std::size_t record_mix(const std::string& path, const std::string& fresh, std::uint32_t guilds, std::uint64_t churn_events) {
    sim::world_config config;
    config.guilds = guilds;
    config.largest_members_listed = 1000;
    sim::world world(config, 20261, 1000000000000000001ULL);
    recorder out(path);
    names vary;
    // The world begins with empty voice channels; a day of traffic before the measured one brings it to its usual state.
    const auto step =
        std::chrono::nanoseconds(std::chrono::hours(24)) / static_cast<std::int64_t>(std::max<std::uint64_t>(churn_events, 1));
    for (std::uint64_t i = 0; i < churn_events; ++i) (void)world.random_event(instant(step * static_cast<std::int64_t>(i)));
    std::string ready = R"({"user":)" + world.bot_user_json() + R"(,"guilds":[)";
    for (const auto each : world.guilds()) ready += R"({"id":")" + std::to_string(each) + R"("},)";
    ready.back() = ']';
    out.event("READY", ready + "}");
    out.reading("ready");
    for (const auto each : world.guilds()) out.event("GUILD_CREATE", vary.varied(*world.guild_create(each, {})));
    out.reading("created");
    for (std::uint64_t i = 0; i < churn_events; ++i) {
        const auto event = world.random_event(instant(step * static_cast<std::int64_t>(churn_events + i)));
        if (matters(event.name)) out.event(event.name, vary.varied(*event.data));
    }
    out.reading("churned");
    recorder after(fresh);
    after.event("READY", ready + "}");
    after.reading("ready");
    for (const auto each : world.guilds()) after.event("GUILD_CREATE", vary.varied(*world.guild_create(each, {})));
    after.reading("created");
    return vary.distinct();
}

// ---- guilds of a stated size
// ----------------------------------------------------------------------------------------------------

struct maker {
    random_source random{5};
    std::set<std::string> used;

    std::uint64_t id() { return (random.next() >> 23) << 22 | (random.next() & 0x3FFFFF); }
    std::string quoted_id() { return '"' + std::to_string(id()) + '"'; }
    /// 20,000 names of 5 to 20 bytes, the frequent ones more often.
    std::string name(std::string_view family) {
        const auto rank = static_cast<std::uint64_t>(std::pow(20000.0, random.unit()));
        random_source of(rank * 31 + family.size());
        std::string out(family);
        out += '-';
        for (auto letters = 3 + of.below(12); letters > 0; --letters) out.push_back(static_cast<char>('a' + of.below(26)));
        used.insert(out);
        return out;
    }
    std::string hash() {
        std::string out;
        for (int i = 0; i < 2; ++i) out += fmt::format("{:016x}", random.next());
        return out;
    }
    std::string user() {
        std::string name;
        for (auto letters = 6 + random.below(10); letters > 0; --letters)
            name.push_back(static_cast<char>('a' + random.below(26)));
        used.insert(name);
        return fmt::format(
            R"({{"id":{},"username":"{}","global_name":{},"avatar":{},"discriminator":"0","public_flags":{},"bot":false}})",
            quoted_id(), name, random.chance(0.8) ? "\"The " + name + "\"" : "null",
            random.chance(0.8) ? '"' + hash() + '"' : "null", random.chance(0.7) ? 0 : 256);
    }
    std::string member(const std::vector<std::string>& roles) {
        std::string out = R"({"user":)" + user() + R"(,"roles":[)";
        // 1 + geometric of mean 2.5 [6.13].
        std::set<std::string> mine;
        for (auto count = 1 + static_cast<std::uint64_t>(std::log(1 - random.unit()) / std::log(1 - 1 / 3.5)); count > 0;
             --count) {
            mine.insert(roles[1 + random.below(roles.size() - 1)]);
        }
        for (const auto& each : mine) out += each + ",";
        out.back() = ']';
        const auto nick = random.chance(0.15) ? '"' + name("nick") + '"' : "null";
        return out +
               fmt::format(
                   R"(,"nick":{},"joined_at":"20{}-0{}-11T10:00:00.123000+00:00","premium_since":null,"deaf":false,"mute":false,)"
                   R"("pending":false,"flags":0,"avatar":null,"communication_disabled_until":null}})",
                   nick, 16 + random.below(10), 1 + random.below(9));
    }
    std::string guild(std::uint64_t which, int channels, int role_count, int emojis, int members) {
        std::vector<std::string> roles = {'"' + std::to_string(which) + '"'};
        while (static_cast<int>(roles.size()) < role_count) roles.push_back(quoted_id());
        std::string out = fmt::format(
            R"({{"id":"{}","name":"{}","owner_id":{},"icon":"{}","member_count":{},"joined_at":"2024-01-01T00:00:00Z","large":false,)"
            R"("preferred_locale":"en-US","verification_level":1,"system_channel_id":{},"afk_timeout":300,"premium_tier":0)",
            which, name("guild"), quoted_id(), hash(), members, quoted_id());
        out += R"(,"channels":[)";
        std::string category = "null";
        for (int i = 0; i < channels; ++i) {
            const auto id = quoted_id();
            std::string overwrites;
            for (auto count = static_cast<int>(std::log(1 - random.unit()) / std::log(1 - 1 / 2.5)); count > 0; --count) {
                if (!overwrites.empty()) overwrites += ",";
                overwrites += fmt::format(R"({{"id":{},"type":0,"allow":"{}","deny":"{}"}})", roles[random.below(roles.size())],
                                          random.chance(0.5) ? 1024 : 3072, random.chance(0.5) ? 0 : 2048);
            }
            out += fmt::format(
                R"({{"id":{},"type":{},"name":"{}","position":{},"parent_id":{},"nsfw":false,"rate_limit_per_user":0,"permission_overwrites":[{}]}},)",
                id,
                i % 8 == 0   ? 4
                : i % 4 == 0 ? 2
                             : 0,
                name("channel"), i, i % 8 == 0 ? "null" : category, overwrites);
            if (i % 8 == 0) category = id;
        }
        out.back() = ']';
        out += R"(,"roles":[)";
        for (std::size_t i = 0; i < roles.size(); ++i) {
            out += fmt::format(
                R"({{"id":{},"name":"{}","permissions":"{}","color":{},"position":{},"hoist":{},"managed":{},"mentionable":false,"flags":0}},)",
                roles[i], i == 0 ? "@everyone" : name("role"), i == 0 ? 1071698660929ULL : random.next() >> 12,
                random.below(0x1000000), i, random.chance(0.3), random.chance(0.15));
        }
        out.back() = ']';
        out += R"(,"emojis":[)";
        for (int i = 0; i < emojis; ++i) {
            out += fmt::format(R"({{"id":{},"name":"{}","animated":{},"available":true,"roles":[]}},)", quoted_id(),
                               name("emoji"), random.chance(0.3));
        }
        if (out.back() == ',') out.back() = ']';
        out += R"(,"members":[)";
        for (int i = 0; i < members; ++i) out += member(roles) + ",";
        out.back() = ']';
        return out + "}";
    }
};

std::size_t record_stated(const std::string& path, int guilds) {
    recorder out(path);
    maker make;
    out.event("READY", R"({"user":{"id":"1","username":"bot"},"guilds":[]})");
    out.reading("ready");
    for (int i = 0; i < guilds; ++i) out.event("GUILD_CREATE", make.guild(make.id(), 20, 15, 10, 50));
    out.reading("created");
    return make.used.size();
}

void record_members(const std::string& path, int members) {
    recorder out(path);
    maker make;
    std::vector<std::string> roles;
    for (int i = 0; i < 100; ++i) roles.push_back(make.quoted_id());
    out.event("READY", R"({"user":{"id":"1","username":"bot"},"guilds":[]})");
    out.event("GUILD_CREATE", R"({"id":"7","name":"large","member_count":1000000})");
    const auto chunk = [&](int count) {
        std::string json = R"({"guild_id":"7","members":[)";
        for (int i = 0; i < count; ++i) json += make.member(roles) + ",";
        json.back() = ']';
        out.event("GUILD_MEMBERS_CHUNK", json + "}");
    };
    for (int i = 0; i < 5; ++i) chunk(1000);
    out.reading("first");
    for (int i = 0; i < members / 1000; ++i) chunk(1000);
    out.reading("more");
}

// ---- applying
// -------------------------------------------------------------------------------------------------------------------

struct figures {
    std::vector<std::pair<std::string, double>> bytes;  ///< By label, since the first reading.
    std::vector<double> cpu_seconds;                    ///< Spent on events up to that reading.
    std::vector<std::uint64_t> events_at;
    std::uint64_t guilds = 0, users = 0, texts = 0;
};

/// In a process of its own: `bench_cache_memory --apply file preset`, which prints label and bytes.
int apply(const char* path, const char* preset_name) {
    const auto preset = std::strcmp(preset_name, "everything") == 0 ? cache_preset::everything
                        : std::strcmp(preset_name, "guilds") == 0   ? cache_preset::guilds
                                                                    : cache_preset::standard;
    std::ifstream in(path, std::ios::binary);
    std::string line;
    line.reserve(8U << 20);
    std::memset(line.data(), 1, line.capacity());  // Resident from the beginning, so that it is in every reading.
    cache::shard_cache cache(preset);
    std::uint64_t events = 0;
    const auto cpu = [] { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
    double spent = 0;
    while (std::getline(in, line)) {
        if (line[0] == '#') {
            fmt::print("{} {} {} {} {} {} {}\n", line.substr(1), bench::private_bytes(), spent, cache.guilds(), cache.users(),
                       cache.texts().distinct(), events);
            continue;
        }
        const auto space = line.find(' ');
        const std::string_view json = std::string_view(line).substr(space + 1);
        const auto name = std::string_view(line).substr(0, space);
        const auto before = cpu();
        if (name == "READY") {
            cache.start_session(json);
        } else {
            cache.apply(discord::event_kind_of(name), json, ++events);
        }
        spent += cpu() - before;
    }
    return 0;
}

figures measure(const std::string& self, const std::string& path, const std::string& preset) {
    figures out;
    FILE* child = popen((self + " --apply " + path + " " + preset).c_str(), "r");
    if (child == nullptr) std::exit(1);
    char label[64];
    unsigned long bytes = 0, guilds = 0, users = 0, texts = 0, events = 0;
    double cpu = 0;
    double first = -1;
    while (std::fscanf(child, "%63s %lu %lf %lu %lu %lu %lu", label, &bytes, &cpu, &guilds, &users, &texts, &events) == 7) {
        if (first < 0) first = static_cast<double>(bytes);
        out.bytes.emplace_back(label, static_cast<double>(bytes) - first);
        out.cpu_seconds.push_back(cpu);
        out.events_at.push_back(events);
        out.guilds = guilds;
        out.users = users;
        out.texts = texts;
    }
    if (pclose(child) != 0) std::exit(1);
    return out;
}

bool row(const char* what, double value, double aim, const char* unit) {
    fmt::print("{:<64} {:>9.0f} {:<8} aim {:>6.0f}  {}\n", what, value, unit, aim, value <= aim ? "met" : "MISSED");
    return value <= aim;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 4 && std::strcmp(argv[1], "--apply") == 0) return apply(argv[2], argv[3]);
    const bool smoke = argc > 1 && std::strcmp(argv[1], "--smoke") == 0;
    const auto guilds = smoke ? 60U : 1000U;
    const auto folder = std::string(std::getenv("TMPDIR") != nullptr ? std::getenv("TMPDIR") : "/tmp") + "/bench_cache_" +
                        std::to_string(getpid());
    const std::string self = "/proc/" + std::to_string(getpid()) + "/exe";
    const std::string file = folder + ".events";
    bool met = true;

    // 0.02 events a second and guild, without presences and typing about a third of [6.12].
    const std::uint64_t day = smoke ? 20'000 : guilds * 1728ULL;
    const auto distinct = record_mix(file, file + ".fresh", guilds, day);
    for (const char* preset : {"guilds", "standard", "everything"}) {
        const auto found = measure(self, file, preset);
        const double created = found.bytes[1].second;
        const double churned = found.bytes[2].second;
        const double fresh = measure(self, file + ".fresh", preset).bytes[1].second;
        fmt::print("realistic mix, {}: {:.0f} bytes a guild ({} guilds, {} users; {} distinct names in all, {} shared)\n", preset,
                   created / guilds, found.guilds, found.users, distinct, found.texts);
        fmt::print("    after {} events of a day {:+.1f} %, {:+.1f} % over a cache that starts then\n", day,
                   100 * (churned - created) / created, 100 * (churned - fresh) / fresh);
        fmt::print(
            "    CPU: {:.1f} us a GUILD_CREATE, {:.2f} us a later event that matters\n", 1e6 * found.cpu_seconds[1] / guilds,
            1e6 * (found.cpu_seconds[2] - found.cpu_seconds[1]) / static_cast<double>(found.events_at[2] - found.events_at[1]));
        if (std::strcmp(preset, "standard") == 0) {
            met = row("realistic mix, standard", created / guilds, 5000, "B/guild") && met;
            met = row("growth over a day's churn, standard", 100 * (churned - created) / created, 15, "%") && met;
        }
    }
    const int stated = smoke ? 50 : 1000;
    const auto used = record_stated(file, stated);
    const auto of_stated = measure(self, file, "standard");
    fmt::print("guilds of 20 channels, 15 roles, 10 emojis, 50 members with users: {} distinct names\n", used);
    met = row("such a guild, standard", of_stated.bytes[1].second / stated, 9000, "B/guild") && met;
    const int members = smoke ? 5000 : 100'000;
    record_members(file, members);
    const auto of_members = measure(self, file, "standard");
    met = row("every further member with its user", (of_members.bytes[1].second - of_members.bytes[0].second) / members, 110,
              "B") &&
          met;
    std::remove(file.c_str());
    std::remove((file + ".fresh").c_str());
    return met || smoke ? 0 : 1;
}
