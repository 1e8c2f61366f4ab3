#include "sim/audit/coverage.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/audit/journal_reader.hpp"

namespace shoal::sim {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// The text of a string literal that starts at `at` (its opening quote), adjacent literals joined; `at` moves behind it.
std::string literal(std::string_view source, std::size_t& at) {
    std::string text;
    while (at < source.size() && source[at] == '"') {
        for (++at; at < source.size() && source[at] != '"'; ++at) {
            if (source[at] == '\\' && at + 1 < source.size()) ++at;
            text += source[at];
        }
        ++at;
        while (at < source.size() && (source[at] == ' ' || source[at] == '\n' || source[at] == '\t')) ++at;
    }
    return text;
}

/// Whether the simulator takes part in tests of this file: how a client's parser takes bad data says nothing about who sends it.
bool has_simulator(std::string_view file) {
    return file.starts_with("unit/sim_") || file.starts_with("system/") || file.starts_with("simulation/") ||
           file.starts_with("testing/");
}

}  // namespace

std::vector<std::string> numbers_of(std::string_view name) {
    std::vector<std::string> numbers;
    for (;;) {
        while (!name.empty() && (name.front() == ' ' || name.front() == ',' || name.front() == '/')) name.remove_prefix(1);
        if (!numbers.empty() && name.starts_with("and ")) {
            name.remove_prefix(4);
            continue;
        }
        if (name.size() < 2 || (name[0] != 'B' && name[0] != 'F') || !is_digit(name[1])) return numbers;
        std::size_t end = 1;
        while (end < name.size() && is_digit(name[end])) ++end;
        if (end < name.size() && std::string_view(" ,/:").find(name[end]) == std::string_view::npos) return numbers;
        auto digits = name.substr(1, end - 1);
        while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
        numbers.push_back(std::string(1, name[0]) + std::string(digits));
        name.remove_prefix(end);
    }
}

std::vector<std::string> test_names(std::string_view source) {
    std::vector<std::string> names;
    for (const std::string_view macro : {"TEST_CASE(", "SCENARIO(", "TEST_CASE_FIXTURE("}) {
        for (std::size_t at = source.find(macro); at != std::string_view::npos; at = source.find(macro, at)) {
            const bool own_word = at == 0 || source[at - 1] == '\n' || source[at - 1] == ' ';
            at += macro.size();
            if (!own_word) continue;
            const auto end = source.find('\n', source.find(')', at));
            const auto quote = source.find('"', at);
            if (quote == std::string_view::npos || quote > end) continue;
            at = quote;
            names.push_back(literal(source, at));
        }
    }
    return names;
}

result<tests_by_number> find_tests(const std::string& folder) {
    tests_by_number found;
    std::error_code bad;
    for (std::filesystem::recursive_directory_iterator it(folder, bad), end; !bad && it != end; it.increment(bad)) {
        if (it->path().extension() != ".cpp") continue;
        std::ifstream in(it->path());
        std::ostringstream source;
        if (!in || !(source << in.rdbuf())) continue;  // an empty source
        for (auto& name : test_names(source.view())) {
            for (auto& number : numbers_of(name)) {
                found[number].push_back({std::filesystem::relative(it->path(), folder, bad).string(), name});
            }
        }
    }
    if (bad) return std::unexpected(failure(audit_errc::unreadable, folder + ": " + bad.message()));
    return found;
}

coverage_table make_coverage_table(const tests_by_number& tests) {
    coverage_table table;
    std::size_t covered = 0;
    for (const auto& item : coverage_items()) {
        const auto key = fmt::format("{}{}", item.kind, item.number);
        const auto found = tests.find(key);
        table.text += fmt::format("{:<4} {}\n", key, item.what);
        bool of_simulator = false;
        if (found != tests.end()) {
            for (const auto& test : found->second) {
                table.text += fmt::format("       {}: {}\n", test.file, test.name);
                of_simulator = of_simulator || has_simulator(test.file);
            }
        }
        if (of_simulator) {
            ++covered;
        } else {
            ++table.gaps;
            table.text += "       NO TEST of the simulator\n";
        }
    }
    table.text += fmt::format("\n{} of {} behaviours and faults have a test of their number", covered, coverage_items().size());
    table.text += table.gaps == 0 ? ".\n" : fmt::format("; {} have none.\n", table.gaps);
    return table;
}

const std::vector<coverage_item>& coverage_items() {
    static const std::vector<coverage_item> items{
        {'B', 1, "/gateway is open, /gateway/bot wants the token and tells shards and the start limit"},
        {'B', 2, "large-bot mode: shards in the assigned multiple, others get 4010"},
        {'B', 3, "upgrades with or without slash; a bad version 4012, unknown encoding or compression 4002"},
        {'B', 4, "HELLO at once"},
        {'B', 5, "op 1 is acknowledged at any time; a wrong d closes 4002"},
        {'B', 6, "silence over the tolerance closes the socket and keeps the session"},
        {'B', 7, "op 1 from the server must be answered in time"},
        {'B', 8, "4003, 4005, 4001, 4002 and 4008 for what clients may not send"},
        {'B', 9, "the order of IDENTIFY's checks"},
        {'B', 10, "one IDENTIFY per key in five seconds, over all shard sets"},
        {'B', 11, "the identify budget, its breach and its window"},
        {'B', 12, "READY with s = 1, this shard's guilds, a session id and another resume url"},
        {'B', 13, "RESUME on the wrong host works and is moved on soon"},
        {'B', 14, "the burst of GUILD_CREATEs is paced and mixed with live events"},
        {'B', 15, "guilds in an outage, and being kicked"},
        {'B', 16, "joining and leaving guilds changes routing and counts"},
        {'B', 17, "which members GUILD_CREATE lists"},
        {'B', 18, "events are filtered by intents and permissions"},
        {'B', 19, "message content is blank without its intent, with five exceptions"},
        {'B', 20, "each session has its own numbering, rising by one"},
        {'B', 21, "several sessions with equal or different totals; DMs go to every shard 0"},
        {'B', 22, "the replay buffer is bounded; RESUME replays in order, then RESUMED"},
        {'B', 23, "how RESUME fails"},
        {'B', 24, "1000 and 1001 from the client end the session, other closes keep it"},
        {'B', 25, "a second RESUME takes a live session over, or is refused"},
        {'B', 26, "op 7 at any time, then a forced close"},
        {'B', 27, "op 9 on a live session"},
        {'B', 28, "zlib-stream"},
        {'B', 29, "zstd-stream"},
        {'B', 30, "compress:true gives blobs for large payloads only"},
        {'B', 31, "ETF is refused plainly"},
        {'B', 32, "request guild members, and its limit"},
        {'B', 33, "presence, voice state, soundboard sounds, channel info"},
        {'B', 34, "every REST write is told, around the time of its answer, and is true from then on"},
        {'B', 35, "buckets with a hash per route group and a count per major id; 429s with both forms of the wait"},
        {'B', 36, "50 requests a second a token, interactions exempt"},
        {'B', 37, "invalid requests are counted by address and end in a ban at the edge"},
        {'B', 38, "hidden limits, buckets that depend on age, misleading headers"},
        {'B', 39, "one hash for limits apart, and hashes that change in mid-run"},
        {'B', 40, "User-Agent, Content-Type, versions and unknown routes"},
        {'B', 41, "an enforced nonce, and 5xx or silence after the write"},
        {'B', 42, "commands are registered: bulk overwrite, upsert, validation"},
        {'B', 43, "interactions: three seconds, fifteen minutes, double answers"},
        {'B', 44, "an interaction reaches every session of its shard"},
        {'B', 45, "a DM is opened once; its events go to shard 0 alone"},
        {'B', 46, "threads: active ones in GUILD_CREATE, archived by silence or with their parent, THREAD_LIST_SYNC"},
        {'B', 47, "a deleted category orphans its channels, each told"},
        {'B', 48, "unknown events and keys, order of keys and white space varied"},
        {'B', 49, "ids with spread timestamps, and pairs of one millisecond"},
        {'B', 50, "one seed, one run; the oracle knows what was sent"},
        {'B', 51, "counters that judge a client"},
        {'B', 52, "thousands of sockets, one serialised payload for many"},
        {'F', 1, "TCP FIN"},
        {'F', 2, "TCP RST, also in mid-record and in mid-frame"},
        {'F', 3, "a close frame without a code"},
        {'F', 4, "every close code"},
        {'F', 5, "TCP refused"},
        {'F', 6, "TLS never finished"},
        {'F', 7, "the upgrade answered with an error page"},
        {'F', 8, "resume_gateway_url names a dead host"},
        {'F', 9, "no HELLO"},
        {'F', 10, "op 7 in place of HELLO"},
        {'F', 11, "a zombie: reads, never acknowledges"},
        {'F', 12, "stops reading"},
        {'F', 13, "stops sending, then floods"},
        {'F', 14, "drops event kinds for ever"},
        {'F', 15, "an ACK behind 50 MB"},
        {'F', 16, "a slow READY"},
        {'F', 17, "guilds that never come"},
        {'F', 18, "IDENTIFY answered by op 9, or by silence"},
        {'F', 19, "RESUME answered by op 9, resets, silence or a close"},
        {'F', 20, "a drop in mid-replay"},
        {'F', 21, "a replay with numbers already delivered"},
        {'F', 22, "a gap in the numbers"},
        {'F', 23, "sessions that expire early"},
        {'F', 24, "op 7 to all within a second"},
        {'F', 25, "all sockets cut at once"},
        {'F', 26, "a budget nearly spent, and its breach"},
        {'F', 27, "storms of concurrency breaches"},
        {'F', 28, "/gateway/bot failing, stale or changed"},
        {'F', 29, "intents withdrawn, limits grown over"},
        {'F', 30, "an outage storm"},
        {'F', 31, "guilds moved out and in"},
        {'F', 32, "a huge GUILD_CREATE"},
        {'F', 33, "zlib messages split over websocket messages"},
        {'F', 34, "fragments with pings between"},
        {'F', 35, "a corrupt compressed byte"},
        {'F', 36, "several messages in one segment"},
        {'F', 37, "segments of one byte"},
        {'F', 38, "member chunks out of order, missing, doubled, mixed"},
        {'F', 39, "429s of every scope, with any headers, body and wait"},
        {'F', 40, "5xx as JSON, as a page, empty"},
        {'F', 41, "answers slow, cut, mismeasured, reset, or none"},
        {'F', 42, "X-RateLimit-Reset by a wrong clock"},
        {'F', 43, "the edge's ban of an address"},
        {'F', 44, "401 on a webhook's token alone"},
        {'F', 45, "keep-alive closed at the moment of reuse"},
        {'F', 46, "bad data in events"},
    };
    return items;
}

}  // namespace shoal::sim
