#include "trust/certificate_watch.hpp"

#include <utility>

namespace shoal::trust {

certificate_watch::certificate_watch(scheduler& on, std::string folder, node_identity held, watch_options options,
                                     changed on_changed, troubled on_troubled)
    : scheduler_(on),
      folder_(std::move(folder)),
      held_(std::move(held.texts)),
      options_(std::move(options)),
      on_changed_(std::move(on_changed)),
      on_troubled_(std::move(on_troubled)) {
    if (!options_.calendar) {
        options_.calendar = [] { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); };
    }
    arm();
}

certificate_watch::~certificate_watch() { scheduler_.cancel(timer_); }

void certificate_watch::arm() {
    scheduler_.cancel(timer_);
    timer_ = scheduler_.wake_at(scheduler_.now() + options_.every, [this] { look(); });
}

void certificate_watch::look() {
    arm();
    auto texts = read_node_texts(folder_);
    if (!texts) return trouble(texts.error());
    if (*texts == held_) {
        seen_trouble_.clear();
        told_trouble_.clear();
        return;
    }
    auto fresh = check_node(*std::move(texts), folder_, options_.calendar());
    if (!fresh) return trouble(fresh.error());
    seen_trouble_.clear();
    told_trouble_.clear();
    held_ = fresh->texts;
    on_changed_(*fresh);  // Last: it may destroy this.
}

void certificate_watch::trouble(const failure& why) {
    auto reason = why.message();
    const bool still = reason == std::exchange(seen_trouble_, reason);
    if (!still || reason == told_trouble_) return;
    told_trouble_ = std::move(reason);
    on_troubled_(why);
}

}  // namespace shoal::trust
