#include "host/half_deaf_watch.hpp"

#include <fmt/format.h>

#include <utility>

namespace shoal::host {

half_deaf_watch::half_deaf_watch(shard_key shard, gateway::silence_policy policy, scheduler& on, permit_source& permits,
                                 orders to)
    : shard_(shard),
      silence_(policy),
      on_(on),
      permits_(permits),
      to_(std::move(to)),
      self_(std::make_shared<half_deaf_watch*>(this)) {}

void half_deaf_watch::on_second(bool listening) {
    found_ = silence_.on_second(on_.now(), listening);
    if (!found_ || asking_) return;
    // It still brings most events: with a budget in its reserve a half-deaf session is better than none.
    asking_ = true;
    permits_.can_spare(shard_, on_, [self = self_](bool spare) {
        if (*self == nullptr) return;
        (*self)->asking_ = false;
        if (spare) (*self)->renew();
    });
}

void half_deaf_watch::renew() {
    if (!found_ || !to_.may_renew()) return;
    const auto found = *std::exchange(found_, std::nullopt);
    ++renewals_;
    silence_.renewed_for(found.kind);
    to_.renew(fmt::format("half deaf, no {} for {} s", discord::name_of(found.kind), to_ms(found.silence) / 1000));
}

}  // namespace shoal::host
