// SPDX-License-Identifier: MIT
//
// webhook_body.h: the body of a webhook, in the form of the specification (2017) or the later one (2022).
#ifndef SANDBOX_WEBHOOK_BODY_H
#define SANDBOX_WEBHOOK_BODY_H

#include "deploy/sandbox/comment.h"
#include "deploy/sandbox/sandbox.h"

enum { WEBHOOK_SIGNATURE_TEXT = 65 }; // NUL included

// post_comment, post_comment_rest or post_comment_mobile. Lasting.
const char *webhook_body_type(const struct settings *settings, bool by_client);

// JSON text. Owner: the caller, free().
char *webhook_body_make(const struct settings *settings, const struct comment *comment, const char *type);

// Lower-case hex HMAC-SHA256 of the body. Answers `out`.
const char *webhook_body_sign(const char *secret, const char *body, char out[WEBHOOK_SIGNATURE_TEXT]);

#endif
