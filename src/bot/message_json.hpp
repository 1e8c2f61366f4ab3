#pragma once
// A message as Discord's JSON wants it. Not here: its limits (message::check), files, sending.

#include "discord/json_writer.hpp"
#include "shoal/message.hpp"

namespace shoal::runtime {

/// Writes the fields of `what` into the open object of `w`: whoever sends it may add fields of its own, such as a nonce.
void write_fields(discord::json_writer& w, const message& what);
/// The key allowed_mentions.
void write_mentions(discord::json_writer& w, const allowed_mentions& who);
void write(discord::json_writer& w, const embed& what);
void write(discord::json_writer& w, const component& what);

}  // namespace shoal::runtime
