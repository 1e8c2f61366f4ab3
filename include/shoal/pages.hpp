#pragma once
// A long list of Discord's, fetched page by page while it is read.
// Not here: which lists there are (rest/).

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include "shoal/call.hpp"
#include "shoal/owned.hpp"

namespace shoal {
inline namespace v0 {

/// An asynchronous sequence:
///
///     auto members = bot.rest().all_members(guild);
///     while (const auto* member = co_await members.next()) { ... }
///
/// A page is asked for when the one before is read to its end; nothing is asked before the first next(). What joins or leaves
/// meanwhile may be missed or not, as Discord orders by id. Of one coroutine at a time, which must outlive the calls of next().
template <class View>
class pages {
public:
    using fetch = std::move_only_function<call<owned_list<View>>(std::uint64_t last)>;
    using number = std::uint64_t (*)(const View&);

    pages(detail::call_home& home, std::string_view what, std::size_t full, fetch ask, number id_of)
        : home_(&home), what_(what), full_(full), ask_(std::move(ask)), id_of_(id_of) {}

    /// The next one, or nullptr behind the last; good until the next call of next() is awaited. Fails as the call that fetches a
    /// page does, and may then be tried again.
    [[nodiscard]] call<const View*> next() {
        return {*home_, what_, [this](detail::call_settings settings) { return advance(*this, std::move(settings)); }};
    }

private:
    static task<result<const View*>> advance(pages& self, detail::call_settings settings) {
        if (self.at_ == self.page_.size()) {
            if (self.last_page_) co_return nullptr;
            auto asked = self.ask_(self.last_);
            if (settings.within) asked = std::move(asked).within(*settings.within);
            auto came = co_await std::move(asked).result();
            if (!came) co_return std::unexpected(std::move(came).error());
            self.page_ = std::move(*came);
            self.at_ = 0;
            self.last_page_ = self.page_.size() < self.full_;
            if (self.page_.empty()) co_return nullptr;
            self.last_ = self.id_of_(self.page_[self.page_.size() - 1]);
        }
        co_return &self.page_[self.at_++];
    }

    detail::call_home* home_;
    std::string_view what_;
    std::size_t full_;
    fetch ask_;
    number id_of_;
    owned_list<View> page_;
    std::size_t at_ = 0;
    std::uint64_t last_ = 0;
    bool last_page_ = false;
};

}  // namespace v0
}  // namespace shoal
