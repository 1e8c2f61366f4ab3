#pragma once
// One process's view of the virtual network: its dialer, and its HTTP client. All that it dialed goes when the process is killed.
// Not here: the far end (virtual_discord.hpp).

#include <memory>

#include "base/virtual_scheduler.hpp"
#include "net/http_client.hpp"
#include "net/websocket.hpp"
#include "simulation/virtual_discord.hpp"

namespace shoal::simulation {

class virtual_dialer final : public net::dialer {
public:
    explicit virtual_dialer(virtual_discord& discord) : discord_(discord) {}
    std::unique_ptr<net::websocket> dial(net::dial_request request, net::websocket_events& events) override {
        return discord_.dial(std::move(request), events, leaving_);
    }
    void leave() { *leaving_ = true; }

private:
    virtual_discord& discord_;
    std::shared_ptr<bool> leaving_ = std::make_shared<bool>(false);
};

/// Who was told to wait must.
class virtual_http final : public net::http_client {
public:
    virtual_http(virtual_discord& discord, virtual_scheduler& time) : discord_(discord), time_(time) {}
    void send(net::http_request request, answered on_answer) override;

private:
    virtual_discord& discord_;
    virtual_scheduler& time_;
    std::shared_ptr<instant> not_before_ = std::make_shared<instant>();
};

}  // namespace shoal::simulation
