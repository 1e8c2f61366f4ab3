// The code of docs/api.md, compiled against the installed package: check_snippets.py holds the guide against what stands between
// the marks here. The last one is run.

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <shoal/shoal.hpp>
#include <string>
using namespace std::chrono_literals;

void commands(shoal::bot& bot) {
    // [options]
    bot.command(
        "remind", "Reminds somebody",
        [](shoal::context ctx, shoal::opt<"who", "Whom", shoal::user_id> who, shoal::opt<"text", "Of what", std::string> text,
           shoal::opt<"colour", "As you like", std::string, shoal::choices<"red", "green">> colour,
           shoal::opt<"minutes", "When", std::optional<std::int64_t>, shoal::range<1, 600>> minutes) -> shoal::task<> {
            const auto when = minutes.given() ? *minutes : 10;
            co_await ctx.replyf("<@{}>, in {} minutes, in {}: {}", who->value(), when, *colour, *text).ephemeral();
        });
    // [/options]

    // [defer]
    bot.command("report", "Takes a while", [&bot](shoal::context ctx) -> shoal::task<> {
        co_await ctx.defer();  // the user sees "is thinking"; 15 minutes from here in place of 3 seconds
        const auto text = co_await bot.offload([] {
            std::ifstream file("report.txt");  // blocking work, on a worker thread
            return std::string(std::istreambuf_iterator<char>(file), {});
        });
        co_await ctx.reply(text.empty() ? "Nothing to report." : text);  // back on the shard's own thread
    });
    // [/defer]

    // [forms]
    bot.command("feedback", "Tell us", [](shoal::context ctx) -> shoal::task<> {
        auto words = shoal::text_input("words", shoal::text_height::several_lines);
        words.max_length = 500;
        co_await ctx.show({.custom_id = "feedback", .title = "Feedback", .components = {shoal::label("In your words", words)}});
    });
    bot.on_modal("feedback", [](shoal::context ctx) -> shoal::task<> {
        co_await ctx.reply({.content = "Thanks! You wrote: " + std::string(ctx.input("words")),
                            .components = {shoal::row({shoal::button("hide:words", "Hide it")})}});
    });
    bot.on_component("hide:*", [](shoal::context ctx) -> shoal::task<> {  // gets "hide:words" and whatever else begins so
        co_await ctx.update({.content = "Hidden."});                      // the message that the button stands in
    });
    // [/forms]

    // [autocomplete]
    bot.command("play", "Plays a song", [](shoal::context ctx, shoal::opt<"song", "Which", std::string> song) -> shoal::task<> {
        co_await ctx.reply(*song);
    });
    bot.autocomplete("play", "song", [](shoal::completion ask) -> shoal::task<> {
        co_await ask.suggest({{"Dancing Queen", "dq"}, {"Whatever " + ask.typed() + " is", ask.typed()}});
    });
    // [/autocomplete]
}

void acting(shoal::bot& bot) {
    // [acting]
    bot.on([](shoal::message_create event) -> shoal::task<> {
        if (event.content() != "!mute" || event.message().member == nullptr) co_return;
        co_await event.message().react("👍");
        co_await event.message().member->timeout(10min).reason("asked for it");
        co_await event.author().send("Back in ten minutes.");  // a direct message
        const auto sent = co_await event.message().reply("Quiet!");
        co_await sent.edit("Quiet, please.");
    });
    // [/acting]

    // [old]
    bot.on([](const shoal::guild_member_update& event) {
        const auto was = event.old();  // as the cache knew it; nothing if it did not
        if (was && was->roles.size() < event.member().roles.size()) std::puts("somebody was given a role");
    });
    // [/old]
}

void events(shoal::bot& bot) {
    // [events]
    bot.on([](shoal::message_create event) -> shoal::task<> {  // a coroutine takes its event by value
        if (event.author().bot || event.content() != "!hello") co_return;
        co_await event.reply("Hello " + std::string(event.author().name()));
        co_await event.channel().send("And hello to all.");
    });

    bot.on([](const shoal::guild_member_add& event) {  // a plain function may take it by const&
        const auto* guild = event.guild();             // from the shard's cache; nullptr if it is not there
        std::printf("%s joined %s\n", std::string(event.user().name()).c_str(),
                    guild == nullptr ? "?" : std::string(guild->name()).c_str());
    });

    bot.on([](const shoal::shard_ready& event) { std::printf("shard %u is ready\n", event.shard_id()); });
    // [/events]

    // [raw]
    bot.on_raw("TYPING_START", [](const shoal::raw_event& event) {
        std::printf("%.*s\n", static_cast<int>(event.raw().size()), event.raw().data());  // Discord's JSON
    });
    // [/raw]

    // [delivery]
    bot.on([](const shoal::message_delete& event) {
        if (event.delivery() != shoal::delivery::fresh) return;  // after a reconnect Discord sends again what may have been seen
    });
    // [/delivery]

    // [objects]
    bot.on([](const shoal::guild_joined& event) {  // an object is read when it is first asked for
        for (const auto& channel : event.contents().channels) {
            if (channel.type != shoal::channel_type::text) continue;
            std::printf("%.*s\n", static_cast<int>(channel.name.size()), channel.name.data());
        }
    });
    bot.on([](const shoal::message_create& event) {
        const auto& message = event.message();
        if (message.referenced != nullptr && message.flags.has(shoal::message_flag::suppress_notifications)) return;
        if (const auto when = message.timestamp.time()) std::printf("%s\n", shoal::show_time(*when).c_str());  // <t:1786015861:f>
        std::printf("%s\n", shoal::cdn::avatar(message.author, {.size_px = 64}).c_str());
    });
    // [/objects]

    // [next]
    bot.command("quiz", "One question", [&bot](shoal::context ctx) -> shoal::task<> {
        co_await ctx.reply("What has a shell and no legs?");
        const auto who = ctx.user().id;
        const auto answer = co_await bot
                                .next<shoal::message_create>(
                                    [who](const shoal::message_create& message) { return message.author().id == who; }, 30s)
                                .result();  // a value: timed_out is no surprise here
        co_await ctx.reply(answer && answer->content() == "a shoal" ? "Well..." : "Too late, or wrong.");
    });
    // [/next]
}

// [permissions]
bool may_write(const shoal::guild_view& guild, const shoal::channel_view& channel, const shoal::member_view& member) {
    const shoal::permission_holder who{member.user.id, member.roles};
    const auto in_guild = shoal::guild_permissions(guild.id, guild.owner_id, guild.roles, who);
    const auto here = shoal::channel_permissions(in_guild, guild.id, channel.overwrites, who);
    return shoal::effective_permissions(here, channel.type).has(shoal::permission::send_messages);
}
// [/permissions]

void building() {
    // [building]
    shoal::embed report{.title = "Report", .color = 0x5865F2, .fields = {{"Guilds", "12", true}}};
    report.fields.push_back({"Since", shoal::show_time(std::chrono::system_clock::now(), shoal::time_style::relative)});
    const shoal::message message{
        .content = "Hello " + shoal::mention(shoal::user_id(80351110224678912)),  // which wakes nobody:
        .embeds = {report},                                                       // see .mentions
        .components = {shoal::row({shoal::button("again", "Again"), shoal::link_button("https://example.org", "More")})}};
    if (const auto fine = message.check(); !fine)
        std::puts(fine.error().detail().c_str());  // "embeds[0].title has 257 characters; ..."
    // [/building]
}

shoal::task<> calls(shoal::bot& bot, shoal::channel_id where) {
    // [calls]
    auto channel = bot.channel(where);
    const auto sent = co_await channel.send("throws shoal::error if it fails");
    std::printf("message %s\n", sent.id.to_string().c_str());

    auto outcome = co_await channel.send("a value instead").within(5s).reason("spring cleaning").result();
    if (!outcome && outcome.error().is(shoal::bot_errc::timed_out)) std::puts(outcome.error().message().c_str());

    channel.send("nobody waits for this one; a failure is logged").forget();
    // [/calls]
}

shoal::task<> cached(shoal::bot& bot, shoal::guild_id id) {
    // [cache]
    bot.on([](const shoal::guild_member_update& event) {
        const auto* guild = event.guild();  // in place, on the shard's thread: no lock, no copy
        if (guild == nullptr) return;
        for (const auto& channel : guild->channels()) std::printf("%s\n", std::string(channel.name).c_str());
        if (const auto member = guild->member(event.user().id)) std::printf("%zu roles\n", member->roles.size());
    });

    const auto there = co_await bot.guild(id);  // from anywhere: a copy, made on the guild's shard
    if (there) std::printf("%s has %zu channels\n", there->name.c_str(), there->channels);
    // [/cache]
}

void partial(shoal::bot& bot) {
    // [partial]
    bot.on([](shoal::guild_role_create event) -> shoal::task<> {
        const auto* guild = event.guild();
        if (guild == nullptr) co_return;
        if (!guild->complete()) {
            if (!co_await guild->load()) co_return;  // over HTTP, once for all who wait; false: the bot is not in it any more
            guild = event.guild();                   // what was read before the wait is not good any more
        }
        if (const auto mine = guild->own_permissions()) std::printf("%llx\n", static_cast<unsigned long long>(*mine));
    });
    // [/partial]
}

shoal::task<> members(shoal::bot& bot, shoal::guild_id guild) {
    // [members]
    const auto ann = co_await bot.request_members(guild, {.prefix = "ann", .limit = 10});
    for (const auto& member : ann) std::printf("%s\n", std::string(member.user.name()).c_str());

    const auto some = co_await bot.request_members(guild, {.users = {shoal::user_id(80351110224678912)}});
    if (!some.not_found().empty()) std::puts("not a member any more");

    // Needs intents::guild_members; Discord gives a guild's whole list once in 30 s, so this may wait for its turn.
    const auto all = co_await bot.request_members(guild).within(2min).result();
    if (all) std::printf("%zu members\n", all->size());
    // [/members]
}

void presence(shoal::bot& bot, shoal::guild_id guild, shoal::channel_id voice) {
    // [presence]
    bot.set_presence({.status = "idle", .activity = "chess", .activity_type = 3}).forget();  // Watching chess
    bot.set_voice_state(guild, voice).forget();                                              // joins; channel_id() leaves
    // [/presence]
}

int running() {
    // [run]
    shoal::bot bot({.intents = shoal::intents::from_handlers | shoal::intents::message_content});
    // ... commands and handlers ...
    if (auto started = shoal::start(bot, shoal::single{.shards = {0, 1}, .total_shards = 4}); !started) {
        std::puts(started.error().message().c_str());
        return 1;
    }
    for (const auto& shard : bot.shards()) {
        std::printf("%u: %s, %u guilds, %lld ms\n", shard.id, std::string(shoal::to_string(shard.status)).c_str(), shard.guilds,
                    static_cast<long long>(shard.latency.count()));
    }
    bot.stop();  // sessions stay resumable; from any thread, a handler too
    bot.join();  // not from a handler
    // [/run]
    return 0;
}

// [testing]
#include <shoal/testing/discord.hpp>

int main() {
    shoal::testing::discord discord;  // listens on loopback; it must outlive the bot
    shoal::bot bot(discord.options());
    bot.command("echo", "Says it back", [](shoal::context ctx, shoal::opt<"text", "What", std::string> text) -> shoal::task<> {
        co_await ctx.reply(*text);
    });
    if (!shoal::start(bot)) return 1;

    const auto answer = discord.user("ann").slash("echo").options({{"text", "hi"}}).get();
    discord.fault("F2");  // every connection is reset; the bot resumes
    const auto after = discord.user("ann").slash("echo").options({{"text", "still there"}}).get();

    bot.stop();
    bot.join();
    return answer.text == "hi" && after.text == "still there" ? 0 : 1;
}
// [/testing]
