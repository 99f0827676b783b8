#pragma once

#include "channels/reaction.h"

namespace clipcourier::channels::whatsapp {

// The entry of a Cloud API error code; codes of the old on-premises API, which some partners still
// send, read as their successors. An unlisted code gives the entry with code 0: permanent, because
// repeating what failed for an unknown reason is a guess.
const ErrorInfo& errorInfo(int code);

// Code 0 in an answer: the login failed. (In our own records 0 means that there was no code.)
const ErrorInfo& loginFailed();

// All entries, sorted by code.
const ErrorInfo* begin();
const ErrorInfo* end();

}  // namespace clipcourier::channels::whatsapp
