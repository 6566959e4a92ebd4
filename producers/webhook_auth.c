// SPDX-License-Identifier: MIT
//
// A table of checks, each of which is passed before the next one looks. Who may not is told no more than that, so the
// method and the content-type come last.
#include "producers/webhook_auth.h"

#include <openssl/crypto.h>
#include <string.h>
#include <strings.h>

#include "bridge/buf.h"
#include "producers/signature.h"

#define WEBHOOKS_PATH "/webhooks/"

enum { FORWARDED_MAX = 64 * 1024 }; // more than the headers of a request may hold

struct asking {
    const struct config *config;
    const struct http_request *request;
    const struct app_config *app; // once the path is read
    const char *token;            // the path's, or NULL
};

static bool add_line(void *context, const char *value)
{
    struct buf *lines = context;
    must((lines->len == 0 || buf_add_text(lines, ",") == 0) && buf_add_text(lines, value) == 0);
    return true;
}

// Lines of one name are one list (RFC 9110 section 5.3): some proxies add a line instead of an entry.
void webhook_auth_client(const struct config *config, const struct http_request *request, struct client *client)
{
    struct buf lines;
    if (config->inbound.trusted_proxies == NULL) {
        client_find(client, NULL, http_request_peer(request), NULL);
        return;
    }
    buf_init(&lines, FORWARDED_MAX);
    http_request_each_header(request, "X-Forwarded-For", add_line, &lines);
    client_find(client, config->inbound.trusted_proxies, http_request_peer(request), lines.data);
    buf_clear(&lines);
}

static enum refusal check_address(struct asking *asking)
{
    const struct net_blocks *allow = asking->config->inbound.allow;
    struct client client;
    if (allow == NULL)
        return REFUSAL_NONE;
    webhook_auth_client(asking->config, asking->request, &client);
    return client.known && net_blocks_hold(allow, &client.address) ? REFUSAL_NONE : REFUSAL_ADDRESS;
}

// /webhooks/{app} or /webhooks/{app}/{token}
static enum refusal check_path(struct asking *asking)
{
    const char *path = http_request_path(asking->request);
    char app_name[128];
    if (strncmp(path, WEBHOOKS_PATH, strlen(WEBHOOKS_PATH)) != 0)
        return REFUSAL_PATH;
    const char *name = path + strlen(WEBHOOKS_PATH);
    size_t len = strcspn(name, "/");
    asking->token = name[len] == '/' ? name + len + 1 : NULL;
    if (asking->token != NULL && strchr(asking->token, '/') != NULL)
        return REFUSAL_PATH;
    if (len == 0 || len >= sizeof app_name)
        return REFUSAL_APP;
    memcpy(app_name, name, len);
    app_name[len] = '\0';
    asking->app = config_app(asking->config, app_name);
    return asking->app != NULL ? REFUSAL_NONE : REFUSAL_APP;
}

static enum refusal check_token(struct asking *asking)
{
    const char *wanted = asking->app->webhook_token;
    const char *token = asking->token;
    if (wanted == NULL)
        return token == NULL ? REFUSAL_NONE : REFUSAL_NO_TOKEN;
    size_t len = strlen(wanted);
    if (token == NULL || strlen(token) != len || CRYPTO_memcmp(token, wanted, len) != 0)
        return REFUSAL_TOKEN;
    return REFUSAL_NONE;
}

static enum refusal check_signed(struct asking *asking)
{
    const struct app_config *app = asking->app;
    bool missing = app->signature == SIGNATURE_REQUIRED &&
                   signature_is_missing(app, http_request_header(asking->request, app->signature_header));
    return missing ? REFUSAL_UNSIGNED : REFUSAL_NONE;
}

static enum refusal check_method(struct asking *asking)
{
    return strcmp(http_request_method(asking->request), "POST") == 0 ? REFUSAL_NONE : REFUSAL_METHOD;
}

// application/json and +json, with or without parameters; a missing content-type is taken as JSON.
static enum refusal check_type(struct asking *asking)
{
    static const char json[] = "application/json";
    const char *type = http_request_header(asking->request, "Content-Type");
    if (type == NULL)
        return REFUSAL_NONE;
    size_t len = strcspn(type, "; \t");
    bool is_json = (len == strlen(json) && strncasecmp(type, json, len) == 0) ||
                   (len > 5 && strncasecmp(type + len - 5, "+json", 5) == 0);
    return is_json ? REFUSAL_NONE : REFUSAL_TYPE;
}

static enum refusal (*const checks[])(struct asking *) = {
    check_address,
    check_path,
    check_token,
    check_signed,
    check_method,
    check_type,
};

const struct app_config *webhook_auth(
    const struct config *config, const struct http_request *request, enum refusal *refusal)
{
    struct asking asking = {.config = config, .request = request};
    *refusal = REFUSAL_NONE;
    for (size_t i = 0; i < sizeof checks / sizeof checks[0] && *refusal == REFUSAL_NONE; i++)
        *refusal = checks[i](&asking);
    return *refusal == REFUSAL_NONE ? asking.app : NULL;
}
