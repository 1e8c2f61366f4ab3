#include "sim/testing/answer_watch.hpp"

#include <boost/json.hpp>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace shoal::sim {
namespace {

namespace json = boost::json;

std::vector<std::string_view> pieces_of(std::string_view target) {
    std::vector<std::string_view> pieces;
    target = target.substr(0, target.find('?'));
    while (!target.empty()) {
        const auto slash = target.find('/');
        if (slash != 0) pieces.push_back(target.substr(0, slash));
        if (slash == std::string_view::npos) break;
        target.remove_prefix(slash + 1);
    }
    return pieces;
}

/// The JSON of a request, also when it comes as the payload_json part of a form.
json::object body_of(std::string_view body) {
    boost::system::error_code bad;
    auto value = json::parse(body, bad);
    if (bad) {
        const auto from = body.find('{');
        const auto part = body.find("payload_json");
        if (part == std::string_view::npos || from == std::string_view::npos) return {};
        const auto end = body.find("\r\n--", from);
        value = json::parse(body.substr(from, end - from), bad);
    }
    return bad || !value.is_object() ? json::object{} : value.as_object();
}

const json::object* inside(const json::object& from, std::string_view key) {
    const auto* value = from.if_contains(key);
    return value == nullptr ? nullptr : value->if_object();
}

void read_message(const json::object& message, seen_answer& into) {
    if (const auto* text = message.if_contains("content"); text != nullptr && text->is_string()) {
        into.text = std::string(text->as_string());
    }
    if (const auto* flags = message.if_contains("flags"); flags != nullptr && flags->is_int64()) {
        into.ephemeral = into.ephemeral || (flags->as_int64() & 64) != 0;
    }
}

}  // namespace

void answer_watch::step(const input& fact, instant now, std::vector<action>& out) {
    if (const auto* request = std::get_if<http_arrived>(&fact)) look_at(*request);
    const auto from = out.size();
    inner_->step(fact, now, out);
    look_at(out, from, now);
}

json::object answer_watch::control(const json::object& command, instant now, std::vector<action>& out) {
    const auto from = out.size();
    auto answer = inner_->control(command, now, out);
    look_at(out, from, now);
    return answer;
}

void answer_watch::watch(const std::string& interaction, instant issued, answered on_answer) {
    waiting_.insert_or_assign(interaction, waiting{issued, std::move(on_answer), false, {}, {}});
}

bool answer_watch::silent(const std::string& interaction) const {
    const auto found = waiting_.find(interaction);
    return found != waiting_.end() && !found->second.acknowledged;
}

std::uint64_t answer_watch::text_channel(std::uint64_t guild) const {
    const auto found = channels_.find(guild);
    return found == channels_.end() ? 0 : found->second;
}

void answer_watch::look_at(const http_arrived& request) {
    if (waiting_.empty()) return;
    const auto pieces = pieces_of(request.target);
    for (std::size_t i = 0; i + 2 < pieces.size(); ++i) {
        // .../interactions/ID/TOKEN/callback gives the first answer, .../webhooks/APPLICATION/TOKEN[/messages/@original] a later.
        if (pieces[i] == "interactions") {
            const auto found = waiting_.find(std::string(pieces[i + 1]));
            if (found == waiting_.end()) return;
            found->second.token = std::string(pieces[i + 2]);
            requests_[static_cast<std::uint64_t>(request.request)] = {found->first, true, request.body};
            return;
        }
        if (pieces[i] == "webhooks" && (request.method == "PATCH" || request.method == "POST")) {
            for (const auto& [id, one] : waiting_) {
                if (!one.token.empty() && one.token == pieces[i + 2]) {
                    requests_[static_cast<std::uint64_t>(request.request)] = {id, false, request.body};
                    return;
                }
            }
        }
    }
}

void answer_watch::look_at(const std::vector<action>& out, std::size_t from, instant now) {
    for (; from < out.size(); ++from) {
        if (const auto* answer = std::get_if<http_answer>(&out[from])) {
            const auto found = requests_.find(static_cast<std::uint64_t>(answer->request));
            if (found == requests_.end()) continue;
            const auto request = std::move(found->second);
            requests_.erase(found);
            if (answer->status < 300) succeed(request, now);
        } else if (const auto* sent = std::get_if<send_payload>(&out[from]);
                   sent != nullptr && sent->what.name == "GUILD_CREATE") {
            const auto guild = body_of(*sent->what.data);
            const auto* id = guild.if_contains("id");
            const auto* channels = guild.if_contains("channels");
            if (id == nullptr || !id->is_string() || channels == nullptr || !channels->is_array()) continue;
            for (const auto& channel : channels->as_array()) {
                const auto* one = channel.if_object();
                if (one == nullptr || !one->contains("type") || one->at("type") != 0) continue;
                channels_[std::stoull(std::string(id->as_string()))] = std::stoull(std::string(one->at("id").as_string()));
                break;
            }
        }
    }
}

void answer_watch::succeed(const pending& request, instant now) {
    const auto found = waiting_.find(request.interaction);
    if (found == waiting_.end()) return;
    auto& one = found->second;
    const auto body = body_of(request.body);
    bool whole = true;
    if (request.callback) {
        if (!std::exchange(one.acknowledged, true)) {
            one.seen.latency = std::chrono::duration_cast<std::chrono::milliseconds>(now - one.issued);
        }
        const auto* type = body.if_contains("type");
        one.seen.deferred = type != nullptr && *type == 5;
        whole = !one.seen.deferred;
        if (const auto* data = inside(body, "data")) read_message(*data, one.seen);
    } else {
        read_message(body, one.seen);
    }
    if (!whole) return;
    auto node = waiting_.extract(found);
    node.mapped().on_answer(node.mapped().seen);
}

}  // namespace shoal::sim
