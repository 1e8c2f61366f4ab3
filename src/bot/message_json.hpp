#pragma once
// A message or a modal as Discord's JSON wants it. Not here: their limits (check()), files, sending.

#include "discord/json_writer.hpp"
#include "shoal/message.hpp"
#include "shoal/modal.hpp"
#include "shoal/rest/sending.hpp"

namespace shoal::runtime {

/// Writes the fields of `what` into the open object of `w`: whoever sends it may add fields of its own, such as a nonce.
void write_fields(discord::json_writer& w, const message& what);
/// Likewise: what is set or cleared.
void write_fields(discord::json_writer& w, const message_edit& what);
void write_fields(discord::json_writer& w, const modal& what);
/// The key allowed_mentions.
void write_mentions(discord::json_writer& w, const allowed_mentions& who);
void write(discord::json_writer& w, const embed& what);
void write(discord::json_writer& w, const component& what);

}  // namespace shoal::runtime
