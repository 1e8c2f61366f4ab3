#pragma once
// A machine around the simulated Discord that notices what a test wants to know: answers to interactions as they are given, and
// where a guild's text channel is. Not here: waiting (discord.cpp).

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "sim/server/machine.hpp"

namespace shoal::sim {

struct seen_answer {
    std::string text;
    bool ephemeral = false;
    bool deferred = false;
    std::chrono::milliseconds latency{0};
};

/// All on the server's thread.
class answer_watch final : public machine {
public:
    using answered = std::move_only_function<void(const seen_answer&)>;

    explicit answer_watch(std::unique_ptr<machine> inner) : inner_(std::move(inner)) {}

    void step(const input& fact, instant now, std::vector<action>& out) override;
    boost::json::object control(const boost::json::object& command, instant now, std::vector<action>& out) override;
    [[nodiscard]] boost::json::object oracle() const override { return inner_->oracle(); }
    void drained(conn_id conn, instant now, std::vector<action>& out) override { inner_->drained(conn, now, out); }

    /// Tells once when this interaction has a message for its user.
    void watch(const std::string& interaction, instant issued, answered on_answer);
    void forget(const std::string& interaction) { waiting_.erase(interaction); }
    /// True if nobody acknowledged it so far.
    [[nodiscard]] bool silent(const std::string& interaction) const;
    /// The first text channel of a guild that a session was told of; 0 if none was.
    [[nodiscard]] std::uint64_t text_channel(std::uint64_t guild) const;

private:
    struct waiting {
        instant issued;
        answered on_answer;
        bool acknowledged = false;
        seen_answer seen;
        std::string token;
    };
    /// What a request will mean if it succeeds.
    struct pending {
        std::string interaction;
        bool callback = false;
        std::string body;
    };
    void look_at(const http_arrived& request);
    void look_at(const std::vector<action>& out, std::size_t from, instant now);
    void succeed(const pending& request, instant now);

    std::unique_ptr<machine> inner_;
    std::map<std::string, waiting> waiting_;
    std::map<std::uint64_t, pending> requests_;
    std::map<std::uint64_t, std::uint64_t> channels_;
};

}  // namespace shoal::sim
