#include "roles/single/single_role.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "roles/process/bot_role.hpp"
#include "roles/process/exit_reasons.hpp"
#include "roles/process/shard_census.hpp"

namespace shoal::roles {

using config::startup_problem;

namespace {

class single_role final : public bot_role {
public:
    using bot_role::bot_role;
    ~single_role() override {
        stop(false);
        join();
    }

private:
    [[nodiscard]] done set_up(const host::gateway_bot& discord) override;
    void begin() override { parts().shards().want(shards_, parts().take_tickets()); }
    void begin_stop(bool for_good) override;
    void on_ready(shard_key shard, std::uint32_t missing) override;
    void on_untrusted(const startup_problem& problem) override;
    void on_gave_up(shard_key shard, std::uint16_t close_code, startup_problem problem) override;
    void choose_shards(std::uint32_t recommended);

    std::vector<shard_key> shards_;
    shard_census census_;  // On the control thread, once shards run.
};

void single_role::choose_shards(std::uint32_t recommended) {
    const auto total = settings().total_shards.value_or(std::max<std::uint32_t>(1, recommended));
    if (settings().shard_ids.empty()) {
        for (std::uint32_t id = 0; id < total; ++id) shards_.push_back({id, total});
    } else {
        for (const auto id : settings().shard_ids) shards_.push_back({id, total});
    }
    census_.expect(shards_.size());
}

single_role::done single_role::set_up(const host::gateway_bot& discord) {
    choose_shards(discord.shards);
    return parts().set_up(discord, shards_, [this](const failure& why) { fail(problem_of_bootstrap(why, settings().api_base)); });
}

void single_role::on_ready(shard_key shard, std::uint32_t missing) {
    log().info("shard ready", {{"shard", fmt::format("{}", shard.id)}, {"missing_guilds", fmt::format("{}", missing)}});
    if (census_.ready(shard)) log().info("all shards are ready", {{"shards", fmt::format("{}", shards_.size())}});
}

void single_role::on_untrusted(const startup_problem& problem) {
    if (is_running() && census_.untrusted()) fail(problem);
}

void single_role::on_gave_up(shard_key shard, std::uint16_t close_code, startup_problem problem) {
    if (census_.gave_up(shard, close_code)) fail(std::move(problem));
}

void single_role::begin_stop(bool for_good) {
    log().info("stopping", {{"sessions", for_good ? "ended" : "stay resumable"}});
    end_shards(for_good);
}

}  // namespace

std::expected<bool, startup_problem> start_single(runtime::bot_runtime& bot, config::bot_settings settings,
                                                  const std::vector<std::string>& warnings, std::shared_ptr<run_outcome> outcome,
                                                  int give_up_descriptor) {
    return start_role(bot, std::make_unique<single_role>(bot, std::move(settings), std::move(outcome)), warnings,
                      give_up_descriptor);
}

}  // namespace shoal::roles
