// The machine behind `shoal-sim replay`: enough of Discord for a client to connect, and then the recording.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <utility>

#include "sim/server/recording.hpp"

namespace shoal::sim {
namespace {

namespace json = boost::json;

constexpr std::size_t batch_bytes = 256U << 10U;
constexpr const char* user =
    R"({"id":"1000000000000000001","username":"replay","discriminator":"0","global_name":null,"avatar":null})";

shared_text share(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

class replay_machine final : public machine {
public:
    replay_machine(std::shared_ptr<const std::vector<recorded_stream>> streams, replay_options options)
        : streams_(std::move(streams)), options_(std::move(options)), going_(!options_.hold) {}

    void step(const input& fact, instant now, std::vector<action>& out) override {
        if (const auto* opened = std::get_if<connection_opened>(&fact)) {
            readers_.emplace(opened->conn, reader{});
            out.emplace_back(send_payload{
                opened->conn,
                {10, "", 0, share(fmt::format(R"({{"heartbeat_interval":{}}})", to_ms(options_.heartbeat_interval)))}});
        } else if (const auto* message = std::get_if<message_arrived>(&fact)) {
            take(*message, now, out);
        } else if (const auto* closed = std::get_if<connection_closed>(&fact)) {
            readers_.erase(closed->conn);
        } else if (const auto* request = std::get_if<http_arrived>(&fact)) {
            answer(*request, out);
        } else {
            for (auto& [conn, reader] : readers_) advance(conn, reader, now, out);
        }
        if (options_.speed > 0) wish_to_wake(out);
    }

    void drained(conn_id conn, instant now, std::vector<action>& out) override {
        const auto found = readers_.find(conn);
        if (found != readers_.end() && options_.speed == 0) advance(conn, found->second, now, out);
    }

    json::object control(const json::object& command, instant now, std::vector<action>& out) override {
        const auto* verb = command.if_contains("do");
        if (verb != nullptr && *verb == "go") {
            going_ = true;
            for (auto& [conn, reader] : readers_) {
                reader.started = now;
                advance(conn, reader, now, out);
            }
            if (options_.speed > 0) wish_to_wake(out);
            return {{"ok", true}};
        }
        if (verb != nullptr && (*verb == "status" || *verb == "drain"))
            return {{"ok", true}, {"clients", oracle().at("clients")}};
        return {{"error", "a replay knows only {\"do\":\"go\"} and {\"do\":\"status\"}"}};
    }

    [[nodiscard]] json::object oracle() const override {
        json::array clients;
        bool all = true;
        for (const auto& [conn, reader] : readers_) {
            if (reader.stream == nullptr) continue;
            all = all && reader.next == reader.stream->messages.size();
            clients.push_back(
                json::object{{"shard", reader.shard}, {"sent", reader.next}, {"messages", reader.stream->messages.size()}});
        }
        return {{"version", 1}, {"replay", true}, {"drained", all}, {"clients", std::move(clients)}};
    }

private:
    struct reader {
        const recorded_stream* stream = nullptr;
        std::uint64_t shard = 0;
        std::size_t next = 0;
        instant started{};
    };

    void take(const message_arrived& message, instant now, std::vector<action>& out) {
        const auto found = readers_.find(message.conn);
        boost::system::error_code bad;
        const auto value = json::parse(message.text, bad);
        const auto* op = bad || !value.is_object() ? nullptr : value.as_object().if_contains("op");
        if (found == readers_.end()) return;
        if (op == nullptr || !op->is_int64()) {
            out.emplace_back(close_connection{message.conn, 4002, "Error while decoding payload."});
        } else if (op->as_int64() == 1) {
            out.emplace_back(send_payload{message.conn, {11, "", 0, nullptr}});
        } else if (op->as_int64() == 6) {
            out.emplace_back(send_payload{message.conn, {9, "", 0, share("false")}});
        } else if (op->as_int64() == 2) {
            boost::system::error_code absent;
            const auto* shard = value.find_pointer("/d/shard/0", absent);
            found->second.shard = shard != nullptr && shard->is_int64() ? static_cast<std::uint64_t>(shard->as_int64()) : 0;
            found->second.stream = &(*streams_)[found->second.shard % streams_->size()];
            found->second.next = 0;
            found->second.started = now;
            send_next(message.conn, found->second, out);  // READY at once, whatever is held back
            advance(message.conn, found->second, now, out);
        }
    }

    static void send_next(conn_id conn, reader& to, std::vector<action>& out) {
        out.emplace_back(send_payload{conn, {wire::verbatim_op, "", 0, to.stream->messages[to.next++].text}});
    }

    [[nodiscard]] instant due(const reader& to) const {
        const auto& all = to.stream->messages;
        const auto since_ready = all[to.next].at - all.front().at;
        return to.started + std::chrono::duration_cast<duration>(since_ready / options_.speed);
    }

    void advance(conn_id conn, reader& to, instant now, std::vector<action>& out) {
        if (!going_ || to.stream == nullptr) return;
        std::size_t bytes = 0;
        while (to.next < to.stream->messages.size()) {
            if (options_.speed > 0 ? due(to) > now : bytes >= batch_bytes) return;
            bytes += to.stream->messages[to.next].text->size();
            send_next(conn, to, out);
        }
    }

    void wish_to_wake(std::vector<action>& out) const {
        instant first = never;
        for (const auto& [conn, reader] : readers_) {
            const bool more = going_ && reader.stream != nullptr && reader.next < reader.stream->messages.size();
            if (more) first = std::min(first, due(reader));
        }
        if (first != never) out.emplace_back(wake_at{first});
    }

    void answer(const http_arrived& request, std::vector<action>& out) const {
        http_answer reply{request.request, 200, {{"Content-Type", "application/json"}}, "{}"};
        const json::object limits{{"total", 1000}, {"remaining", 1000}, {"reset_after", 86400000}, {"max_concurrency", 16}};
        const auto path = std::string_view(request.target).substr(0, request.target.find('?'));
        if (path.ends_with("/gateway/bot")) {
            reply.body = json::serialize(
                json::object{{"url", options_.gateway_url}, {"shards", streams_->size()}, {"session_start_limit", limits}});
        } else if (path.ends_with("/gateway")) {
            reply.body = json::serialize(json::object{{"url", options_.gateway_url}});
        } else if (path.ends_with("/commands")) {
            reply.body = "[]";
        } else if (path.ends_with("/users/@me")) {
            reply.body = user;
        } else if (path.ends_with("/applications/@me")) {
            reply.body = fmt::format(
                R"({{"id":"1000000000000000001","name":"replay","description":"","icon":null,"rpc_origins":[],"bot_public":true,)"
                R"("bot_require_code_grant":false,"summary":"","verify_key":"","team":null,"flags":0,"owner":{}}})",
                user);
        } else if (request.method == "POST" && path.ends_with("/callback")) {
            reply.status = 204;
            reply.body.clear();
        }
        out.emplace_back(std::move(reply));
    }

    std::shared_ptr<const std::vector<recorded_stream>> streams_;
    replay_options options_;
    bool going_;
    std::map<conn_id, reader> readers_;
};

}  // namespace

std::unique_ptr<machine> make_replay_machine(std::shared_ptr<const std::vector<recorded_stream>> streams,
                                             replay_options options) {
    return std::make_unique<replay_machine>(std::move(streams), std::move(options));
}

}  // namespace shoal::sim
