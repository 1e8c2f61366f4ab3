#pragma once
// Looks at a node's certificate folder now and then and tells when there is a new, good set in it: whoever listens or dials uses
// it from the next handshake on. Connections that are open stay as they are. Not here: what TLS does with it (src/rpc).

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/scheduler.hpp"
#include "shoal/error.hpp"
#include "trust/node_files.hpp"

namespace shoal::trust {

struct watch_options {
    duration every = std::chrono::seconds(5);
    /// The calendar; tests have their own.
    std::function<calendar_time()> calendar;
};

/// Lives on one scheduler's thread, on which it reads three small files at each look.
class certificate_watch {
public:
    using changed = std::move_only_function<void(const node_identity&)>;
    using troubled = std::move_only_function<void(const failure&)>;

    /// `held` is what is in use. `on_changed` hears of each other good set. `on_troubled` hears of a set that is not good, once
    /// for each reason, and only if it is still so at the next look: files are replaced one after the other. What is held goes on
    /// then.
    certificate_watch(scheduler& on, std::string folder, node_identity held, watch_options options, changed on_changed,
                      troubled on_troubled);
    ~certificate_watch();
    certificate_watch(const certificate_watch&) = delete;
    certificate_watch& operator=(const certificate_watch&) = delete;

    /// Looks now; the next regular look is a whole period later.
    void look();

private:
    void arm();
    void trouble(const failure& why);

    scheduler& scheduler_;
    std::string folder_;
    node_texts held_;
    watch_options options_;
    changed on_changed_;
    troubled on_troubled_;
    std::string seen_trouble_;  // The reason found at the last look,
    std::string told_trouble_;  // and the one that was told.
    timer_id timer_ = timer_id::none;
};

}  // namespace shoal::trust
