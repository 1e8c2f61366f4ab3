// What Discord's HTTP answers say, whatever they say: limits, errors, /gateway/bot. Waits are never negative nor beyond reason,
// lines for people are short and UTF-8.

#include "rest/answer.hpp"

#include "base/utf8.hpp"
#include "bytes.hpp"
#include "host/bootstrap.hpp"
#include "net/http_answer.hpp"

using namespace shoal;

namespace {

constexpr auto longest_wait = std::chrono::hours(24 * 7);

bool sensible(const std::optional<duration>& wait) { return !wait || (*wait >= duration{} && *wait <= longest_wait); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    net::http_answer_reader reader(64 * 1024, false);
    reader.feed(fuzz::input(data, size).rest());
    reader.feed_end();
    if (!reader.done()) return 0;
    const auto response = reader.take();

    const auto answer =
        rest::read_answer(response.status, [&](std::string_view name) { return response.header(name); }, response.body);
    SHOAL_ASSERT(answer.status == response.status);
    SHOAL_ASSERT(sensible(answer.limits.reset_after) && sensible(answer.limits.retry_after));
    SHOAL_ASSERT(answer.limits.limit.value_or(0) >= 0 && answer.limits.remaining.value_or(0) >= 0);
    const auto error = rest::read_error(response.status, response.body);
    SHOAL_ASSERT(error.message.size() <= 300 && error.fields.size() <= 25);
    SHOAL_ASSERT(is_utf8(rest::line_of(error)));

    const auto bot = host::read_gateway_bot(response);
    SHOAL_ASSERT(sensible(bot.retry_after));
    if (bot.what) {
        SHOAL_ASSERT(!bot.what->url.empty() && bot.what->shards > 0 && bot.what->limit.max_concurrency >= 1);
        SHOAL_ASSERT(bot.what->limit.reset_after >= duration{});
    }
    return 0;
}
