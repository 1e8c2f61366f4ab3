// Plays tests/transcripts/*.txt: each a fleet's story, command by command, with what was to be seen. SHOAL_REWRITE=1 writes them
// anew; what changed is then read in the diff.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "fleet/virtual_fleet.hpp"

using namespace shoal;
using namespace shoal::fleet_simulation;
using namespace std::chrono_literals;

namespace {

std::string joined(const std::vector<std::uint32_t>& numbers) {
    std::string out;
    for (const auto n : numbers) out += fmt::format("{}{}", out.empty() ? "" : " ", n);
    return out.empty() ? "-" : out;
}

class story {
public:
    explicit story(fleet_options options) : fleet_(options) {}

    std::string tell(const std::string& line) {
        std::istringstream words(line);
        std::string verb;
        words >> verb;
        out_.clear();
        const auto word = [&] {
            std::string w;
            words >> w;
            return w;
        };
        if (verb == "coordinator-starts") {
            fleet_.start_coordinator();
        } else if (verb == "coordinator-dies") {
            fleet_.kill_coordinator();
            if (word() == "without-store") fleet_.lose_store();
        } else if (verb == "worker-joins") {
            worker_joins(std::stoi(word()), words);
        } else if (verb == "worker-returns") {
            virtual_fleet::birth how;
            const auto name = word();
            if (word() == "as-successor") how.succeeds = last_killed_;
            fleet_.start_worker(name, how);
        } else if (verb == "twin") {
            fleet_.start_worker(word(), {});
        } else if (verb == "kill") {
            auto& who = named(word());
            last_killed_ = who.incarnation();
            fleet_.kill(who.number(), word() == "seen");
        } else if (verb == "freeze") {
            named(word()).freeze();
        } else if (verb == "thaw") {
            named(word()).thaw();
        } else if (verb == "cut") {
            const auto place = named(word()).place();
            const auto how = word();
            fleet_.network.cut(place, how != "is-heard", how != "hears");
        } else if (verb == "heal") {
            fleet_.network.heal(named(word()).place());
        } else if (verb == "fail-store") {
            fleet_.coordinator()->fail_store(span(word()));
        } else if (verb == "discord-closes") {
            for (auto& [number, worker] : fleet_.workers)
                if (const auto shard = number_of(words); worker->holds(shard)) worker->cut_socket(shard);
        } else if (verb == "discord-forgets") {
            fleet_.discord.invalidate(number_of(words));
        } else if (verb == "discord-refuses") {
            const auto which = word();
            const auto code = static_cast<std::uint16_t>(number_of(words));
            fleet_.discord.refuse(which == "the-bot" ? std::nullopt : std::optional(std::stoul(which)), code);
        } else if (verb == "others-spend") {
            fleet_.discord.others += number_of(words);
        } else if (verb == "ends-in-order") {
            named(word()).ask_to_stop();
        } else if (verb == "advance") {
            advance(span(word()));
        } else if (verb == "show") {
            show(word(), words);
        } else {
            operate(verb, words);
        }
        for (const auto& finding : std::exchange(fleet_.findings, {})) out_ += "WRONG: " + finding + "\n";
        return out_;
    }

private:
    static duration span(const std::string& text) {
        std::size_t end = 0;
        const auto count = std::stol(text, &end);
        return text.substr(end) == "ms" ? duration(std::chrono::milliseconds(count)) : duration(std::chrono::seconds(count));
    }
    static std::uint32_t number_of(std::istringstream& words) {
        std::uint32_t n = 0;
        words >> n;
        return n;
    }
    virtual_worker& named(const std::string& name) {
        auto* who = fleet_.by_name(name);
        REQUIRE_MESSAGE(who != nullptr, name);
        return *who;
    }
    void worker_joins(int count, std::istringstream& words) {
        virtual_fleet::birth how;
        how.capacity = {2000, 0, 0};
        for (std::string option; words >> option;) {
            const auto value = option.substr(option.find('=') + 1);
            if (option.starts_with("cores=")) how.capacity.millicores = static_cast<std::uint32_t>(1000 * std::stoi(value));
            if (option.starts_with("max-shards=")) how.capacity.max_shards = static_cast<std::uint32_t>(std::stoi(value));
            if (option.starts_with("zone=")) how.zone = value;
        }
        for (; count > 0; --count) fleet_.start_worker(fmt::format("w{}", ++names_), how);
    }
    /// What the coordinator notes meanwhile; moves of many shards for one reason in one line.
    void advance(duration by) {
        const auto from = fleet_.lines().size();
        fleet_.time.run_for(by);
        std::vector<std::string> notes;
        for (auto i = from; i < fleet_.lines().size(); ++i) {
            const auto line = fleet_.lines()[i].substr(10);
            if (line.starts_with("coordinator")) notes.push_back(line);
        }
        for (const auto& line : notes) out_ += line + "\n";
    }
    void show(const std::string& what, std::istringstream& words) {
        const auto picture = fleet_.coordinator()->brain().picture(fleet_.coordinator()->now());
        if (what == "assignments") {
            std::vector<std::uint32_t> none;
            for (const auto& shard : picture.shards)
                if (!shard.owner) none.push_back(shard.shard);
            for (const auto& one : picture.workers) out_ += fmt::format("{}: {}\n", one.process.value, joined(one.shards));
            if (!none.empty()) out_ += fmt::format("nobody: {}\n", joined(none));
            const auto live =
                std::ranges::count(picture.shards, cluster::placement_state::running, &cluster::shard_picture::state);
            out_ += fmt::format("{} of {} live, {} IDENTIFYs, {} RESUMEs\n", live, picture.shards.size(),
                                fleet_.discord.identifies, fleet_.discord.resumes);
        } else if (what == "workers") {
            for (const auto& one : picture.workers)
                out_ += fmt::format("{} {}{} {} shards: {}\n", one.process.value, cluster::to_string(one.state),
                                    one.cordoned ? " cordoned" : "", one.shards.size(), one.reason);
        } else if (what == "fleet") {
            out_ += fmt::format("leader {}{}{}\n", cluster::number(picture.leader), picture.paused ? ", paused" : "",
                                picture.waiting_for.empty()
                                    ? ""
                                    : ", waiting for " + picture.waiting_for.substr(0, picture.waiting_for.find(',')));
            for (const auto& alarm : picture.alarms) out_ += "alarm: " + alarm + "\n";
        } else if (what == "budget") {
            const auto& budget = picture.identify;
            out_ += fmt::format("{} of {} IDENTIFYs left, {} spent, {} in reserve{}, {} by others, {} shards wait\n",
                                budget.remaining, budget.total, budget.spent, budget.reserve,
                                budget.reserve_in_use ? " (in use)" : "", budget.foreign, budget.waiting);
            if (!budget.trouble.empty()) out_ += budget.trouble + "\n";
        } else if (what == "epochs") {
            for (const auto& shard : picture.shards)
                out_ += fmt::format("{} {} {}\n", shard.shard, shard.owner ? shard.owner->value : "nobody",
                                    cluster::number(shard.epoch));
        } else if (what == "shard") {
            ask(cluster::explain_ask{number_of(words)});
        } else {
            out_ += "what is " + what + "?\n";
        }
    }
    void operate(const std::string& verb, std::istringstream& words) {
        std::vector<std::string> args;
        for (std::string w; words >> w;) args.push_back(w);
        const bool dry = !args.empty() && args.back() == "dry-run";
        if (dry) args.pop_back();
        const cluster::process_id first{args.empty() ? "" : args[0]};
        if (verb == "drain") return ask(cluster::drain_ask{first, dry});
        if (verb == "cordon") return ask(cluster::cordon_ask{first, true});
        if (verb == "uncordon") return ask(cluster::cordon_ask{first, false});
        if (verb == "fence") return ask(cluster::fence_ask{first, {}});
        if (verb == "pause") return ask(cluster::pause_ask{true});
        if (verb == "go-on") return ask(cluster::pause_ask{false});
        if (verb == "reserve") {
            if (args[0] == "use") fleet_.discord.reserve = 0;
            return ask(cluster::reserve_ask{args[0] == "use"});
        }
        if (verb == "rebalance") return ask(cluster::rebalance_ask{dry});
        if (verb == "move") {
            cluster::move_ask move{{static_cast<std::uint32_t>(std::stoul(args[0]))}, {}, dry};
            if (args.size() > 1) move.to = cluster::process_id{args[1]};
            return ask(move);
        }
        out_ += "what is " + verb + "?\n";
    }
    void ask(cluster::operator_request what) {
        fleet_.coordinator()->feed(cluster::leader::operator_asked{1, std::move(what)});
        const auto& told = fleet_.last_answer;
        if (const auto* done = std::get_if<cluster::operator_done>(&told)) out_ += done->detail + "\n";
        if (const auto* no = std::get_if<cluster::operator_refused>(&told)) out_ += "refused: " + no->detail + "\n";
        if (const auto* plan = std::get_if<cluster::plan_told>(&told)) {
            for (const auto& move : plan->moves)
                out_ += fmt::format("{}{}: {} -> {} ({})\n", plan->dry_run ? "would move " : "moves ", move.shard,
                                    move.from ? move.from->value : "nobody", move.to.value, move.reason);
            for (const auto& left : plan->left_out) out_ += "left out: " + left + "\n";
            if (plan->moves.empty() && plan->left_out.empty()) out_ += "nothing to move\n";
        }
        if (const auto* lines = std::get_if<cluster::explained>(&told))
            for (const auto& line : lines->lines) out_ += line + "\n";
    }

    virtual_fleet fleet_;
    std::string out_;
    int names_ = 0;
    cluster::incarnation last_killed_{};
};

/// Commands begin at the line's start, what they told is indented, `#` is a remark. The first line may be `shards N keys N budget
/// N`.
std::string play(const std::string& text) {
    std::istringstream lines(text);
    fleet_options options;
    options.seed = 1;
    std::string out;
    std::optional<story> told;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("  ")) continue;
        out += line + "\n";
        if (line.empty() || line.starts_with("#")) continue;
        std::istringstream words(line);
        std::string verb;
        words >> verb;
        if (verb == "shards") {
            std::string name;
            words >> options.shards >> name >> options.keys;
            if (words >> name) words >> options.budget;
            continue;
        }
        if (!told) told.emplace(options);
        std::istringstream answer(told->tell(line));
        for (std::string one; std::getline(answer, one);) out += "  " + one + "\n";
    }
    return out;
}

}  // namespace

TEST_CASE("each transcript's fleet does what the transcript says") {
    const std::filesystem::path folder = std::filesystem::path(SHOAL_SOURCE_ROOT) / "tests/transcripts";
    std::vector<std::filesystem::path> files;
    for (const auto& file : std::filesystem::directory_iterator(folder))
        if (file.path().extension() == ".txt") files.push_back(file.path());
    std::ranges::sort(files);
    REQUIRE(files.size() >= 5);
    for (const auto& file : files) {
        std::stringstream text;
        text << std::ifstream(file).rdbuf();
        const auto played = play(text.str());
        CHECK_MESSAGE(played.find("WRONG") == std::string::npos, file.filename().string());
        if (std::getenv("SHOAL_REWRITE") != nullptr) {
            std::ofstream(file, std::ios::trunc) << played;
            continue;
        }
        CHECK_MESSAGE(played == text.str(),
                      fmt::format("{} (SHOAL_REWRITE=1 writes it anew):\n{}", file.filename().string(), played));
    }
}
