#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <thread>

#include "base/logger.hpp"
#include "ops/log.hpp"

using namespace shoal;
using namespace shoal::ops;

namespace {

constexpr std::string_view a_token = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs";

log_record record_of(std::string_view message) {
    log_record record;
    record.level = log_level::warn;
    record.time = std::chrono::system_clock::time_point(std::chrono::milliseconds(1700000000123));
    record.component = "gateway";
    record.message = message;
    return record;
}

/// The two ends of a pipe; what was written can be read after the writer is done.
struct pipe_ends {
    pipe_ends() { REQUIRE(::pipe(ends) == 0); }
    ~pipe_ends() {
        ::close(ends[0]);
        if (ends[1] >= 0) ::close(ends[1]);
    }
    std::string read_all() {
        ::close(ends[1]);
        ends[1] = -1;
        std::string all;
        char block[4096];
        for (ssize_t n = 0; (n = ::read(ends[0], block, sizeof block)) > 0;) all.append(block, static_cast<std::size_t>(n));
        return all;
    }
    int ends[2]{-1, -1};
};

}  // namespace

TEST_CASE("a text line has time, level, component, message, fields and the correlation id") {
    auto record = record_of("closed by the peer");
    const logger::fields fields{{"code", "4000"}};
    record.fields = &fields;
    record.correlation = "s3-17";
    CHECK(format_line(record, log_format::text, redactor()) ==
          "2023-11-14T22:13:20.123Z WARN  gateway  closed by the peer  code=4000  (s3-17)");
}

TEST_CASE("a JSON line is one object with the same facts") {
    auto record = record_of("a \"quoted\" \\ word");
    const logger::fields fields{{"code", "4000"}};
    record.fields = &fields;
    record.correlation = "s3-17";
    CHECK(
        format_line(record, log_format::json, redactor()) ==
        R"({"time":"2023-11-14T22:13:20.123Z","level":"warn","component":"gateway","message":"a \"quoted\" \\ word","id":"s3-17","code":"4000"})");
}

TEST_CASE("no content can forge a line or break the encoding") {
    CHECK(format_line(record_of("a\nb\x1b[31m\x7f"), log_format::text, redactor()).ends_with("a\\nb\\x1b[31m\\x7f"));
    const auto json =
        format_line(record_of("a\nb\t\x01 \xff\xc3 \xed\xa0\x80 \xc3\xa9 \xf0\x9f\x90\x9f"), log_format::json, redactor());
    CHECK(json.find("\"message\":\"a\\nb\\u0009\\u0001 \uFFFD\uFFFD \uFFFD\uFFFD\uFFFD \u00e9 \U0001F41F\"") !=
          std::string::npos);
}

TEST_CASE("the configured token is in no part of a line") {
    const redactor hide({secret("sim.token")});
    auto record = record_of("IDENTIFY with sim.token, twice sim.token");
    const logger::fields fields{{"payload", R"({"token":"sim.token"})"}, {"sim.token", "x"}};
    record.fields = &fields;
    record.correlation = "sim.token";
    for (auto format : {log_format::text, log_format::json}) {
        const auto line = format_line(record, format, hide);
        CHECK(line.find("sim.token") == std::string::npos);
        CHECK(line.find("[token], twice [token]") != std::string::npos);
    }
}

TEST_CASE("whatever looks like a token is hidden, though nobody told of it") {
    const auto text = "header Authorization: Bot " + std::string(a_token) + "; again " + std::string(a_token);
    const auto safe = redactor().clean(text);
    CHECK(safe == "header Authorization: Bot [token]; again [token]");
    CHECK(redactor().clean("connecting to wss://gateway.discord.gg/?v=10") == "connecting to wss://gateway.discord.gg/?v=10");
}

TEST_CASE("a secret that contains another is hidden whole") {
    CHECK(redactor({secret("abcd"), secret("abcd.efgh")}).clean("x abcd.efgh y abcd") == "x [token] y [token]");
}

TEST_CASE("lines come out in order and whole, from several threads") {
    pipe_ends pipe;
    std::string all;
    {
        std::thread reader;
        stderr_log out(log_format::text, redactor(), 8192, pipe.ends[1]);
        const logger log(out.sink(), log_level::debug, "test");
        std::thread first([&] {
            for (int i = 0; i < 200; ++i) log.info("one " + std::to_string(i));
        });
        std::thread second([&] {
            for (int i = 0; i < 200; ++i) log.info("two " + std::to_string(i));
        });
        first.join();
        second.join();
        out.flush();
        CHECK(out.dropped() == 0);
    }
    all = pipe.read_all();
    std::size_t at = 0;
    for (int i = 0; i < 200; ++i) {
        const auto next = all.find("one " + std::to_string(i) + "\n", at);
        REQUIRE(next != std::string::npos);
        at = next;
    }
    CHECK(std::ranges::count(all, '\n') == 400);
}

TEST_CASE("a reader that stalls does not stop the writer: the oldest lines are dropped and counted") {
    pipe_ends pipe;
    {
        stderr_log out(log_format::text, redactor(), 16, pipe.ends[1]);
        const logger log(out.sink(), log_level::debug, "test");
        const std::string wide(4000, 'x');
        // A pipe holds 64 KiB: these 200 lines are twelve times that, and nobody reads yet.
        for (int i = 0; i < 200; ++i) log.info(wide);
        CHECK(out.dropped() > 100);
        std::thread reader([&] {
            char block[65536];
            std::string all;
            while (all.find("the end") == std::string::npos) {
                const auto n = ::read(pipe.ends[0], block, sizeof block);
                if (n <= 0) break;
                all.append(block, static_cast<std::size_t>(n));
            }
        });
        log.info("the end");
        reader.join();
    }
}

TEST_CASE("a level that is not wanted costs no line") {
    int lines = 0;
    const logger log([&](const log_record&) { ++lines; }, log_level::warn, "test");
    log.info("no");
    log.warn("yes");
    CHECK(lines == 1);
}

TEST_CASE("a sink of the user's gets no token either") {
    std::string seen;
    const auto sink = redacting(
        [&](const log_record& record) {
            seen += std::string(record.message) + "|" + std::string(record.correlation) + "|" + record.fields->front().second;
        },
        redactor({secret("sim.token")}));
    const logger log(sink, log_level::debug, "test");
    log.info("got sim.token", {{"x", "sim.token!"}}, "sim.token");
    CHECK(seen == "got [token]|[token]|[token]!");
}
