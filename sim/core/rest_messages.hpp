#pragma once
// Messages that the bot sent or touched: what they look like and where they are kept. Not here: what may be in them
// (message_rules.hpp), other people's messages as they are written (messages.hpp).

#include <boost/json/object.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"

namespace shoal::sim {

namespace message_flag {
inline constexpr std::int64_t suppress_embeds = 1 << 2, has_thread = 1 << 5, ephemeral = 1 << 6, loading = 1 << 7,
                              suppress_notifications = 1 << 12, components_v2 = 1 << 15;
}
[[nodiscard]] std::int64_t flags_of(const boost::json::object& body);

/// The words of a message for people: its content, else the texts of its components or embeds.
[[nodiscard]] std::string words_of(const boost::json::object& message);

/// Lays what a body says over a message object (content, embeds, components, flags that a client may set, ...).
void apply_body(boost::json::object& message, const boost::json::object& body);

struct stored_message {
    boost::json::object object;
    std::uint64_t guild = 0;  ///< 0: a DM.
    std::uint64_t channel = 0;
    bool ephemeral = false;
    std::uint64_t ephemeral_reader = 0;
    instant written{};
    std::map<std::string, std::vector<std::uint64_t>> reactors = {};  ///< Emoji as paths name it -> users, in order.
    std::optional<instant> pinned = {};
};

/// The newest messages by id; older ones are forgotten.
class message_store {
public:
    explicit message_store(std::size_t most = 20000) : most_(most) {}
    stored_message& put(std::uint64_t id, stored_message message);
    [[nodiscard]] stored_message* find(std::uint64_t id);
    bool erase(std::uint64_t id);
    /// What everybody of a channel sees, oldest first.
    [[nodiscard]] const std::set<std::uint64_t>& of(std::uint64_t channel) const;

    // `nonce` with enforce_nonce: the message that was made for it in the last minutes [#41].
    [[nodiscard]] std::optional<std::uint64_t> by_nonce(const std::string& nonce, instant now) const;
    void remember_nonce(const std::string& nonce, std::uint64_t id, instant now);

private:
    std::size_t most_;
    std::unordered_map<std::uint64_t, stored_message> messages_;
    std::unordered_map<std::uint64_t, std::set<std::uint64_t>> channels_;
    std::deque<std::uint64_t> order_;
    struct known_nonce {
        std::uint64_t id;
        instant when;
    };
    std::unordered_map<std::string, known_nonce> nonces_;
};

}  // namespace shoal::sim
