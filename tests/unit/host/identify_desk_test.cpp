// Permits in single-process mode: budget before each wave, keys and windows, several processes over one ledger.

#include "host/identify_desk.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "base/virtual_scheduler.hpp"
#include "host/errc.hpp"
#include "state/errc.hpp"
#include "state/files.hpp"
#include "state/shared_ledger.hpp"

using namespace shoal;
using namespace shoal::host;
using namespace std::chrono_literals;

namespace {

/// A ledger that several desks of one test share, with the ways in which a file can fail.
struct shared_memory {
    budget::identify_ledger ledger;
    bool busy = false;
    bool full = false;
};

class memory_ledger final : public ledger_port {
public:
    explicit memory_ledger(shared_memory& where) : where_(where) {}
    result<void> with(instant, const std::function<void(budget::identify_ledger&)>& change) override {
        if (where_.busy) return std::unexpected(failure(state::errc::busy));
        auto copy = where_.ledger;
        change(copy);
        if (where_.full) return std::unexpected(failure(state::errc::disk_full, "/x"));
        where_.ledger = std::move(copy);
        return {};
    }

private:
    shared_memory& where_;
};

/// What Discord answers, and how often it was asked.
struct fake_api {
    explicit fake_api(virtual_scheduler& where) : time(where) {}
    gateway_bot_source source() {
        return [this](std::function<void(gateway_bot_answer)> done) {
            ++asked;
            time.post([this, done] { done(answer ? answer() : good()); });
        };
    }
    [[nodiscard]] gateway_bot_answer good() const { return {gateway_bot{"wss://gateway.test", 1, limit}, {}}; }

    virtual_scheduler& time;
    int asked = 0;
    budget::session_start_limit limit{1000, 1000, 24h, 1};
    std::function<gateway_bot_answer()> answer;
};

struct desk_bench {
    desk_bench() = default;
    identify_desk& open(desk_options options = {}) {
        desks.push_back(std::make_unique<identify_desk>(time, std::make_unique<memory_ledger>(memory), api.source(),
                                                        std::move(options),
                                                        [this](const failure& why) { fatal.push_back(why.message()); }));
        return *desks.back();
    }
    void ask(identify_desk& desk, std::uint32_t shard, std::uint32_t total = 16, bool use = true) {
        desk.ask({shard, total}, false, time, [this, &desk, shard, total, use](const permit_source::answer& answer) {
            if (!answer.refused.empty()) return refusals.push_back(fmt::format("{}: {}", shard, answer.refused));
            grants.emplace_back(shard, time.now());
            if (use) desk.used(answer.permit, {shard, total}), desk.identify_ended({shard, total}, true);
        });
    }

    virtual_scheduler time;
    shared_memory memory;
    fake_api api{time};
    std::vector<std::unique_ptr<identify_desk>> desks;
    std::vector<std::pair<std::uint32_t, instant>> grants;
    std::vector<std::string> refusals, fatal;
};

}  // namespace

TEST_CASE("a permit comes after the budget was read, and the next of its key a window later") {
    desk_bench bench;
    auto& desk = bench.open();
    for (std::uint32_t shard = 0; shard < 3; ++shard) bench.ask(desk, shard);
    bench.time.run_for(1ms);
    CHECK(bench.api.asked == 1);
    REQUIRE(bench.grants.size() == 1);
    CHECK(bench.grants[0].first == 0);
    bench.time.run_for(20s);
    REQUIRE(bench.grants.size() == 3);
    for (std::size_t i = 1; i < 3; ++i) {
        CHECK(bench.grants[i].second - bench.grants[i - 1].second >= 5s);
        CHECK(bench.grants[i].second - bench.grants[i - 1].second <= 6s);
    }
    CHECK(bench.memory.ledger.spent == 3);
}

TEST_CASE("whether an IDENTIFY can be spared is answered from the ledger, after Discord was asked what is left") {
    desk_bench bench;
    bench.api.limit.remaining = 101;
    auto& desk = bench.open();
    std::vector<bool> answers;
    const auto ask = [&] {
        desk.can_spare({0, 1}, bench.time, [&](bool spare) { answers.push_back(spare); });
        bench.time.run_for(1ms);
    };
    ask();
    CHECK(bench.api.asked == 1);
    ask();
    bench.ask(desk, 0);
    bench.time.run_for(1ms);
    ask();
    CHECK(answers == std::vector<bool>{false, true, false});
    CHECK(bench.memory.ledger.spent == 900);  // Questions cost nothing.
}

TEST_CASE("distinct keys get their permits in one wave") {
    desk_bench bench;
    bench.api.limit.max_concurrency = 16;
    auto& desk = bench.open();
    for (std::uint32_t shard = 0; shard < 16; ++shard) bench.ask(desk, shard);
    bench.time.run_for(100ms);
    CHECK(bench.grants.size() == 16);
}

TEST_CASE("the budget is read at most once a minute") {
    desk_bench bench;
    auto& desk = bench.open();
    for (std::uint32_t shard = 0; shard < 16; ++shard) bench.ask(desk, shard);
    bench.time.run_for(100s);
    CHECK(bench.grants.size() == 16);
    CHECK(bench.api.asked <= 3);
    CHECK(bench.api.asked >= 2);
}

TEST_CASE("what the bootstrap read saves the first request") {
    desk_bench bench;
    auto& desk = bench.open();
    desk.budget_seen(bench.api.limit);
    bench.ask(desk, 0);
    bench.time.run_for(1s);
    CHECK(bench.grants.size() == 1);
    CHECK(bench.api.asked == 0);
}

TEST_CASE("two processes over one ledger never use a key within a window, and both go on") {
    desk_bench bench;
    auto& one = bench.open();
    auto& two = bench.open();
    for (std::uint32_t shard = 0; shard < 4; ++shard) bench.ask(one, shard, 8), bench.ask(two, shard + 4, 8);
    bench.time.run_for(60s);
    REQUIRE(bench.grants.size() == 8);
    for (std::size_t i = 1; i < bench.grants.size(); ++i) CHECK(bench.grants[i].second - bench.grants[i - 1].second >= 5s);
    CHECK(bench.memory.ledger.spent == 8);
}

TEST_CASE("a permit that is returned is given to the next without the wait of a used one") {
    desk_bench bench;
    auto& desk = bench.open();
    std::uint64_t permit = 0;
    desk.ask({0, 2}, false, bench.time, [&](const permit_source::answer& answer) { permit = answer.permit; });
    bench.time.run_for(10ms);
    REQUIRE(permit != 0);
    desk.returned(permit, {0, 2});
    bench.ask(desk, 1, 2);
    bench.time.run_for(1s);
    CHECK(bench.grants.size() == 1);
    CHECK(bench.memory.ledger.spent == 1);
}

TEST_CASE("what would eat the reserve is refused in words, once") {
    desk_bench bench;
    bench.api.limit.remaining = 50;
    bench.api.limit.reset_after = 2min;
    auto& desk = bench.open();
    bench.ask(desk, 0);
    bench.time.run_for(110s);
    CHECK(bench.grants.empty());
    REQUIRE(bench.refusals.size() == 1);
    CHECK(bench.refusals[0].find("reserve") != std::string::npos);
    bench.api.limit.remaining = 1000;  // the window ended
    bench.time.run_for(4min);
    CHECK(bench.grants.size() == 1);
}

TEST_CASE("while the API fails nobody identifies, and asking slows down") {
    desk_bench bench;
    auto& desk = bench.open();
    bench.api.answer = [] { return read_gateway_bot({502, {}, "<html><h1>502 Bad Gateway</h1></html>"}); };
    bench.ask(desk, 0);
    bench.time.run_for(10min);
    CHECK(bench.grants.empty());
    CHECK(bench.api.asked > 5);
    CHECK(bench.api.asked < 20);
    CHECK(desk.budget().trouble.find("502") != std::string::npos);
    bench.api.answer = {};
    bench.time.run_for(61s);
    CHECK(bench.grants.size() == 1);
    CHECK(desk.budget().trouble.empty());
}

TEST_CASE("a 429 is waited out for as long as Discord says") {
    desk_bench bench;
    auto& desk = bench.open();
    bench.api.answer = [] { return read_gateway_bot({429, {{"Retry-After", "90"}}, R"({"retry_after":90.5})"}); };
    bench.ask(desk, 0);
    bench.time.run_for(1s);
    bench.api.answer = {};
    bench.time.run_for(88s);
    CHECK(bench.api.asked == 1);
    bench.time.run_for(3s);
    CHECK(bench.grants.size() == 1);
}

TEST_CASE("a token that Discord does not accept ends the asking with a clear sentence") {
    desk_bench bench;
    auto& desk = bench.open();
    bench.api.answer = [] { return read_gateway_bot({401, {}, R"({"message":"401: Unauthorized","code":0})"}); };
    bench.ask(desk, 0);
    bench.time.run_for(1h);
    CHECK(bench.api.asked == 1);
    REQUIRE(bench.fatal.size() == 1);
    CHECK(bench.fatal[0].find("token") != std::string::npos);
    REQUIRE(bench.refusals.size() == 1);
    bench.ask(desk, 1);
    bench.time.run_for(1s);
    CHECK(bench.refusals.size() == 2);
}

TEST_CASE("a ledger that is locked for a moment delays a permit and no more") {
    desk_bench bench;
    auto& desk = bench.open();
    bench.memory.busy = true;
    bench.ask(desk, 0);
    bench.time.run_for(500ms);
    CHECK(bench.grants.empty());
    bench.memory.busy = false;
    bench.time.run_for(100ms);
    CHECK(bench.grants.size() == 1);
}

TEST_CASE("a process that stands still with the ledger's lock is told of once, and again if it happens again") {
    std::vector<std::string> told;
    desk_options options;
    options.log = logger([&](const log_record& record) { told.emplace_back(record.message); }, log_level::warn);
    desk_bench bench;
    auto& desk = bench.open(std::move(options));
    for (std::uint32_t round = 1; round <= 2; ++round) {
        bench.memory.busy = true;
        bench.ask(desk, round);
        bench.time.run_for(4s);
        CHECK(told.size() == round - 1);
        bench.time.run_for(60s);
        REQUIRE(told.size() == round);
        CHECK(told.back().find("another process holds the identify ledger") != std::string::npos);
        bench.memory.busy = false;
        bench.time.run_for(10s);
        CHECK(bench.grants.size() == round);
    }
}

TEST_CASE("a permit that cannot be written down is not given") {
    desk_bench bench;
    auto& desk = bench.open();
    desk.budget_seen(bench.api.limit);
    bench.time.run_for(1ms);
    bench.memory.full = true;
    bench.ask(desk, 0);
    bench.time.run_for(30s);
    CHECK(bench.grants.empty());
    REQUIRE(bench.refusals.size() == 1);
    CHECK(bench.refusals[0].find("disk full") != std::string::npos);
    bench.memory.full = false;
    bench.time.run_for(10s);
    CHECK(bench.grants.size() == 1);
    CHECK(bench.memory.ledger.spent == 1);
}

TEST_CASE("a request that was withdrawn costs nothing") {
    desk_bench bench;
    auto& desk = bench.open();
    bench.ask(desk, 0);
    desk.withdraw({0, 16});
    bench.time.run_for(10s);
    CHECK(bench.grants.empty());
    CHECK(bench.memory.ledger.spent == 0);
}

TEST_CASE("a desk may go at any time") {
    desk_bench bench;
    for (const auto wait : {0ms, 1ms, 10000ms}) {
        auto& desk = bench.open();
        bench.ask(desk, 0);
        bench.ask(desk, 1);
        bench.time.run_for(wait);
        bench.desks.clear();
        bench.time.run_for(1min);
    }
}

TEST_CASE("a damaged ledger file makes every key wait one window and Discord be asked") {
    char folder[] = "/tmp/shoal-desk-XXXXXX";
    REQUIRE(::mkdtemp(folder) != nullptr);
    const auto path = std::string(folder) + "/l";
    virtual_scheduler time;
    fake_api api(time);
    api.limit.max_concurrency = 16;
    int warnings = 0;
    const logger log([&](const log_record&) { ++warnings; }, log_level::warn);
    const auto first_grant = [&]() -> duration {
        identify_desk desk(time, ledger_in_file(path, 7, "boot", log), api.source(), {});
        std::optional<instant> at;
        const auto begun = time.now();
        desk.ask({3, 16}, false, time, [&](const permit_source::answer& answer) {
            if (answer.refused.empty()) at = time.now();
        });
        time.run_for(30s);
        REQUIRE(at.has_value());
        return *at - begun;
    };
    SUBCASE("a missing file is a bot's first start") { CHECK(first_grant() < 100ms); }
    SUBCASE("damaged") {
        REQUIRE(state::write_durably(path, "no ledger at all"));
        const auto waited = first_grant();
        CHECK(waited >= 5s);
        CHECK(waited <= 7s);
        CHECK(warnings == 1);
        CHECK(api.asked == 1);
    }
    SUBCASE("of another boot: its times mean nothing, its counts stay") {
        budget::identify_ledger old;
        old.application = 7;
        old.boot_id = "an earlier boot";
        old.spent = 30;
        old.key_free_at[3] = instant{} + 1000h;
        REQUIRE(state::write_durably(path, budget::write_ledger(old)));
        const auto waited = first_grant();
        CHECK(waited >= 5s);
        CHECK(waited <= 7s);
    }
    SUBCASE("of another bot") {
        budget::identify_ledger other;
        other.application = 8;
        other.boot_id = "boot";
        REQUIRE(state::write_durably(path, budget::write_ledger(other)));
        CHECK(first_grant() >= 5s);
    }
    SUBCASE("what one desk spent the next one knows") {
        CHECK(first_grant() < 100ms);
        const auto text = state::read_whole(path);
        REQUIRE(text);
        REQUIRE(text->has_value());
        CHECK(budget::read_ledger(**text)->spent >= 0);
        CHECK((*text)->find("token") == std::string::npos);
    }
    std::filesystem::remove_all(folder);
}
