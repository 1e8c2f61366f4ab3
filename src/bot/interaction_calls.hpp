#pragma once
// Answers to interactions as lazy tasks: which of Discord's ways to answer is due, and what it takes [5.5 to 5.8].
// Not here: other calls (calls.hpp), which handler runs (dispatcher.hpp).

#include <string>
#include <string_view>
#include <vector>

#include "bot/event_body.hpp"
#include "shoal/call.hpp"
#include "shoal/completion.hpp"
#include "shoal/context.hpp"
#include "shoal/file.hpp"
#include "shoal/task.hpp"

namespace shoal::runtime {

[[nodiscard]] const shoal::detail::interaction_create_head& interaction_of(const shoal::detail::event_ref& ref);

/// The first answer, the message in place of "is thinking", or a follow-up, whichever is due.
[[nodiscard]] task<result<void>> reply_to(shoal::detail::event_ref interaction, message what, std::vector<file> files,
                                          shoal::detail::call_settings settings);
[[nodiscard]] task<result<void>> defer_reply(shoal::detail::event_ref interaction, shoal::detail::call_settings settings);
[[nodiscard]] task<result<void>> show_modal(shoal::detail::event_ref interaction, modal what,
                                            shoal::detail::call_settings settings);
/// Of a component: its message changes, as the first answer or after it was only noted.
[[nodiscard]] task<result<void>> update_message(shoal::detail::event_ref interaction, message what, std::vector<file> files,
                                                shoal::detail::call_settings settings);
[[nodiscard]] task<result<void>> defer_update(shoal::detail::event_ref interaction, shoal::detail::call_settings settings);
/// The first answer, whatever it was, changes or goes.
[[nodiscard]] task<result<owned<message_view>>> edit_first_answer(shoal::detail::event_ref interaction, message_edit what,
                                                                  std::vector<file> files, shoal::detail::call_settings settings);
[[nodiscard]] task<result<void>> delete_first_answer(shoal::detail::event_ref interaction, shoal::detail::call_settings settings);
[[nodiscard]] task<result<void>> suggest(shoal::detail::event_ref interaction, std::vector<suggestion> choices,
                                         shoal::detail::call_settings settings);

}  // namespace shoal::runtime
