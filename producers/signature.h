// SPDX-License-Identifier: MIT
//
// signature.h: a webhook's signature: HMAC-SHA256 over the bytes of its body, in a header, keyed with a secret that
// the platform and we share. It holds no time, so it does not tell a repeat from the first. Plain functions; any
// thread.
#ifndef CHATBRIDGE_SIGNATURE_H
#define CHATBRIDGE_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "bridge/config.h"

// `given` is the header's value or NULL. Whether the app asks for a signature and there is none: known before the body.
bool signature_is_missing(const struct app_config *app, const char *given);

// Whether the body may be taken as far as the app's settings go: it is signed with one of the secrets, or it need not
// be signed. The time it takes does not depend on where a wrong signature differs.
bool signature_is_right(const struct app_config *app, const char *given, const void *body, size_t len);

#endif
