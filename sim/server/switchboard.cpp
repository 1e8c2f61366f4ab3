#include "sim/server/switchboard.hpp"

#include <utility>
#include <variant>

#include "base/assert.hpp"

namespace shoal::sim {

namespace json = boost::json;

switchboard::switchboard(net::io_thread& thread, const server_options& options, random_source& random)
    : thread_(thread), options_(options), random_(random), wake_(thread) {}

switchboard::~switchboard() { connections_.clear(); }  // While all that they may ask for is there.

void switchboard::accept(connection::port to, bool serves_rest, std::unique_ptr<net::byte_stream> stream) {
    ++accepted_;
    const auto id = ++last_conn_;
    const connection_limits limits{options_.most_unsent_bytes, options_.close_grace};
    connection_owner& owner = *this;
    connections_.emplace(id,
                         std::make_unique<connection>(owner, thread_, conn_id{id}, to, std::move(stream), limits, serves_rest));
}

void switchboard::begin(std::unique_ptr<machine> behind, doors& ports, recorder* record) {
    behind_ = std::move(behind);
    ports_ = &ports;
    record_ = record;
    happened(tick{});
}

connection* switchboard::find(conn_id id) {
    const auto found = connections_.find(static_cast<std::uint64_t>(id));
    return found == connections_.end() ? nullptr : found->second.get();
}

// ---- facts and orders ----------------------------------------------------------------------------------------------------

void switchboard::happened(const input& fact) {
    if (!behind_) return;
    SHOAL_ASSERT(!std::exchange(stepping_, true));
    behind_->step(fact, thread_.now(), orders_);
    carry_out();
}

void switchboard::carry_out() {
    for (auto& order : orders_) std::visit([this](auto& one) { obey(one); }, order);
    orders_.clear();
    stepping_ = false;
    for (const auto id : to_flush_) {
        if (auto* const which = find(id)) which->flush();
    }
    to_flush_.clear();
}

void switchboard::obey(const send_payload& order) {
    if (auto* const to = find(order.conn)) to->send(order.what);
}

void switchboard::obey(const close_connection& order) {
    if (auto* const which = find(order.conn)) which->close(order.code, order.reason);
}

void switchboard::obey(const wire_order& order) {
    if (auto* const which = find(order.conn)) which->wire(order);
}

void switchboard::obey(const connection_mode& order) {
    if (auto* const which = find(order.conn)) which->compress_large(order.compress);
}

void switchboard::obey(const accept_order& order) { ports_->apply(order); }

void switchboard::obey(http_answer& order) {
    const auto found = requests_.find(static_cast<std::uint64_t>(order.request));
    if (found == requests_.end()) return;
    auto* const to = find(found->second);
    requests_.erase(found);
    if (to == nullptr) return;
    net::http_response response{static_cast<std::uint16_t>(order.status), {}, std::move(order.body)};
    for (auto& one : order.headers) response.headers.push_back({std::move(one.name), std::move(one.value)});
    // Reading the next request of a keep-alive connection steps the machine, which is carrying out orders now.
    thread_.post([this, id = to->id(), response = std::move(response), how = order.delivery, span = order.span]() mutable {
        if (auto* const still = find(id)) still->answer(std::move(response), how, span);
    });
}

void switchboard::obey(const wake_at& order) {
    if (order.when == never) return wake_.forget();
    wake_.at(order.when, [this] { happened(tick{}); });
}

void switchboard::asked(connection& from, net::http_request request) {
    const auto id = ++last_request_;
    requests_.emplace(id, from.id());
    http_arrived fact{request_id{id}, std::move(request.method), std::move(request.url), std::move(request.body), {},
                      from.peer_ip()};
    for (auto& one : request.headers) fact.headers.push_back({std::move(one.name), std::move(one.value)});
    happened(fact);
}

std::optional<int> switchboard::upgrade_status(const connection& from) { return ports_->upgrade_status(from.came_to()); }

bool switchboard::hello_with_upgrade() { return random_.chance(options_.hello_with_upgrade); }

wire::encoder_config switchboard::encoder_for(wire::compression how) {
    return {.how = how,
            .vary = options_.vary_json,
            .zlib_level = options_.zlib_level,
            .zstd_level = options_.zstd_level,
            .seed = random_.next()};
}

void switchboard::wants_flush(connection& which) {
    // Most often several payloads in a row go to one connection.
    if (to_flush_.empty() || to_flush_.back() != which.id()) to_flush_.push_back(which.id());
}

void switchboard::drained(connection& which) {
    if (!behind_ || stepping_) return;
    stepping_ = true;
    behind_->drained(which.id(), thread_.now(), orders_);
    carry_out();
}

void switchboard::sent(connection& which, const wire::text_parts& text) {
    ++payloads_;
    plain_bytes_ += text.front.size() + text.data.size() + text.back.size();
    if (record_ != nullptr) record_->write(thread_.now(), which.id(), text);
}

void switchboard::too_slow(connection&) { ++slow_cut_; }

void switchboard::ended(connection& which) {
    const auto id = which.id();
    std::erase_if(requests_, [id](const auto& waiting) { return waiting.second == id; });
    connections_.erase(static_cast<std::uint64_t>(id));
}

// ---- questions -----------------------------------------------------------------------------------------------------------

json::object switchboard::control(const json::object& command) {
    SHOAL_ASSERT(!std::exchange(stepping_, true));
    auto answer = behind_->control(command, thread_.now(), orders_);
    carry_out();
    return answer;
}

std::size_t switchboard::unsent() const {
    std::size_t sum = 0;
    for (const auto& [id, one] : connections_) sum += one->upgraded() ? one->unsent() : 0;
    return sum;
}

json::object switchboard::oracle() const {
    auto told = behind_->oracle();
    const auto* drained_in_core = told.if_contains("drained");
    told["drained"] = drained_in_core != nullptr && *drained_in_core == true && unsent() == 0;
    return told;
}

// The oracle's answer is large in a long run: it is made only when it may be good news.
bool switchboard::is_drained() const { return unsent() == 0 && oracle().at("drained").as_bool(); }

json::object switchboard::counts() const {
    std::uint64_t websockets = 0;
    for (const auto& [id, one] : connections_) websockets += one->upgraded() ? 1U : 0U;
    return {{"connections", connections_.size()},
            {"websockets", websockets},
            {"accepted", accepted_},
            {"slow_readers_cut", slow_cut_},
            {"payloads_sent", payloads_},
            {"plain_bytes_sent", plain_bytes_},
            {"unsent_bytes", unsent()}};
}

}  // namespace shoal::sim
