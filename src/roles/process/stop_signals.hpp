#pragma once
// SIGINT and SIGTERM as shoal::main takes them: the first asks for an orderly stop, the second ends the process at once.
// Not here: what stopping means. Nothing in the library but main touches a signal.

namespace shoal::roles {

/// Takes both signals while it lives (and ignores SIGPIPE and SIGXFSZ: neither a log that nobody reads nor a
/// file that may not grow may end a bot). One at a time.
class stop_signals {
public:
    stop_signals();
    ~stop_signals();
    stop_signals(const stop_signals&) = delete;
    stop_signals& operator=(const stop_signals&) = delete;

    /// Becomes readable with the first signal.
    [[nodiscard]] int descriptor() const noexcept { return read_end_; }

private:
    int read_end_ = -1;
    int write_end_ = -1;
};

}  // namespace shoal::roles
