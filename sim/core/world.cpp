#include "sim/core/world.hpp"

#include <algorithm>
#include <cmath>

#include "sim/core/names.hpp"
#include "sim/core/world_state.hpp"

namespace shoal::sim {
namespace {

/// A number near `about` that no total up to 1,024 shares a factor with: guilds whose timestamps are that far apart fall evenly
/// on the shards of every such total.
std::uint64_t even_stride(std::uint64_t about) {
    const auto shares_factor = [](std::uint64_t number) {
        for (std::uint64_t divisor = 2; divisor <= 1024; ++divisor) {
            if (number % divisor == 0) return true;
        }
        return false;
    };
    std::uint64_t stride = about | 1U;
    while (shares_factor(stride)) stride += 2;
    return stride;
}

// The oldest guild has 17 digits; the youngest was made shortly before the world began.
constexpr std::int64_t oldest_guild_ms = 45LL * 86400 * 1000;
constexpr std::int64_t youngest_guild_ms = world_birth_ms - 2LL * 86400 * 1000;

std::uint32_t draw_members(random_source& random, guild_class size) {
    constexpr double bounds[][2] = {{2, 10}, {11, 50}, {51, 500}, {501, 10000}, {10001, 75000}, {75001, 600000}};
    const auto [low, high] = bounds[static_cast<std::size_t>(size)];
    const double middle = (std::log(low) + std::log(high)) / 2, sigma = (std::log(high) - std::log(low)) / 4;
    return static_cast<std::uint32_t>(std::clamp(std::exp(middle + sigma * normal(random)), low, high));
}

}  // namespace

world_state::world_state(const world_config& wanted, std::uint64_t seed_, std::uint64_t application_id)
    : config(wanted),
      seed(seed_),
      bot{.user = application_id, .application = application_id, .admin_everywhere = wanted.admin_everywhere},
      clock(wanted.unix_ms_at_zero),
      random(mix(seed_, 0x776F726C64ULL)),
      mint(mix(seed_, 0x6D696E74ULL)) {
    const std::uint32_t pairs = std::min(config.same_millisecond_pairs, config.guilds / 20);
    const std::uint32_t moments = config.guilds - pairs;
    const auto fixed = guild_class_of(config.guild_classes);
    ids.reserve(config.guilds);
    slots.reserve(config.guilds);
    const auto range = static_cast<std::uint64_t>(youngest_guild_ms - oldest_guild_ms);
    const std::uint64_t stride = moments == 0 ? 1 : even_stride(range / moments - range / moments / 64);
    const std::int64_t first = oldest_guild_ms + static_cast<std::int64_t>(random.below(1'000'000));
    for (std::uint32_t i = 0; i < moments; ++i) {
        const std::int64_t when = first + static_cast<std::int64_t>(stride * i);
        const std::uint64_t low = random.below(1ULL << snowflake_low_bits) & ~1ULL;
        const auto add = [&](std::uint64_t id) { add_guild(id, fixed ? *fixed : draw_class(random)); };
        add(snowflake_of(when, low));
        if (i < pairs) add(snowflake_of(when, low | 1U));
    }
}

guild_record& world_state::add_guild(std::uint64_t id, guild_class size) {
    guild_record& guild = records.emplace_back();
    guild.id = id;
    guild.slot = static_cast<std::uint32_t>(records.size() - 1);
    guild.seed = mix(seed, id);
    guild.size = size;
    random_source own(mix(guild.seed, 0x6D656DULL));
    guild.member_count = draw_members(own, size);
    const auto place = std::lower_bound(ids.begin(), ids.end(), id) - ids.begin();
    ids.insert(ids.begin() + place, id);
    slots.insert(slots.begin() + place, guild.slot);
    return guild;
}

const guild_record* world_state::find(std::uint64_t guild) const noexcept {
    const auto found = std::lower_bound(ids.begin(), ids.end(), guild);
    if (found == ids.end() || *found != guild) return nullptr;
    return &records[slots[static_cast<std::size_t>(found - ids.begin())]];
}
guild_record* world_state::find(std::uint64_t guild) noexcept {
    return const_cast<guild_record*>(static_cast<const world_state*>(this)->find(guild));
}

const activity_table& world_state::activity_of(std::uint32_t total) {
    const auto [found, fresh] = activity.try_emplace(total);
    if (!fresh) return found->second;
    // Zipf with s = 1 [6.12]: ranks are the same for every total, so that a busy guild is busy however the bot is sharded.
    std::vector<std::uint32_t> ranks(ids.size());
    for (std::uint32_t i = 0; i < ranks.size(); ++i) ranks[i] = i;
    random_source shuffle(mix(seed, 0x7A697066ULL));
    for (std::size_t i = ranks.size(); i > 1; --i) std::swap(ranks[i - 1], ranks[shuffle.below(i)]);
    activity_table& table = found->second;
    table.shards.resize(total);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        auto& shard = table.shards[(ids[i] >> snowflake_low_bits) % total];
        const double before = shard.empty() ? 0 : shard.back().up_to;
        shard.push_back({before + 1.0 / (1.0 + ranks[i]), slots[i]});
    }
    return table;
}

std::uint32_t world_state::create_entity(guild_record& guild, kind what, instant now) {
    const auto which = static_cast<std::size_t>(what);
    const std::uint32_t index = guild_facts(guild, config.largest_members_listed).end_index(what);
    guild_changes& changes = guild.changed();
    changes.next_index[which] = index + 1;
    ++changes.version;
    entity_change& made = changes.entities[which][index];
    made.id = mint_for(guild, now);
    return index;
}

entity_change& world_state::touch(guild_record& guild, kind what, std::uint32_t index) {
    guild_changes& changes = guild.changed();
    ++changes.version;
    entity_change& changed = changes.entities[static_cast<std::size_t>(what)][index];
    ++changed.revision;
    return changed;
}

void world_state::erase_entity(guild_record& guild, kind what, std::uint32_t index) {
    const std::uint32_t base = guild_facts(guild, config.largest_members_listed).base_count(what);
    guild_changes& changes = guild.changed();
    ++changes.version;
    auto& of_kind = changes.entities[static_cast<std::size_t>(what)];
    auto& next = changes.next_index[static_cast<std::size_t>(what)];
    entity_change& gone = of_kind[index];
    gone.deleted = true;
    gone.fields.reset();
    // Later ones that are gone at the end of the row are forgotten, so that a long run stays small.
    while (next > base && of_kind.contains(next - 1) && of_kind[next - 1].deleted) of_kind.erase(--next);
}

std::vector<std::uint32_t> world_state::orphan_children(guild_record& guild, std::uint32_t category) {
    std::vector<std::uint32_t> children;
    const guild_renderer things = renderer(guild);
    for (std::uint32_t i = 0; i < things.facts().end_index(kind::channel); ++i) {
        if (i != category && things.facts().exists(kind::channel, i) && things.parent_index_of(i) == category)
            children.push_back(i);
    }
    return children;
}

shared_text world_state::finish(std::string json) {
    return std::make_shared<const std::string>(config.vary_json ? vary(json, random) : std::move(json));
}

world_event world_state::tell(std::string name, std::uint64_t guild, std::uint64_t intents, std::string json) {
    return {
        .name = std::move(name), .guild = guild, .intents = intents, .data = finish(std::move(json)), .data_without_content = {}};
}

world::world(const world_config& config, std::uint64_t seed, std::uint64_t application_id)
    : impl_(std::make_unique<impl>(config, seed, application_id)) {}
world::~world() = default;

const std::vector<std::uint64_t>& world::guilds() const noexcept { return impl_->ids; }
bool world::has_guild(std::uint64_t id) const noexcept { return impl_->find(id) != nullptr; }

shared_text world::guild_create(std::uint64_t guild, const guild_view& view) const {
    const guild_record* record = impl_->find(guild);
    if (record == nullptr) return nullptr;
    // Only presences and the threshold change what is shown; `large` depends on the threshold in every view.
    const bool presences = (view.intents & intent::presences) != 0;
    const std::uint64_t key = (static_cast<std::uint64_t>(record->slot) << 10) | (std::min(view.large_threshold, 511U) << 1) |
                              static_cast<std::uint64_t>(presences);
    auto& entry = impl_->creates[key];
    if (entry.version == record->version()) {
        if (shared_text alive = entry.text.lock()) return alive;
    }
    std::string text = impl_->renderer(*record).guild_create(view);
    if (impl_->config.vary_json) {
        random_source own(mix(record->seed, record->version(), 0x76617279ULL));
        text = vary(text, own);
    }
    auto made = std::make_shared<const std::string>(std::move(text));
    entry = {record->version(), made};
    if (impl_->creates.size() > 4 * impl_->records.size() + 64) {
        std::erase_if(impl_->creates, [](const auto& item) { return item.second.text.expired(); });
    }
    return made;
}

std::string world::bot_user_json() const {
    json_text out;
    const std::string user = user_json(impl_->bot.user, impl_->bot);
    out.open('{').raw(std::string_view(user).substr(1, user.size() - 2));
    out.field("verified", true).field("mfa_enabled", true).field("flags", 0).field("email", nullptr).field("bio", "").close('}');
    return out.take();
}
std::string world::rename_bot(const boost::json::object& fields) {
    if (const boost::json::value* name = fields.if_contains("username"); name != nullptr && name->is_string())
        impl_->bot.name = std::string(name->get_string());
    return bot_user_json();
}
std::uint64_t world::bot_user_id() const noexcept { return impl_->bot.user; }
std::uint64_t world::application_id() const noexcept { return impl_->bot.application; }

world_event world::random_event(instant now) {
    auto event = random_event_of_shard(0, 1, now);
    return event ? *std::move(event) : make_direct_event(*impl_, now);
}

std::optional<world_event> world::random_event_of_shard(std::uint32_t shard, std::uint32_t total, instant now) {
    if (shard >= total) return std::nullopt;
    const auto& entries = impl_->activity_of(total).shards[shard];
    if (entries.empty()) return std::nullopt;
    const double draw = impl_->random.unit() * entries.back().up_to;
    const auto found = std::upper_bound(entries.begin(), entries.end(), draw,
                                        [](double value, const activity_table::entry& entry) { return value < entry.up_to; });
    const std::uint32_t slot = found == entries.end() ? entries.back().slot : found->slot;
    return make_event(*impl_, impl_->records[slot], shard == 0, now);
}

std::uint64_t world::join_guild(std::string_view guild_class, instant) {
    // The bot is invited to a guild that has existed for a while.
    std::uint64_t id = 0;
    do {
        const auto age =
            static_cast<std::int64_t>(impl_->random.below(static_cast<std::uint64_t>(youngest_guild_ms - oldest_guild_ms)));
        id = snowflake_of(oldest_guild_ms + age, impl_->random.next());
    } while (has_guild(id));
    const auto size = guild_class_of(guild_class);
    impl_->add_guild(id, size ? *size : draw_class(impl_->random));
    impl_->activity.clear();
    return id;
}

void world::leave_guild(std::uint64_t guild) {
    guild_record* record = impl_->find(guild);
    if (record == nullptr) return;
    record->gone = true;
    record->changes.reset();
    const auto place = std::lower_bound(impl_->ids.begin(), impl_->ids.end(), guild) - impl_->ids.begin();
    impl_->ids.erase(impl_->ids.begin() + place);
    impl_->slots.erase(impl_->slots.begin() + place);
    impl_->activity.clear();
}

std::uint64_t world::mint_id(instant now) { return impl_->mint.next(impl_->clock.discord_ms(now)); }
std::int64_t world::unix_ms(instant now) const noexcept { return impl_->clock.unix_ms(now); }

}  // namespace shoal::sim
