#include "host/ledger_port.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "state/shared_ledger.hpp"

namespace shoal::host {

namespace {

class file_ledger final : public ledger_port {
public:
    file_ledger(std::string path, std::uint64_t application, std::string boot_id, logger log)
        : path_(std::move(path)), application_(application), boot_id_(std::move(boot_id)), log_(std::move(log)) {}

    result<void> with(instant now, const std::function<void(budget::identify_ledger&)>& change) override {
        return state::with_locked_ledger(path_, [&](const std::optional<std::string>& text) {
            auto ledger = load(text, now);
            change(ledger);
            return std::optional(budget::write_ledger(ledger));
        });
    }

private:
    budget::identify_ledger load(const std::optional<std::string>& text, instant now) {
        if (!text) return budget::fresh_ledger(application_, boot_id_, false, now);
        auto read = budget::read_ledger(*text);
        if (!read || read->application != application_) {
            log_.warn(
                fmt::format("the identify ledger {} is damaged ({}): waiting one window before the first IDENTIFY, and asking "
                            "Discord what is left of the budget",
                            path_, read ? "it is another bot's" : read.error().message()));
            return budget::fresh_ledger(application_, boot_id_, true, now);
        }
        (void)budget::renew_after_boot(*read, boot_id_, now);
        return std::move(*read);
    }

    std::string path_;
    std::uint64_t application_;
    std::string boot_id_;
    logger log_;
};

}  // namespace

std::unique_ptr<ledger_port> ledger_in_file(std::string path, std::uint64_t application, std::string boot_id, logger log) {
    return std::make_unique<file_ledger>(std::move(path), application, std::move(boot_id), std::move(log));
}

}  // namespace shoal::host
