#include "host/ledger_port.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "state/shared_ledger.hpp"

namespace shoal::host {

namespace {

void every_key_just_used(gateway::identify_ledger& ledger, instant now) {
    // More keys than Discord gives the largest bots (16 to 64 have been seen).
    constexpr std::uint32_t keys = 256;
    const gateway::governor_policy policy;
    ledger.key_free_at.clear();
    for (std::uint32_t key = 0; key < keys; ++key) ledger.key_free_at[key] = now + policy.key_window + policy.slack;
}

class file_ledger final : public ledger_port {
public:
    file_ledger(std::string path, std::uint64_t application, std::string boot_id, logger log)
        : path_(std::move(path)), application_(application), boot_id_(std::move(boot_id)), log_(std::move(log)) {}

    result<void> with(instant now, const std::function<void(gateway::identify_ledger&)>& change) override {
        return state::with_locked_ledger(path_, [&](const std::optional<std::string>& text) {
            auto ledger = load(text, now);
            change(ledger);
            return std::optional(gateway::write_ledger(ledger));
        });
    }

private:
    gateway::identify_ledger load(const std::optional<std::string>& text, instant now) {
        if (!text) {
            gateway::identify_ledger fresh;
            fresh.application = application_;
            fresh.boot_id = boot_id_;
            return fresh;
        }
        auto read = gateway::read_ledger(*text);
        if (!read || read->application != application_) {
            log_.warn(
                fmt::format("the identify ledger {} is damaged ({}): waiting one window before the first IDENTIFY, and asking "
                            "Discord what is left of the budget",
                            path_, read ? "it is another bot's" : read.error().message()));
            return cautious_ledger(application_, boot_id_, now);
        }
        if (read->boot_id != boot_id_) adopt_after_reboot(*read, boot_id_, now);
        return std::move(*read);
    }

    std::string path_;
    std::uint64_t application_;
    std::string boot_id_;
    logger log_;
};

}  // namespace

gateway::identify_ledger cautious_ledger(std::uint64_t application, std::string boot_id, instant now) {
    gateway::identify_ledger ledger;
    ledger.application = application;
    ledger.boot_id = std::move(boot_id);
    every_key_just_used(ledger, now);
    return ledger;
}

void adopt_after_reboot(gateway::identify_ledger& ledger, std::string boot_id, instant now) {
    ledger.boot_id = std::move(boot_id);
    every_key_just_used(ledger, now);
    // A permit that was out when the machine went down may have been used: it stays counted.
    ledger.outstanding.clear();
    ledger.window_ends = {};
    ledger.seen_at = {};
    ledger.storm_until = {};
}

std::unique_ptr<ledger_port> ledger_in_file(std::string path, std::uint64_t application, std::string boot_id, logger log) {
    return std::make_unique<file_ledger>(std::move(path), application, std::move(boot_id), std::move(log));
}

}  // namespace shoal::host
