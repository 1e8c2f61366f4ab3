#include "store/memory/memory_store.hpp"

#include <algorithm>

#include "store/errc.hpp"

namespace shoal::store {
namespace {

class memory_store final : public state_store {
public:
    memory_store(std::shared_ptr<memory_contents> kept, scheduler& on) : kept_(std::move(kept)), on_(on) {}

    void read_all(std::function<void(result<contents>)> on_answer) override {
        contents all;
        all.at = kept_->at;
        for (const auto& [key, held] : kept_->entries) all.entries.push_back({key, held.first, held.second});
        answer(std::move(on_answer), result<contents>(std::move(all)));
    }
    void commit(transaction what, std::function<void(result<outcome>)> on_answer) override {
        if (*waiting_ >= most_waiting)
            return answer(std::move(on_answer), result<outcome>(std::unexpected(failure(errc::overloaded))));
        answer(std::move(on_answer), result<outcome>(apply(what, *kept_)));
    }

private:
    template <class T>
    void answer(std::function<void(result<T>)> to, result<T> what) {
        ++*waiting_;
        on_.post([waiting = waiting_, to = std::move(to), what = std::move(what)]() mutable {
            --*waiting;
            to(std::move(what));
        });
    }

    std::shared_ptr<memory_contents> kept_;
    scheduler& on_;
    std::shared_ptr<std::size_t> waiting_ = std::make_shared<std::size_t>(0);
};

}  // namespace

outcome apply(const transaction& what, memory_contents& to) {
    for (const auto& one : what.only_if) {
        const auto found = to.entries.find(one.key);
        if ((found == to.entries.end() ? revision::none : found->second.second) != one.modified) return {false, to.at};
    }
    const bool changes =
        std::ranges::any_of(what.changes, [&](const change& c) { return c.value || to.entries.contains(c.key); });
    if (!changes) return {true, to.at};
    to.at = static_cast<revision>(static_cast<std::uint64_t>(to.at) + 1);
    for (const auto& one : what.changes) {
        if (one.value) {
            to.entries.insert_or_assign(one.key, std::pair(*one.value, to.at));
        } else {
            to.entries.erase(one.key);
        }
    }
    return {true, to.at};
}

std::unique_ptr<state_store> open_memory(std::shared_ptr<memory_contents> kept, scheduler& on) {
    return std::make_unique<memory_store>(std::move(kept), on);
}

}  // namespace shoal::store
