#pragma once
// What Discord answered to a REST call: an object with all that its texts and lists lie in, as one counted pointer.
// Not here: objects that came with an event, which live as long as that.

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace shoal {
inline namespace v0 {

/// A view that keeps alive what it looks at: `channel->name`. A copy is one counted pointer; reading is safe on any thread.
template <class View>
class owned {
public:
    explicit owned(std::shared_ptr<const View> what) noexcept : what_(std::move(what)) {}
    [[nodiscard]] const View& operator*() const noexcept { return *what_; }
    [[nodiscard]] const View* operator->() const noexcept { return what_.get(); }

private:
    std::shared_ptr<const View> what_;
};

/// The same of a list: `for (const auto& each : list)`.
template <class View>
class owned_list {
public:
    owned_list() = default;
    owned_list(std::shared_ptr<const void> keeper, std::span<const View> all) noexcept : keeper_(std::move(keeper)), all_(all) {}
    [[nodiscard]] auto begin() const noexcept { return all_.begin(); }
    [[nodiscard]] auto end() const noexcept { return all_.end(); }
    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
    [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
    [[nodiscard]] const View& operator[](std::size_t index) const noexcept { return all_[index]; }

private:
    std::shared_ptr<const void> keeper_;
    std::span<const View> all_;
};

}  // namespace v0
}  // namespace shoal
