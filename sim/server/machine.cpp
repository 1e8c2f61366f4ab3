#include "sim/server/machine.hpp"

#include <utility>

namespace shoal::sim {
namespace {

class live_machine final : public machine {
public:
    explicit live_machine(simulator_config config) : core_(std::move(config)) {}
    void step(const input& fact, instant now, std::vector<action>& out) override { core_.step(fact, now, out); }
    boost::json::object control(const boost::json::object& command, instant now, std::vector<action>& out) override {
        return core_.control(command, now, out);
    }
    [[nodiscard]] boost::json::object oracle() const override { return core_.oracle(); }

private:
    simulator core_;
};

}  // namespace

std::unique_ptr<machine> make_live_machine(simulator_config config) { return std::make_unique<live_machine>(std::move(config)); }

}  // namespace shoal::sim
