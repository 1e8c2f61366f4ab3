// Files that go out with a call: read by workers, put together as one body on REST's thread.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <future>
#include <string>
#include <vector>

#include "bot/upload.hpp"
#include "threaded_fixture.hpp"

using namespace shoal;
using namespace shoal::test;

namespace {

struct temporary_file {
    explicit temporary_file(const std::string& content) : path("/tmp/shoal-upload-test-" + std::to_string(::getpid())) {
        std::ofstream(path) << content;
    }
    ~temporary_file() { std::remove(path.c_str()); }
    const std::string path;
};

/// Sends files by a handler of one message and waits for what comes of it.
result<std::string> send_files(threaded& t, std::vector<file> files) {
    std::promise<result<std::string>> ended;
    t.bot.on([&](message_create) -> task<> {
        ended.set_value(
            co_await t.bot.rest().request("POST", "/channels/5/messages", R"({"content":"x"})", std::move(files)).result());
    });
    t.open();
    t.message(1);
    auto outcome = ended.get_future();
    REQUIRE(outcome.wait_for(60s) == std::future_status::ready);
    return outcome.get();
}

}  // namespace

TEST_CASE("files from memory and from disk go out as one multipart body with the payload before them") {
    const std::string content(100'000, 'z');
    const temporary_file on_disk(content);
    threaded t;
    std::vector<file> files;
    files.push_back(file::from_bytes("a.txt", "in memory").content_type("text/plain").spoiler());
    files.push_back(file::from_disk(on_disk.path, "b.bin"));
    REQUIRE(send_files(t, std::move(files)));
    REQUIRE(t.http.requests.size() == 1);
    const auto& [request, body] = t.http.requests[0];
    std::string type;
    for (const auto& each : request.headers) {
        if (each.name == "Content-Type") type = each.value;
    }
    const std::string_view start = "multipart/form-data; boundary=";
    REQUIRE(type.starts_with(start));
    const auto boundary = "--" + type.substr(start.size());
    CHECK(body.starts_with(boundary + "\r\nContent-Disposition: form-data; name=\"payload_json\"\r\n"));
    CHECK(body.find("filename=\"SPOILER_a.txt\"\r\nContent-Type: text/plain\r\n\r\nin memory\r\n" + boundary) !=
          std::string::npos);
    CHECK(body.find("filename=\"b.bin\"\r\n\r\n" + content + "\r\n" + boundary + "--") != std::string::npos);
}

TEST_CASE("a file that cannot be read fails its call by its name, and nothing is sent") {
    for (const auto* path : {"/nowhere/at-all.txt", "/tmp"}) {
        threaded t;
        std::vector<file> files;
        files.push_back(file::from_disk(path, "name.txt"));
        const auto outcome = send_files(t, std::move(files));
        REQUIRE_FALSE(outcome);
        CHECK(outcome.error().is(bot_errc::bad_request));
        CHECK(outcome.error().detail().starts_with("the file " + std::string(path) + " cannot be read"));
        CHECK(t.http.requests.empty());
    }
}

TEST_CASE("a file that became shorter after it was opened is never sent as if it were whole") {
    const temporary_file on_disk(std::string(100'000, 'z'));
    threaded t;
    std::vector<file> files;
    files.push_back(file::from_disk(on_disk.path));
    auto opened = runtime::open_files("{}", std::move(files));
    REQUIRE(opened);
    std::ofstream(on_disk.path) << "short";
    t.open();
    std::promise<std::string> trouble;
    t.shard_thread.post([&] {
        const auto body = runtime::make_upload(std::move(*opened), t.shard_thread, t.bot.inside().workers());
        body->rewind();
        body->read(1000, [&, body](result<std::string> text) {
            REQUIRE(text);
            body->read(1000,
                       [&, body](result<std::string> piece) { trouble.set_value(piece ? "none" : piece.error().message()); });
        });
    });
    auto told = trouble.get_future();
    REQUIRE(told.wait_for(60s) == std::future_status::ready);
    CHECK(told.get().find("became shorter") != std::string::npos);
}
