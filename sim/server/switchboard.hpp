#pragma once
// Between the connections and the machine: what clients do becomes facts, and the machine's orders go to the connections they
// are for. Everything is on the server's thread. Not here: ports (doors.hpp), what Discord says (machine.hpp).

#include <boost/json/object.hpp>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "net/io_thread.hpp"
#include "sim/server/connection.hpp"
#include "sim/server/doors.hpp"
#include "sim/server/machine.hpp"
#include "sim/server/recording.hpp"
#include "sim/server/server.hpp"
#include "sim/server/timer_slot.hpp"

namespace shoal::sim {

class switchboard final : connection_owner {
public:
    /// All three must outlive it.
    switchboard(net::io_thread& thread, const server_options& options, random_source& random);
    ~switchboard();
    switchboard(const switchboard&) = delete;
    switchboard& operator=(const switchboard&) = delete;

    /// A client came. Nobody must come before begin().
    void accept(connection::port to, bool serves_rest, std::unique_ptr<net::byte_stream> stream);
    /// From here on the machine lives. `doors` must outlive this; `record` is nullptr if nothing is recorded.
    void begin(std::unique_ptr<machine> behind, doors& ports, recorder* record);

    [[nodiscard]] boost::json::object control(const boost::json::object& command);
    /// `drained` in it is true only if nothing waits to be sent on any connection either.
    [[nodiscard]] boost::json::object oracle() const;
    /// That of the oracle.
    [[nodiscard]] bool is_drained() const;
    /// For GET /status.
    [[nodiscard]] boost::json::object counts() const;

private:
    void happened(const input& fact) override;
    void asked(connection& from, net::http_request request) override;
    std::optional<int> upgrade_status(const connection& from) override;
    bool hello_with_upgrade() override;
    wire::encoder_config encoder_for(wire::compression how) override;
    void wants_flush(connection& which) override;
    void drained(connection& which) override;
    void sent(connection& which, const wire::text_parts& text) override;
    void too_slow(connection& which) override;
    void ended(connection& which) override;

    void carry_out();
    void obey(const send_payload& order);
    void obey(const close_connection& order);
    void obey(const wire_order& order);
    void obey(const connection_mode& order);
    void obey(const accept_order& order);
    void obey(http_answer& order);
    void obey(const wake_at& order);
    [[nodiscard]] connection* find(conn_id id);
    [[nodiscard]] std::size_t unsent() const;

    net::io_thread& thread_;
    const server_options& options_;
    random_source& random_;
    doors* ports_ = nullptr;
    recorder* record_ = nullptr;
    std::unique_ptr<machine> behind_;
    timer_slot wake_;
    std::unordered_map<std::uint64_t, std::unique_ptr<connection>> connections_;
    std::unordered_map<std::uint64_t, conn_id> requests_;
    std::vector<conn_id> to_flush_;
    std::vector<action> orders_;
    std::uint64_t last_conn_ = 0, last_request_ = 0, accepted_ = 0, slow_cut_ = 0, payloads_ = 0, plain_bytes_ = 0;
    bool stepping_ = false;
};

}  // namespace shoal::sim
