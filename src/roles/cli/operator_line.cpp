#include "roles/cli/operator_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <utility>

#include "base/task_group.hpp"
#include "config/token_shape.hpp"
#include "net/io_thread.hpp"
#include "rpc/dialer.hpp"
#include "trust/errc.hpp"
#include "wire/codec.hpp"

namespace shoal::roles::cli {

using config::exit_code;
using config::startup_problem;

namespace {

trust::calendar_time calendar_now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

bool is_order(const cluster::operator_request& what) noexcept {
    return !std::holds_alternative<cluster::picture_ask>(what) && !std::holds_alternative<cluster::events_ask>(what) &&
           !std::holds_alternative<cluster::explain_ask>(what);
}

std::string_view detail_of(const failure& why) noexcept {
    return why.detail().empty() ? why.text() : std::string_view(why.detail());
}

}  // namespace

std::expected<std::vector<rpc::endpoint>, startup_problem> coordinators_of(std::string_view text) {
    std::vector<rpc::endpoint> out;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find(',', at), text.size());
        auto url = text.substr(at, end - at);
        while (url.starts_with(' ')) url.remove_prefix(1);
        while (url.ends_with(' ')) url.remove_suffix(1);
        at = end + 1;
        if (url.empty()) continue;
        auto read = rpc::dial_endpoint(url);
        if (!read) {
            return std::unexpected(
                startup_problem{exit_code::bad_setting, fmt::format("--coordinator-url: {} is no coordinator's address; write "
                                                                    "https://host:8443.",
                                                                    config::shown(url))});
        }
        out.push_back(std::move(*read));
    }
    if (out.empty()) {
        return std::unexpected(
            startup_problem{exit_code::bad_setting,
                            "no coordinator is named: give --coordinator-url https://host:8443, or set COORDINATOR_URL."});
    }
    return out;
}

startup_problem problem_of_own_certificate(const failure& why, std::string_view folder) {
    const auto sentence = fmt::format("{}: {}", why.text(), detail_of(why));
    if (why.is(trust::errc::missing)) {
        return {
            exit_code::certificate_refused,
            fmt::format("there is no operator's certificate in {} ({}); \"shoal certs node NAME --role operator\" makes one, and "
                        "--certs names its folder.",
                        folder, sentence)};
    }
    return {exit_code::certificate_refused, fmt::format("the certificate in {} cannot be used ({}).", folder, sentence)};
}

startup_problem problem_of_call(const failure& why, std::string_view address, bool given_away) {
    using rpc::errc;
    const auto detail = detail_of(why);
    if (why.is(errc::untrusted))
        return {exit_code::certificate_refused,
                fmt::format("{} and this operator do not trust each other: {}.", address, detail)};
    if (why.is(errc::wrong_role))
        return {exit_code::certificate_refused, fmt::format("{}: role not allowed: {}.", address, detail)};
    if (why.is(errc::not_our_kind) || why.is(errc::unknown_method))
        return {exit_code::api_unreachable, fmt::format("what answers at {} is no coordinator of Shoal ({}).", address, detail)};
    if (why.is(errc::timed_out)) {
        return {exit_code::api_unreachable,
                given_away
                    ? fmt::format("{} did not answer in time; whether the order was carried out is not known, \"shoal events\" "
                                  "shows it.",
                                  address)
                    : fmt::format("{} did not answer in time.", address)};
    }
    if (why.is(errc::unreachable) || why.is(errc::no_handshake) || why.is(errc::busy))
        return {exit_code::api_unreachable, fmt::format("no coordinator can be reached at {} ({}).", address, detail)};
    return {exit_code::failed, fmt::format("{}: {}: {}.", address, why.text(), detail)};
}

startup_problem problem_of_calls(const std::vector<startup_problem>& each) {
    if (each.size() == 1) return each.front();
    // A certificate that is not taken is a person's to mend; that an address is silent may pass.
    startup_problem out{exit_code::api_unreachable, "no coordinator answers: "};
    for (const auto& one : each) {
        if (one.code == exit_code::certificate_refused) out.code = one.code;
        auto part = one.sentence;
        while (part.ends_with('.')) part.pop_back();
        out.sentence += part + (&one == &each.back() ? "." : "; ");
    }
    return out;
}

struct operator_line::impl {
    explicit impl(line_options what) : options(std::move(what)) {}
    ~impl() {
        there([&] { dialer.reset(); });
        thread.stop();
        thread.join();
    }
    impl(const impl&) = delete;
    impl& operator=(const impl&) = delete;

    template <class Job>
    void there(Job job) {
        // Shared: who sets it may still be inside of it when the waiting side goes on.
        auto over = std::make_shared<std::promise<void>>();
        thread.post([&job, over] {
            job();
            over->set_value();
        });
        over->get_future().wait();
    }

    [[nodiscard]] result<std::string> call(const rpc::endpoint& to, const cluster::operator_request& what) {
        auto answered = std::make_shared<std::promise<result<std::string>>>();
        thread.post([this, to, what, answered] { calls.start(call_there(to, what, answered)); });
        return answered->get_future().get();
    }
    task<> call_there(rpc::endpoint to, cluster::operator_request what,
                      std::shared_ptr<std::promise<result<std::string>>> answered) {
        auto got = co_await dialer->call(std::move(to), wire::method_of(what), trust::role_set(trust::role::coordinator),
                                         wire::encode(what), thread.now() + options.patience);
        answered->set_value(std::move(got));
    }

    line_options options;
    net::io_thread thread{"shoal-operator"};
    std::unique_ptr<rpc::dialer> dialer;  // On the thread, like its calls.
    task_group calls;
};

operator_line::operator_line(std::unique_ptr<impl> inner) : impl_(std::move(inner)) {}
operator_line::~operator_line() = default;
operator_line::operator_line(operator_line&&) noexcept = default;

std::expected<operator_line, startup_problem> operator_line::open(line_options options) {
    const auto self = trust::read_node(options.certs, calendar_now());
    if (!self) return std::unexpected(problem_of_own_certificate(self.error(), options.certs));
    auto made = std::make_unique<impl>(std::move(options));
    result<void> dials;
    made->there([&] {
        auto dialer = rpc::dialer::make(made->thread, *self, {});
        if (dialer) {
            made->dialer = std::move(*dialer);
        } else {
            dials = std::unexpected(std::move(dialer).error());
        }
    });
    if (!dials) return std::unexpected(startup_problem{exit_code::failed, fmt::format("{}.", dials.error().message())});
    return operator_line(std::move(made));
}

std::expected<cluster::operator_answer, startup_problem> operator_line::ask(const cluster::operator_request& what) {
    auto& coordinators = impl_->options.coordinators;
    std::vector<startup_problem> problems;
    for (std::size_t i = 0; i < coordinators.size(); ++i) {
        auto bytes = impl_->call(coordinators[i], what);
        if (!bytes) {
            const bool given_away = is_order(what) && bytes.error().is(rpc::errc::timed_out);
            problems.push_back(problem_of_call(bytes.error(), coordinators[i].text(), given_away));
            if (given_away) break;
            continue;
        }
        auto answer = wire::decode_operator_answer(*bytes);
        if (!answer) {
            problems.push_back({exit_code::failed, fmt::format("{} answers what this version of shoal does not understand ({}).",
                                                               coordinators[i].text(), answer.error().message())});
            continue;
        }
        std::ranges::rotate(coordinators.begin(), coordinators.begin() + static_cast<std::ptrdiff_t>(i),
                            coordinators.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        return std::move(*answer);
    }
    return std::unexpected(problem_of_calls(problems));
}

}  // namespace shoal::roles::cli
