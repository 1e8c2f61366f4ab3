#include "rest/answer.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "base/utf8.hpp"

using namespace shoal;
using namespace std::chrono_literals;
using rest::limit_scope;

namespace {
rest::answer read(std::uint16_t status, const std::map<std::string, std::string, std::less<>>& headers,
                  std::string_view body = {}) {
    return rest::read_answer(
        status,
        [&](std::string_view name) {
            const auto found = headers.find(name);
            return found == headers.end() ? std::string_view{} : std::string_view(found->second);
        },
        body);
}
}  // namespace

TEST_CASE("a normal answer's limit headers are read with their decimals") {
    const auto got = read(200, {{"x-ratelimit-limit", "5"},
                                {"x-ratelimit-remaining", "4"},
                                {"x-ratelimit-reset-after", "0.333"},
                                {"x-ratelimit-bucket", "abc"}});
    CHECK(got.limits.limit == 5);
    CHECK(got.limits.remaining == 4);
    CHECK(got.limits.reset_after == 333ms);
    CHECK(got.limits.bucket == "abc");
    CHECK_FALSE(got.limits.retry_after);
}

TEST_CASE("of a 429 the body's time has decimals and stands over the header's whole seconds") {
    const auto got = read(429, {{"x-ratelimit-scope", "user"}, {"retry-after", "1"}},
                          R"({"message":"You are being rate limited.","retry_after":0.25,"global":false})");
    CHECK(got.limits.retry_after == 250ms);
    CHECK(got.limits.scope == limit_scope::user);
    CHECK_FALSE(got.limits.edge);
}

TEST_CASE("scopes are told apart") {
    CHECK(read(429, {{"x-ratelimit-scope", "shared"}, {"retry-after", "1337"}}).limits.scope == limit_scope::shared);
    CHECK(read(429, {{"x-ratelimit-global", "true"}, {"retry-after", "1"}}).limits.scope == limit_scope::global);
    CHECK(read(429, {}, R"({"retry_after":1.5,"global":true})").limits.scope == limit_scope::global);
}

TEST_CASE("an edge's 429 is known by what it lacks, whatever its body") {
    for (const auto* body : {"<html>blocked</html>", "error code: 1015", "",
                             R"({"code":0,"message":"You are being blocked from accessing our API temporarily"})"}) {
        CAPTURE(body);
        const auto got = read(429, {{"content-type", "text/html"}}, body);
        CHECK(got.limits.edge);
        CHECK_FALSE(got.limits.retry_after);
    }
    CHECK(read(429, {{"retry-after", "3600"}}, "<html>").limits.retry_after == 3600s);
    CHECK_FALSE(read(429, {{"via", "1.1 google"}}, "").limits.edge);
}

TEST_CASE("absurd times are bounded or ignored") {
    CHECK(read(429, {{"x-ratelimit-scope", "user"}, {"retry-after", "0"}}).limits.retry_after == 0s);
    CHECK_FALSE(read(429, {{"x-ratelimit-scope", "user"}, {"retry-after", "-5"}}).limits.retry_after);
    CHECK_FALSE(read(429, {{"x-ratelimit-scope", "user"}, {"retry-after", "soon"}}).limits.retry_after);
    CHECK(read(429, {{"x-ratelimit-scope", "user"}, {"retry-after", "1e300"}}).limits.retry_after == 7 * 24h);
    CHECK_FALSE(read(200, {{"x-ratelimit-reset-after", "nan"}}).limits.reset_after);
    CHECK_FALSE(read(200, {{"x-ratelimit-remaining", "-1"}}).limits.remaining);
}

TEST_CASE("an error is Discord's code and message with the first detail, or the status alone when the body is no JSON") {
    const auto got = rest::read_error(
        400,
        R"({"code":50035,"message":"Invalid Form Body","errors":{"content":{"_errors":[{"code":"X","message":"Too long"}]}}})");
    CHECK(got.code == 50035);
    REQUIRE(got.fields.size() == 1);
    CHECK(got.fields[0].path == "content");
    CHECK(got.fields[0].code == "X");
    CHECK(rest::line_of(got) == "status 400, code 50035: Invalid Form Body (content: Too long)");
    CHECK(rest::line_of(rest::read_error(502, "<html><body>Bad gateway</body></html>")) == "status 502");
    CHECK(rest::read_error(403, R"({"message":"Missing Access","code":50001})").code == 50001);
    CHECK(rest::read_error(400, R"({"message":")" + std::string(5000, 'x') + "\"}").message.size() <= 300);
}

TEST_CASE("every field that Discord did not like is named by its path, up to a bound") {
    const auto got = rest::read_error(400, R"({"code":50035,"message":"Invalid Form Body","errors":{"embeds":{"0":{"fields":{"3":{
        "name":{"_errors":[{"code":"BASE_TYPE_REQUIRED","message":"This field is required"}]},
        "value":{"_errors":[{"code":"BASE_TYPE_MAX_LENGTH","message":"Too long"},{"code":"Y","message":"Too dull"}]}}}}},
        "_errors":[{"code":"Z","message":"All of it"}]}})");
    REQUIRE(got.fields.size() == 4);
    CHECK(got.fields[0].path == "embeds.0.fields.3.name");
    CHECK(got.fields[1].path == "embeds.0.fields.3.value");
    CHECK(got.fields[2].message == "Too dull");
    CHECK(got.fields[3].path.empty());
    CHECK(rest::line_of(got) ==
          "status 400, code 50035: Invalid Form Body (embeds.0.fields.3.name: This field is required) and 3 more");

    std::string many = R"({"errors":{)";
    for (int i = 0; i < 1000; ++i) many += (i == 0 ? "\"" : ",\"") + std::to_string(i) + R"(":{"_errors":[{"message":"x"}]})";
    CHECK(rest::read_error(400, many + "}}").fields.size() == 25);
    std::string deep = R"({"errors":)";
    for (int i = 0; i < 5000; ++i) deep += R"({"a":)";
    CHECK(rest::read_error(400, deep).fields.empty());
}

TEST_CASE("an error that repeats the path keeps its tokens for itself, also where a text is cut") {
    const std::string token(200, 'T');
    const auto path = "/interactions/1234567890123456789/" + token + "/callback";
    const auto whole = rest::read_error(400, R"({"code":7,"message":"no )" + path + "\"}", path);
    CHECK(whole.message == "no /interactions/1234567890123456789/[token]/callback");
    const auto filled = rest::read_error(400, R"({"code":7,"message":")" + std::string(200, 'x') + token + token + "\"}", path);
    CHECK(filled.message.find("TTT") == std::string::npos);
    const auto field = rest::read_error(400, R"({"errors":{"a":{"_errors":[{"code":"C","message":")" + path + "\"}]}}}", path);
    REQUIRE(field.fields.size() == 1);
    CHECK(field.fields[0].message.find("TTT") == std::string::npos);
    const auto huge = rest::read_error(400, R"({"code":7,"message":")" + std::string(100'000, 'x') + token + "\"}", path);
    CHECK(huge.message.empty());
}

TEST_CASE("an error's texts and paths are UTF-8 whatever Discord's keys are") {
    const auto got =
        rest::read_error(400, "{\"message\":\"\xC3\",\"errors\":{\"\xFF\xC3\":{\"_errors\":[{\"message\":\"m\"}]}}}");
    REQUIRE(got.fields.size() == 1);
    CHECK(is_utf8(got.fields.front().path));
    CHECK(is_utf8(rest::line_of(got)));
}
