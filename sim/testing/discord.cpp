#include "shoal/testing/discord.hpp"

#include <stdlib.h>  // NOLINT: mkdtemp

#include <atomic>
#include <boost/json.hpp>
#include <filesystem>

#include "base/scheduler.hpp"
#include "net/io_thread.hpp"
#include "sim/server/server.hpp"
#include "sim/testing/answer_watch.hpp"

namespace shoal {
inline namespace v0 {
namespace testing {

namespace json = boost::json;

enum class testing_errc : std::uint8_t { refused, timed_out, no_folder };
[[nodiscard]] constexpr std::string_view errc_room(testing_errc) noexcept { return "testing"; }
[[nodiscard]] constexpr std::string_view errc_text(testing_errc e) noexcept {
    switch (e) {
        case testing_errc::refused: return "the simulated Discord refuses";
        case testing_errc::timed_out: return "the bot did not do it in time";
        case testing_errc::no_folder: return "no temporary folder for the bot's state";
    }
    return "unknown";
}

namespace {

constexpr std::chrono::milliseconds retry_after{10};
constexpr std::chrono::milliseconds answer_deadline{3100};  // Discord's three seconds, and the core's own note of them

sim::simulator_config quick_config(const discord_options& wanted) {
    sim::simulator_config config;
    config.seed = wanted.seed;
    config.token = "testing.token";
    config.world.guilds = wanted.guilds;
    config.world.guild_classes = wanted.guild_class;
    config.world.largest_members_listed = wanted.members;
    config.world.admin_everywhere = wanted.admin_everywhere;
    config.world.unknown_event_share = 0;
    config.recommended_shards = wanted.shards;
    config.max_concurrency = 64;
    // What only costs a test its time.
    config.ready_delay_least = config.ready_delay_most = duration{};
    config.guild_creates_per_second = 1e6;
    config.late_guild_share = 0;
    config.rest_latency = std::chrono::milliseconds(1);
    config.identify_key_window = duration{};
    config.forced_op7_most = config.spontaneous_cut_most = duration{};
    return config;
}

std::uint64_t id_of_name(std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return (hash >> 6U) | (1ULL << 56U);
}

std::string json_string(std::string_view text) { return json::serialize(json::value(json::string(text))); }

std::string iso_time(std::int64_t unix_ms) {
    const auto seconds = static_cast<std::time_t>(unix_ms / 1000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[40];
    const auto length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000000+00:00", &parts);
    return {text, length};
}

}  // namespace

// ---- coroutines --------------------------------------------------------------------------------------------------------

namespace detail {

namespace {
thread_local run_loop* current_loop = nullptr;
}

run_loop::run_loop() : before_(std::exchange(current_loop, this)) {}
run_loop::~run_loop() { current_loop = before_; }
run_loop* run_loop::current() noexcept { return current_loop; }

void run_loop::post(std::move_only_function<void()> job) {
    // Told under the lock: the loop may be gone as soon as it is free.
    const std::lock_guard held(lock_);
    jobs_.push_back(std::move(job));
    woken_.notify_one();
}
void run_loop::finish() {
    const std::lock_guard held(lock_);
    finished_ = true;
    woken_.notify_one();
}
void run_loop::run_until_finished() {
    std::unique_lock held(lock_);
    for (;;) {
        woken_.wait(held, [this] { return finished_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        auto job = std::move(jobs_.front());
        jobs_.pop_front();
        held.unlock();
        job();
        held.lock();
    }
}

std::move_only_function<void(std::move_only_function<void()>)> way_back() {
    if (auto* const loop = run_loop::current(); loop != nullptr) {
        return [loop](std::move_only_function<void()> job) { loop->post(std::move(job)); };
    }
    if (auto* const home = scheduler::current(); home != nullptr) {
        return [home](std::move_only_function<void()> job) { home->post(std::move(job)); };
    }
    return [](std::move_only_function<void()> job) { job(); };
}

}  // namespace detail

// ---- the simulated Discord ---------------------------------------------------------------------------------------------

struct discord::impl {
    discord_options wanted;
    std::unique_ptr<sim::server> server;
    sim::answer_watch* watch = nullptr;  // the server's own; on its thread only
    std::string state_folder;
    std::atomic<std::uint64_t> minted{0};

    ~impl() {
        server.reset();
        std::error_code ignored;
        if (!state_folder.empty()) std::filesystem::remove_all(state_folder, ignored);
    }

    template <class T>
    using teller = std::move_only_function<void(result<T>)>;

    /// Calls `attempt` on the server's thread until it says that it is done, or patience ends.
    struct trial;
    using trial_ptr = std::shared_ptr<trial>;
    struct trial : std::enable_shared_from_this<trial> {
        impl* at = nullptr;
        instant until{};
        std::move_only_function<void(const trial_ptr&)> attempt;
        std::move_only_function<void(failure)> give_up;
        void again(std::string why) {
            if (net::boot_now() >= until) return give_up(failure(testing_errc::timed_out, std::move(why)));
            at->server->later(retry_after, [self = shared_from_this()] { self->attempt(self); });
        }
    };
    /// `done` is told of the failure if patience ends.
    template <class T>
    void attempt(std::shared_ptr<teller<T>> done, std::move_only_function<void(const trial_ptr&)> what) {
        auto made = std::make_shared<trial>();
        made->at = this;
        made->until = net::boot_now() + wanted.patience;
        made->attempt = std::move(what);
        made->give_up = [done](failure why) { (*done)(std::unexpected(std::move(why))); };
        server->later(duration{}, [made] { made->attempt(made); });
    }

    void slash(json::object command, teller<answer> on_answer) {
        auto done = std::make_shared<teller<answer>>(std::move(on_answer));
        attempt<answer>(done, [this, command = std::move(command), done](const trial_ptr& self) {
            server->control_async({{"do", "sessions"}}, [this, command, done, held = self](json::object told) {
                // A command that nobody could hear would only be missed.
                bool heard = false;
                for (const auto& one : told.at("sessions").as_array()) heard = heard || one.at("state") == "live";
                if (!heard) return held->again("connect");
                server->control_async(command, [this, done, held](json::object issued) {
                    if (const auto* why = issued.if_contains("error")) {
                        const std::string text(why->as_string());
                        if (text.find("not registered") != std::string::npos) return held->again("register the command");
                        return (*done)(std::unexpected(failure(testing_errc::refused, text)));
                    }
                    await_answer(std::string(issued.at("interaction").as_string()), done);
                });
            });
        });
    }

    void await_answer(const std::string& interaction, std::shared_ptr<teller<answer>> done) {
        auto open = std::make_shared<bool>(true);
        watch->watch(interaction, net::boot_now(), [done, open](const sim::seen_answer& seen) {
            *open = false;
            (*done)(answer{false, seen.text, seen.ephemeral, seen.deferred, seen.latency});
        });
        server->later(answer_deadline, [this, interaction, done, open] {
            if (!*open) return;
            if (watch->silent(interaction)) {
                watch->forget(interaction);
                answer missed;
                missed.missed = true;
                return (*done)(std::move(missed));
            }
            server->later(wanted.patience, [this, interaction, done, open] {
                if (!*open) return;
                watch->forget(interaction);
                (*done)(std::unexpected(failure(testing_errc::timed_out, "answer after it deferred")));
            });
        });
    }

    void say(std::string_view name, guild_id guild, std::string_view text, teller<message_id> on_sent) {
        const auto unix_ms =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
        const message_id id((static_cast<std::uint64_t>(unix_ms - 1420070400000) << 22U) | (++minted & 0xFFFU));
        const json::object author{{"id", std::to_string(id_of_name(name))},
                                  {"username", json::string(name)},
                                  {"discriminator", "0"},
                                  {"global_name", nullptr},
                                  {"avatar", nullptr}};
        const json::object member{
            {"roles", json::array{}}, {"joined_at", iso_time(unix_ms)}, {"deaf", false}, {"mute", false}, {"flags", 0}};
        const json::object message{{"id", id.to_string()},
                                   {"guild_id", guild.to_string()},
                                   {"author", author},
                                   {"member", member},
                                   {"content", json::string(text)},
                                   {"timestamp", iso_time(unix_ms)},
                                   {"edited_timestamp", nullptr},
                                   {"tts", false},
                                   {"mention_everyone", false},
                                   {"mentions", json::array{}},
                                   {"mention_roles", json::array{}},
                                   {"attachments", json::array{}},
                                   {"embeds", json::array{}},
                                   {"pinned", false},
                                   {"type", 0}};
        auto done = std::make_shared<teller<message_id>>(std::move(on_sent));
        attempt<message_id>(done, [this, message, guild, id, done](const trial_ptr& self) {
            const auto channel = watch->text_channel(guild.value());
            if (channel == 0) return self->again("connect and be told of the guild");
            auto data = message;
            data["channel_id"] = std::to_string(channel);
            // To the shards that this guild belongs to, whatever totals the bot's sessions have.
            server->control_async({{"do", "sessions"}}, [this, data, guild, id, done, held = self](json::object told) {
                bool sent = false;
                for (const auto& one : told.at("sessions").as_array()) {
                    const auto total = one.at("shard").at(1).to_number<std::uint32_t>();
                    if (one.at("state") != "live" || shard_for(guild, total) != one.at("shard").at(0).to_number<std::uint32_t>())
                        continue;
                    server->control_async(
                        {{"do", "send_raw"}, {"session", one.at("id")}, {"event", "MESSAGE_CREATE"}, {"data", data}},
                        [](json::object) {});
                    sent = true;
                }
                if (!sent) return held->again("connect the guild's shard");
                (*done)(id);
            });
        });
    }
};

discord::discord(discord_options options) : impl_(std::make_unique<impl>()) {
    impl_->wanted = std::move(options);
    auto folder = (std::filesystem::temp_directory_path() / "shoal-testing-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) throw error(failure(testing_errc::no_folder, folder));
    impl_->state_folder = folder;
    sim::server_options at;
    at.plain = true;
    at.control.clear();
    at.seed = impl_->wanted.seed;
    auto make_inner = sim::live(quick_config(impl_->wanted));
    auto started = sim::server::start(std::move(at), [this, &make_inner](const sim::server_addresses& where) {
        auto watching = std::make_unique<sim::answer_watch>(make_inner(where));
        impl_->watch = watching.get();
        return watching;
    });
    if (!started) throw error(started.error());
    impl_->server = std::move(*started);
}
discord::~discord() = default;

const std::string& discord::api_base() const noexcept { return impl_->server->addresses().api_base; }
std::string discord::token() const {
    const auto told = impl_->server->control({{"do", "token"}});
    return std::string(told.at("token").as_string());
}
void discord::apply(bot_options& to) const {
    to.api_base = api_base();
    to.token = token();
    to.state_dir = impl_->state_folder;
    if (!to.log_level) to.log_level = log_level::warn;
}

std::string discord::control(std::string_view json_command) {
    boost::system::error_code bad;
    const auto command = json::parse(json_command, bad);
    if (bad || !command.is_object()) throw error(failure(testing_errc::refused, "the command is not one JSON object"));
    const auto answer = impl_->server->control(command.as_object());
    if (const auto* why = answer.if_contains("error")) throw error(failure(testing_errc::refused, json::serialize(*why)));
    return json::serialize(answer);
}
void discord::fault(std::string_view name, std::string_view more) {
    control(R"({"do":"fault","fault":)" + json_string(name) +
            (more.empty() ? std::string(R"(,"all":true)") : "," + std::string(more)) + "}");
}
void discord::clear_faults() { control(R"({"do":"clear"})"); }

namespace {
std::vector<guild_id> guild_ids(sim::server& server) {
    std::vector<guild_id> ids;
    for (const auto& one : server.control({{"do", "guilds"}}).at("guilds").as_array()) {
        const auto& id = one.is_object() ? one.as_object().at("id") : one;
        ids.emplace_back(std::stoull(std::string(id.as_string())));
    }
    return ids;
}
}  // namespace

testing::guild discord::guild(std::size_t index) {
    const auto ids = guild_ids(*impl_->server);
    if (index >= ids.size()) throw error(failure(testing_errc::refused, "there is no guild of that index"));
    return {ids[index]};
}
std::size_t discord::guilds() { return guild_ids(*impl_->server).size(); }

wish<void> discord::connected(std::size_t shards) {
    return wish<void>([at = impl_.get(), shards](impl::teller<void> on_done) {
        auto done = std::make_shared<impl::teller<void>>(std::move(on_done));
        at->attempt<void>(done, [at, shards, done](const impl::trial_ptr& self) {
            at->server->control_async({{"do", "sessions"}}, [shards, done, held = self](json::object told) {
                std::size_t whole = 0;
                for (const auto& one : told.at("sessions").as_array()) {
                    whole += one.at("state") == "live" && one.at("guilds_to_come") == 0 ? 1U : 0U;
                }
                if (whole >= shards) return (*done)({});
                held->again("connect its shards");
            });
        });
    });
}

// ---- people ------------------------------------------------------------------------------------------------------------

option_value::option_value(std::string option, std::string_view text) : name(std::move(option)), json(json_string(text)) {}
option_value::option_value(std::string option, std::int64_t number)
    : name(std::move(option)), json(std::to_string(number)), type(4) {}
option_value::option_value(std::string option, double number)
    : name(std::move(option)), json(boost::json::serialize(boost::json::value(number))), type(10) {}
option_value::option_value(std::string option, bool yes) : name(std::move(option)), json(yes ? "true" : "false"), type(5) {}
option_value::option_value(std::string option, user_id id)
    : name(std::move(option)), json(json_string(id.to_string())), type(6) {}
option_value::option_value(std::string option, channel_id id)
    : name(std::move(option)), json(json_string(id.to_string())), type(7) {}
option_value::option_value(std::string option, role_id id)
    : name(std::move(option)), json(json_string(id.to_string())), type(8) {}

slash_call::slash_call(discord& at, std::string user, std::string command)
    : at_(&at), user_(std::move(user)), command_(std::move(command)) {}
slash_call&& slash_call::in(guild_id guild) && {
    guild_ = guild;
    return std::move(*this);
}
slash_call&& slash_call::in_dm() && { return std::move(*this).in(guild_id{}); }
slash_call&& slash_call::options(std::vector<option_value> values) && {
    options_ = std::move(values);
    return std::move(*this);
}

wish<answer> slash_call::made() && {
    json::array values;
    for (const auto& one : options_) {
        boost::system::error_code bad;
        values.push_back(json::object{{"name", one.name}, {"type", one.type}, {"value", json::parse(one.json, bad)}});
    }
    const auto guild = guild_ ? *guild_ : at_->guild(0).id;
    json::object command{{"do", "slash"}, {"command", command_}, {"user", user_}, {"options", std::move(values)}};
    command["guild"] = guild.to_string();
    if (!guild) command.erase("guild");
    return wish<answer>([at = &at_->inner(), command = std::move(command)](discord::impl::teller<answer> done) mutable {
        at->slash(std::move(command), std::move(done));
    });
}

wish<message_id> user::say(guild_id guild, std::string text) {
    return wish<message_id>([at = &at_->inner(), name = name_, guild, text = std::move(text)](
                                discord::impl::teller<message_id> done) { at->say(name, guild, text, std::move(done)); });
}

}  // namespace testing
}  // namespace v0
}  // namespace shoal
