// A fleet's bot for the system tests that reads guilds. On stdout, one line each: "partial ID" for a message whose guild is known
// in part only, "absent ID" or "failed ID" if it cannot be loaded then, and "guild ID NAME ROLES CHANNELS PERMISSIONS" (how many,
// and the bot's own) whenever a complete one may have changed.

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <shoal/fleet.hpp>
#include <shoal/shoal.hpp>

namespace {

class reports {
public:
    void say(const char* what, shoal::guild_id which) {
        const std::lock_guard lock(mutex_);
        std::printf("%s %" PRIu64 "\n", what, which.value());
        std::fflush(stdout);
    }
    void guild(const shoal::cached_guild* guild) {
        if (guild == nullptr || !guild->complete()) return;
        std::string name(guild->name());
        for (auto& each : name) each = each == ' ' ? '_' : each;
        const std::lock_guard lock(mutex_);
        std::printf("guild %" PRIu64 " %s %zu %zu %" PRIu64 "\n", guild->id().value(), name.c_str(), guild->roles().size(),
                    guild->channels().size(), guild->own_permissions().value_or(0));
        std::fflush(stdout);
    }

private:
    std::mutex mutex_;
};

}  // namespace

int main(int argc, char** argv) {
    shoal::bot bot({.intents = shoal::intents::from_handlers});
    reports told;
    bot.on([&told](shoal::message_create event) -> shoal::task<> {
        const auto which = event.guild_id();
        const auto* guild = event.guild();
        if (!which || guild == nullptr || guild->complete()) co_return;
        told.say("partial", which);
        if (guild->own_permissions()) told.say("pretends", which);
        const auto there = co_await guild->load().within(std::chrono::minutes(1)).result();
        if (!there || !*there) co_return told.say(there ? "absent" : "failed", which);
        told.guild(event.guild());
    });
    const auto changed = [&told](const auto& event) { told.guild(event.guild()); };
    bot.on([&](const shoal::guild_update& event) { changed(event); });
    bot.on([&](const shoal::channel_create& event) { changed(event); });
    bot.on([&](const shoal::channel_delete& event) { changed(event); });
    bot.on([&](const shoal::guild_role_create& event) { changed(event); });
    bot.on([&](const shoal::guild_role_update& event) { changed(event); });
    bot.on([&](const shoal::guild_role_delete& event) { changed(event); });
    return shoal::fleet::main(bot, argc, argv);
}
