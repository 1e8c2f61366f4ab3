#pragma once
// A simulated Discord inside a bot's unit test: it listens on loopback, the bot connects to it for real, and the test plays the
// people. Link shoal::testing. Not here: how the simulator works (its own README), faults' names (the same).
//
//     shoal::testing::discord discord;
//     shoal::bot bot(discord.options());
//     bot.command("ping", "Pong", ...);
//     REQUIRE(shoal::start(bot));
//     auto answer = discord.user("ann").slash("ping").get();        // or co_await it, in discord.run(task)
//     CHECK(answer.text == "Pong");

#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "shoal/bot.hpp"
#include "shoal/error.hpp"
#include "shoal/ids.hpp"
#include "shoal/task.hpp"

namespace shoal {
inline namespace v0 {
namespace testing {

struct discord_options {
    std::uint64_t seed = 1;            ///< The same seed gives the same guilds, members and names.
    std::uint32_t guilds = 2;          ///< That the bot is in.
    std::string guild_class = "tiny";  ///< tiny, small, medium, community, large, giant, or mix.
    bool admin_everywhere = true;      ///< The bot may do everything in each guild; else some let it do little, as in life.
    std::uint32_t shards = 1;          ///< What /gateway/bot recommends.
    /// A guild's members who can be asked for, besides the bot itself, are at most so many, whatever its member_count says.
    std::uint32_t members = 1000;
    /// How long a call waits for the bot: to connect, to register the command, to answer after it deferred.
    std::chrono::milliseconds patience = std::chrono::seconds(10);
};

/// What a bot said to a slash command.
struct answer {
    bool missed = false;                   ///< It did not answer within Discord's three seconds.
    std::string text;                      ///< Its message's content.
    bool ephemeral = false;                ///< Only the user sees it.
    bool deferred = false;                 ///< It asked for time first; `latency` is until then.
    std::chrono::milliseconds latency{0};  ///< From the command to the first answer.
};

namespace detail {

/// Where a test's coroutines go on: the thread that waits in run().
class run_loop {
public:
    run_loop();
    ~run_loop();
    run_loop(const run_loop&) = delete;
    run_loop& operator=(const run_loop&) = delete;
    void post(std::move_only_function<void()> job);
    void run_until_finished();
    void finish();
    [[nodiscard]] static run_loop* current() noexcept;

private:
    std::mutex lock_;
    std::condition_variable woken_;
    std::deque<std::move_only_function<void()>> jobs_;
    bool finished_ = false;
    run_loop* before_;
};

/// Comes back to where it was made: the loop of run(), a shard's own thread, or else whoever calls it.
[[nodiscard]] std::move_only_function<void(std::move_only_function<void()>)> way_back();

/// Runs a task to its end and keeps what it yields.
struct driven {
    struct promise_type {
        driven get_return_object() noexcept { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
    };
};

}  // namespace detail

/// Something asked of the simulated Discord; starts when it is awaited or when get() waits for it.
template <class T>
class [[nodiscard]] wish {
public:
    using outcome = result<T>;
    using starter = std::move_only_function<void(std::move_only_function<void(outcome)>)>;
    explicit wish(starter start) : start_(std::move(start)) {}

    /// Blocks this thread until it is done; throws shoal::error if it cannot be. Not from a handler of the bot.
    T get() && {
        std::mutex lock;
        std::condition_variable woken;
        std::optional<outcome> got;
        start_([&](outcome came) {
            // Told under the lock: the waiting side may be gone as soon as it is free.
            const std::lock_guard held(lock);
            got.emplace(std::move(came));
            woken.notify_one();
        });
        std::unique_lock held(lock);
        woken.wait(held, [&] { return got.has_value(); });
        return take(std::move(*got));
    }

    auto operator co_await() && {
        struct awaiter {
            starter start;
            std::shared_ptr<std::optional<outcome>> got = std::make_shared<std::optional<outcome>>();
            bool await_ready() noexcept { return false; }
            void await_suspend(std::coroutine_handle<> waiting) {
                auto local = std::move(start);  // the frame may be gone before the call below returns
                local([got = got, waiting, back = detail::way_back()](outcome came) mutable {
                    got->emplace(std::move(came));
                    back([waiting] { waiting.resume(); });
                });
            }
            T await_resume() { return take(std::move(**got)); }
        };
        return awaiter{std::move(start_)};
    }

private:
    static T take(outcome&& got) {
        if (!got) throw error(std::move(got).error());
        if constexpr (!std::is_void_v<T>) return std::move(*got);
    }
    starter start_;
};

class discord;

/// One of a slash command's options, as a person types it.
struct option_value {
    std::string name;
    std::string json;  ///< The value as JSON text.
    int type = 3;      ///< Discord's number of the option's type.

    option_value(std::string option, std::string_view text);
    option_value(std::string option, const char* text) : option_value(std::move(option), std::string_view(text)) {}
    option_value(std::string option, std::int64_t number);
    option_value(std::string option, int number) : option_value(std::move(option), static_cast<std::int64_t>(number)) {}
    option_value(std::string option, double number);
    option_value(std::string option, bool yes);
    /// A user, a channel or a role.
    option_value(std::string option, user_id id);
    option_value(std::string option, channel_id id);
    option_value(std::string option, role_id id);
};

/// A slash command on its way.
class [[nodiscard]] slash_call {
public:
    slash_call(discord& at, std::string user, std::string command);
    /// In this guild; without it in the first one.
    slash_call&& in(guild_id guild) &&;
    slash_call&& in_dm() &&;
    slash_call&& options(std::vector<option_value> values) &&;

    answer get() && { return std::move(*this).made().get(); }
    auto operator co_await() && { return std::move(*this).made().operator co_await(); }

private:
    wish<answer> made() &&;
    discord* at_;
    std::string user_, command_;
    std::optional<guild_id> guild_;
    std::vector<option_value> options_;
};

/// A person.
class user {
public:
    user(discord& at, std::string name) : at_(&at), name_(std::move(name)) {}
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    slash_call slash(std::string command) { return slash_call(*at_, name_, std::move(command)); }
    /// Writes a message where the bot can read it: in the guild's first text channel. Its id comes back once it was sent out.
    wish<message_id> say(guild_id guild, std::string text);

private:
    discord* at_;
    std::string name_;
};

/// A guild that the bot is in.
struct guild {
    guild_id id;
};

/// Starts at once on a thread of its own; stops when it goes. It must outlive the bots that use it. All of it may be used from
/// any thread but from no handler of a bot: what does not return a wish blocks for the simulator's answer.
class discord {
public:
    /// Throws shoal::error if it cannot listen on loopback.
    explicit discord(discord_options options = {});
    ~discord();
    discord(const discord&) = delete;
    discord& operator=(const discord&) = delete;

    /// "http://127.0.0.1:1234/api/v10"
    [[nodiscard]] const std::string& api_base() const noexcept;
    [[nodiscard]] std::string token() const;
    /// Settings for a bot that shall use this Discord; everything else is left as it is.
    void apply(bot_options& to) const;
    [[nodiscard]] bot_options options() const {
        bot_options made;
        apply(made);
        return made;
    }

    [[nodiscard]] testing::user user(std::string name) { return {*this, std::move(name)}; }
    /// The guilds that the bot is in, ascending by id.
    [[nodiscard]] testing::guild guild(std::size_t index);
    [[nodiscard]] std::size_t guilds();

    /// Done when this many shards are connected and have all their guilds.
    wish<void> connected(std::size_t shards = 1);

    /// One command of the simulator's control API as JSON; its answer. Throws shoal::error if it makes no sense.
    std::string control(std::string_view json_command);
    /// Starts a fault, "F11", for all; `more` are further members of the command: R"("shard":3)".
    void fault(std::string_view name, std::string_view more = {});
    void clear_faults();

    /// Runs a test's coroutine on this thread until it ends.
    template <class T>
    T run(task<T> test) {
        detail::run_loop loop;
        std::exception_ptr thrown;
        if constexpr (std::is_void_v<T>) {
            drive(std::move(test), loop, thrown);
            loop.run_until_finished();
            if (thrown) std::rethrow_exception(thrown);
        } else {
            std::optional<T> value;
            drive(std::move(test), loop, thrown, value);
            loop.run_until_finished();
            if (thrown) std::rethrow_exception(thrown);
            return std::move(*value);
        }
    }

    struct impl;
    [[nodiscard]] impl& inner() noexcept { return *impl_; }

private:
    static detail::driven drive(task<void> test, detail::run_loop& loop, std::exception_ptr& thrown) {
        try {
            co_await std::move(test);
        } catch (...) {
            thrown = std::current_exception();
        }
        loop.finish();
    }
    template <class T>
    static detail::driven drive(task<T> test, detail::run_loop& loop, std::exception_ptr& thrown, std::optional<T>& value) {
        try {
            value.emplace(co_await std::move(test));
        } catch (...) {
            thrown = std::current_exception();
        }
        loop.finish();
    }
    std::unique_ptr<impl> impl_;
};

}  // namespace testing
}  // namespace v0
}  // namespace shoal
