// A ticket as text: what one process wrote another one reads, a version older or newer, and nonsense is refused by name.

#include "gateway/ticket.hpp"

#include <doctest/doctest.h>

#include <string>

#include "gateway/errc.hpp"

using namespace shoal;
using namespace shoal::gateway;

namespace {

kept_ticket some_ticket() {
    kept_ticket out;
    out.ticket = {.shard = {3, 16},
                  .session_id = "0f0e0d",
                  .resume_url = "wss://gateway-7.discord.gg",
                  .seq = 1234,
                  .done = 1200,
                  .intents = 0x331FFFF,
                  .application = application_id(42),
                  .unsettled = true};
    out.bot = 0xFEDCBA9876543210;
    out.presence = R"({"status":"idle","activities":[]})";
    out.unix_seconds = 1'800'000'000;
    return out;
}

void check_same(const kept_ticket& read, const kept_ticket& written) {
    CHECK(read.ticket == written.ticket);
    CHECK(read.bot == written.bot);
    CHECK(read.presence == written.presence);
    CHECK(read.unix_seconds == written.unix_seconds);
}

}  // namespace

TEST_CASE("a ticket comes back as it was written") {
    const auto ticket = some_ticket();
    const auto read = read_ticket(write_ticket(ticket));
    REQUIRE(read);
    check_same(*read, ticket);
    auto plain = some_ticket();
    plain.ticket.unsettled = false;
    plain.ticket.resume_url.clear();
    plain.presence.clear();
    const auto again = read_ticket(write_ticket(plain));
    REQUIRE(again);
    check_same(*again, plain);
}

TEST_CASE("of a later version: lines that are not known are passed over; of an earlier one: what is missing is not set") {
    const auto ticket = some_ticket();
    const auto later = read_ticket("new_field 7\n" + write_ticket(ticket) + "another with words\n");
    REQUIRE(later);
    check_same(*later, ticket);
    const auto earlier = read_ticket("shard 0 1\nsession_id abc\nseq 5\ndone 5\n");
    REQUIRE(earlier);
    CHECK(earlier->ticket.seq == 5);
    CHECK_FALSE(earlier->ticket.application);
    CHECK_FALSE(earlier->ticket.unsettled);
}

TEST_CASE("what RESUME needs and is missing or senseless is refused") {
    for (const auto* text :
         {"", "shard 0 1\nseq 5\ndone 5\n", "session_id abc\nseq 5\ndone 5\n", "shard 1 1\nsession_id abc\nseq 5\ndone 5\n",
          "shard 0 1\nsession_id abc\nseq 5\ndone 6\n", "shard 0 1\nsession_id abc\nseq five\ndone 5\n",
          "shard 0\nsession_id abc\n", "shard", "shard 0 1\nsession_id abc\nseq 5\ndone 5\nintents -1\n"}) {
        CAPTURE(text);
        const auto read = read_ticket(text);
        REQUIRE_FALSE(read);
        CHECK(read.error().is(errc::bad_ticket));
    }
    const auto whole = write_ticket(some_ticket());
    for (std::size_t cut = 0; cut < whole.size(); ++cut) (void)read_ticket(std::string_view(whole).substr(0, cut));
}

TEST_CASE("a line break in what Discord sent makes no line of the ticket's") {
    auto ticket = some_ticket();
    ticket.ticket.resume_url = "wss://host\nseq 99999";
    const auto read = read_ticket(write_ticket(ticket));
    REQUIRE(read);
    CHECK(read->ticket.seq == 1234);
    CHECK(read->ticket.resume_url == "wss://host");
}

TEST_CASE("guilds come back with their states; cut off or senseless ones are refused") {
    const std::vector<known_guild> guilds = {{guild_id(1), guild_state::available},
                                             {guild_id(81384788765712384), guild_state::expected},
                                             {guild_id(~0ULL), guild_state::joining}};
    const auto bytes = write_guilds(guilds);
    CHECK(bytes.size() == 28);
    CHECK(read_guilds(bytes).value() == guilds);
    CHECK(read_guilds(write_guilds({})).value().empty());
    CHECK_FALSE(read_guilds(""));
    CHECK_FALSE(read_guilds(std::string_view(bytes).substr(1)));
    auto senseless = bytes;
    senseless[9] = 9;
    CHECK_FALSE(read_guilds(senseless));
}
