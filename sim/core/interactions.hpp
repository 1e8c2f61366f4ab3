#pragma once
// Interactions from their issue to their end: tokens, the 3 s and 15 min clocks, who answered what [5.3 to 5.8]. Pure
// book-keeping; not here: their HTTP routes (rest_interactions.cpp) and how their INTERACTION_CREATE looks
// (interaction_json.cpp).

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"

namespace shoal::sim {

enum class interaction_type : std::uint8_t { command = 2, component = 3, autocomplete = 4, modal_submit = 5 };

namespace callback_type {
inline constexpr std::int64_t message = 4, deferred_message = 5, deferred_update = 6, update = 7, choices = 8, modal = 9,
                              premium_required = 10, launch_activity = 12;
}

/// One interaction.
struct interaction {
    std::uint64_t id = 0, guild = 0, channel = 0, user = 0;
    interaction_type type = interaction_type::command;
    std::string command;  ///< The command's name, or the custom_id.
    std::string user_name;
    instant issued{};
    bool user_install_only = false;
    std::uint64_t source_message = 0;  ///< The message whose component was used.

    bool acknowledged = false, missed = false;
    std::int64_t ack_type = 0;
    duration first_answer{};
    std::uint32_t acks = 0;  ///< Callbacks that came while the token lived, the second and later ones included.
    std::uint32_t double_acks = 0, followups = 0;
    bool answered = false;  ///< Something that its user can see came, not only a deferral.
    std::string text;
    std::vector<std::string> texts;                    ///< Of followups.
    std::uint64_t original = 0;                        ///< The message that answered it; 0: none, or deleted.
    bool placeholder = false;                          ///< The original is still "thinking".
    std::shared_ptr<const boost::json::object> modal;  ///< What a callback of type 9 showed.
};

class interaction_book {
public:
    static constexpr duration deadline = std::chrono::seconds(3);

    explicit interaction_book(std::uint64_t seed) : seed_(seed) {}

    interaction& issue(interaction fresh);
    /// 200 characters or so [5.8]; follows from the id, so it need not be stored.
    [[nodiscard]] std::string token_of(std::uint64_t id) const;
    [[nodiscard]] interaction* find(std::uint64_t id);
    [[nodiscard]] interaction* by_token(std::string_view token);

    /// Notes what missed its 3 s.
    void pass(instant now);
    [[nodiscard]] instant next_deadline() const noexcept;

    [[nodiscard]] boost::json::array report() const;
    [[nodiscard]] std::uint64_t issued() const noexcept { return book_.size(); }
    [[nodiscard]] std::uint64_t missed() const noexcept { return missed_; }
    std::uint64_t double_acks = 0, late_acks = 0;

private:
    std::uint64_t seed_;
    std::deque<interaction> book_;  ///< In order of issue; references stay valid.
    std::unordered_map<std::uint64_t, std::size_t> places_;
    std::size_t first_open_ = 0;  ///< Before it every clock has run out or was met.
    std::uint64_t missed_ = 0;
};

}  // namespace shoal::sim
