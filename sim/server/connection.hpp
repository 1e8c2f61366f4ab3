#pragma once
// One accepted connection of a client: HTTP until it upgrades, then a websocket with its encoder and the faults that happen below
// the protocol. Not here: what Discord says; the owner asks the machine.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/scheduler.hpp"
#include "net/byte_stream.hpp"
#include "net/http_session.hpp"
#include "sim/core/facts.hpp"
#include "sim/server/timer_slot.hpp"
#include "sim/wire/encoder.hpp"
#include "sim/wire/frames.hpp"

namespace shoal::sim {

class connection;

/// What a connection needs of the server around it. All on the server's thread.
class connection_owner {
public:
    /// A fact for the machine; its orders are carried out before this returns.
    virtual void happened(const input& fact) = 0;
    /// A REST request; answered later through connection::answer.
    virtual void asked(connection& from, net::http_request request) = 0;
    /// The status that this upgrade gets instead of being accepted (F7).
    virtual std::optional<int> upgrade_status(const connection& from) = 0;
    virtual bool hello_with_upgrade() = 0;
    [[nodiscard]] virtual wire::encoder_config encoder_for(wire::compression how) = 0;
    /// Something was queued: flush() is wanted once the orders of this step are carried out.
    virtual void wants_flush(connection& which) = 0;
    virtual void drained(connection& which) = 0;
    virtual void sent(connection& which, const wire::text_parts& text) = 0;
    /// It holds more unsent bytes than the bound and was cut.
    virtual void too_slow(connection& which) = 0;
    /// The last call: the owner destroys the connection.
    virtual void ended(connection& which) = 0;

protected:
    ~connection_owner() = default;
};

struct connection_limits {
    std::size_t most_unsent_bytes = 64U << 20U;
    duration close_grace = std::chrono::seconds(2);
};

class connection final : public net::byte_stream_events {
public:
    enum class port : std::uint8_t { api, gateway, resume };

    connection(connection_owner& owner, scheduler& on, conn_id id, port came_to, std::unique_ptr<net::byte_stream> stream,
               connection_limits limits, bool serves_rest);
    ~connection() override;

    [[nodiscard]] conn_id id() const noexcept { return id_; }
    [[nodiscard]] port came_to() const noexcept { return came_to_; }
    [[nodiscard]] bool upgraded() const noexcept { return state_ >= state::opening; }
    [[nodiscard]] std::string peer_ip() const;
    /// Bytes that have not reached the kernel yet.
    [[nodiscard]] std::size_t unsent() const { return out_.size() + stream_->unsent_bytes(); }

    // Orders of the machine.
    void answer(net::http_response response, http_delivery how, duration span);
    void send(const payload& what);
    void close(std::optional<std::uint16_t> code, std::string_view reason);
    void wire(const wire_order& order);
    void compress_large(bool on);
    void flush();

private:
    enum class state : std::uint8_t { http, opening, open, closing, ended };

    void on_bytes(std::string_view bytes) override;
    void on_drained() override;
    void on_ended(const failure& why) override;

    void drip();
    void take_request(net::http_request request);
    void upgrade(const net::http_request& request);
    void refuse_upgrade(int status);
    void open();
    void pump();
    void take_close(const wire::client_close& closed);
    void hang_up(std::optional<std::uint16_t> code, std::string_view reason);
    void finish();
    void cut_when_drained();
    [[nodiscard]] bool holds_back() const noexcept { return stall_.armed() || coalesce_left_ > 0; }

    connection_owner& owner_;
    scheduler& on_;
    conn_id id_;
    port came_to_;
    connection_limits limits_;
    bool serves_rest_;
    std::unique_ptr<net::byte_stream> stream_;
    net::http_session http_;
    wire::frame_reader frames_;
    std::unique_ptr<wire::encoder> encoder_;
    std::string target_;
    std::string refused_;  // why the target cannot be served, if so
    std::string out_;      // framed, not yet written to the stream
    state state_ = state::http;
    bool told_closed_ = false;
    bool cut_when_drained_ = false;
    std::uint64_t coalesce_left_ = 0;
    std::uint64_t tiny_left_ = 0;
    bool tiny_ends_ = false;
    timer_slot grace_;     // the echo of a close frame, or a cut
    timer_slot stall_;     // armed: nothing is written
    timer_slot coalesce_;  // the latest moment for what is held together
    timer_slot opening_;
    std::string dripping_;  // of an answer that goes out in pieces
    std::size_t drip_bytes_ = 0;
    duration drip_pause_{};
    timer_slot drip_;
};

}  // namespace shoal::sim
