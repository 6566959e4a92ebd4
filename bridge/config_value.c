// SPDX-License-Identifier: MIT
#include "bridge/config_value.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/net.h"

_Static_assert(sizeof(enum log_level) == sizeof(int) && sizeof(enum config_on_dead) == sizeof(int) &&
                   sizeof(enum config_rejected) == sizeof(int) && sizeof(enum config_event_format) == sizeof(int) &&
                   sizeof(enum config_signature) == sizeof(int) && sizeof(enum config_encoding) == sizeof(int),
    "a choice is stored as an int");

struct unit {
    const char *name; // NULL ends a list
    int64_t factor;
};

static const struct unit durations[] = {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {NULL, 0}};
static const struct unit sizes[] = {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}, {"", 1}, {NULL, 0}};
static const struct unit counts[] = {{"", 1}, {NULL, 0}};
static const struct unit rate_units[] = {{"/s", 1}, {"/m", 60}, {"/h", 3600}, {NULL, 0}};

// The digits at the start, which *text moves past. At most 15, so that no unit makes it overflow.
static int read_digits(const char **text, int64_t *number)
{
    size_t digits = strspn(*text, "0123456789");
    if (digits == 0 || digits > 15)
        return -1;
    *number = 0;
    for (; digits > 0; digits--)
        *number = *number * 10 + (*(*text)++ - '0');
    return 0;
}

static const struct unit *find_unit(const struct unit *units, const char *name)
{
    for (; units->name != NULL; units++)
        if (strcmp(units->name, name) == 0)
            return units;
    return NULL;
}

// A number and its unit; 0 needs none.
static int read_amount(const struct unit *units, const char *text, int64_t *amount)
{
    if (read_digits(&text, amount) != 0)
        return -1;
    const struct unit *unit = find_unit(units, text);
    if (unit == NULL)
        return *amount == 0 && *text == '\0' ? 0 : -1;
    if (*amount > INT64_MAX / unit->factor)
        return -1;
    *amount *= unit->factor;
    return 0;
}

// The amount with the largest unit that fits: 90000 ms is 90s.
static void print_amount(const struct unit *units, int64_t amount, char *out, size_t size)
{
    while (amount % units->factor != 0 && units[1].name != NULL)
        units++;
    const char *name = amount == 0 ? "" : units->name;
    (void)snprintf(out, size, "%" PRId64 "%s", amount / units->factor, name);
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

static int unlike(const struct setting *setting, const char *text, struct error *error)
{
    const char *article = setting->type == SETTING_CHOICE ? "" : "a ";
    return error_set(error, ERROR_INPUT, "'%.200s' is not %s%s", text, article, config_value_form(setting));
}

static int in_range(const struct setting *setting, int64_t amount, const char *text, struct error *error)
{
    char range[CONFIG_RANGE_TEXT];
    if ((setting->min == 0 && setting->max == 0) || (amount >= setting->min && amount <= setting->max))
        return 0;
    return error_set(error, ERROR_INPUT, "'%.200s' is out of range: %s", text, config_value_range(setting, range));
}

// ---- the texts ----

static void store_text(const char *text, size_t len, void *target)
{
    char **field = target;
    free(*field);
    *field = must_memdup(text, len);
}

static int set_text(const struct setting *setting, const char *text, void *target, struct error *error)
{
    if (has_control(text))
        return error_set(error, ERROR_INPUT, "it holds a control character");
    if (setting->max > 0 && strlen(text) > (size_t)setting->max)
        return error_set(error, ERROR_INPUT, "it is longer than %" PRId64 " bytes", setting->max);
    store_text(text, strlen(text), target);
    return 0;
}

static int set_secret(const struct setting *setting, const char *text, void *target, struct error *error)
{
    if (text[0] == ' ' || text[strlen(text) - 1] == ' ')
        return error_set(error, ERROR_INPUT, "it begins or ends with a space");
    return set_text(setting, text, target, error);
}

static int set_token(const struct setting *setting, const char *text, void *target, struct error *error)
{
    if (strpbrk(text, "/?#%") != NULL)
        return error_set(error, ERROR_INPUT, "it holds one of / ? # %%, and it has to stand in a URL's path");
    return set_secret(setting, text, target, error);
}

static int set_address(const struct setting *setting, const char *text, void *target, struct error *error)
{
    char host[256];
    char port[8];
    struct in6_addr v6;
    if (net_split(text, host, sizeof host, port, sizeof port) != 0 || strpbrk(host, " \t/") != NULL ||
        has_control(host) || (text[0] == '[' && inet_pton(AF_INET6, host, &v6) != 1))
        return unlike(setting, text, error);
    store_text(text, strlen(text), target);
    return 0;
}

static int set_topic(const struct setting *setting, const char *text, void *target, struct error *error)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t len = strlen(text);
    if (len > 249 || strspn(text, allowed) != len || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
        return unlike(setting, text, error);
    store_text(text, len, target);
    return 0;
}

static int set_header(const struct setting *setting, const char *text, void *target, struct error *error)
{
    // RFC 9110 section 5.6.2: token
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
    size_t len = strlen(text);
    if (len > 200 || strspn(text, allowed) != len)
        return unlike(setting, text, error);
    store_text(text, len, target);
    return 0;
}

// A host, or a host and a port.
static bool is_authority(const char *text, size_t len)
{
    char address[300];
    char host[256];
    char port[8];
    struct in6_addr v6;
    if (len == 0 || len > 260)
        return false;
    const char *last = memrchr(text, ':', len);
    bool port_given = last != NULL && memchr(last, ']', len - (size_t)(last - text)) == NULL;
    (void)snprintf(address, sizeof address, "%.*s%s", (int)len, text, port_given ? "" : ":80");
    if (net_split(address, host, sizeof host, port, sizeof port) != 0 || strcmp(port, "0") == 0)
        return false;
    if (text[0] == '[')
        return inet_pton(AF_INET6, host, &v6) == 1;
    return strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == strlen(host);
}

static int set_url(const struct setting *setting, const char *text, void *target, struct error *error)
{
    if (strchr(text, '@') != NULL) // what stands before it may be a password: not quoted
        return error_set(error, ERROR_INPUT, "it holds a user name; the secret has a setting of its own");
    size_t scheme = strncasecmp(text, "https://", 8) == 0 ? 8 : strncasecmp(text, "http://", 7) == 0 ? 7 : 0;
    if (scheme == 0)
        return unlike(setting, text, error);
    const char *authority = text + scheme;
    size_t authority_len = strcspn(authority, "/?#");
    const char *path = authority + authority_len;
    if (strpbrk(path, "?# ") != NULL || strstr(path, "//") != NULL || has_control(text) ||
        !is_authority(authority, authority_len))
        return unlike(setting, text, error);
    size_t len = strlen(text);
    if (setting->max > 0 && len > (size_t)setting->max)
        return error_set(error, ERROR_INPUT, "it is longer than %" PRId64 " bytes", setting->max);
    if (text[len - 1] == '/')
        len--; // the calls' paths begin with one
    store_text(text, len, target);
    return 0;
}

// ---- the numbers ----

static int read_range(
    const struct setting *setting, const struct unit *units, const char *text, int64_t *amount, struct error *error)
{
    if (read_amount(units, text, amount) != 0)
        return unlike(setting, text, error);
    return in_range(setting, *amount, text, error);
}

static int set_duration(const struct setting *setting, const char *text, void *target, struct error *error)
{
    return read_range(setting, durations, text, (int64_t *)target, error);
}

static int set_size(const struct setting *setting, const char *text, void *target, struct error *error)
{
    int64_t amount;
    if (read_range(setting, sizes, text, &amount, error) != 0)
        return -1;
    *(size_t *)target = (size_t)amount;
    return 0;
}

static int set_count(const struct setting *setting, const char *text, void *target, struct error *error)
{
    int64_t amount;
    if (read_range(setting, counts, text, &amount, error) != 0)
        return -1;
    *(unsigned *)target = (unsigned)amount;
    return 0;
}

static int set_rate(const struct setting *setting, const char *text, void *target, struct error *error)
{
    const char *rest = text;
    int64_t number;
    if (read_digits(&rest, &number) != 0)
        return unlike(setting, text, error);
    const struct unit *unit = find_unit(rate_units, rest);
    if (unit == NULL && !(number == 0 && *rest == '\0'))
        return unlike(setting, text, error);
    int64_t factor = unit ? unit->factor : 1;
    if (in_range(setting, (number + factor - 1) / factor, text, error) != 0)
        return -1;
    *(double *)target = (double)number / (double)factor;
    return 0;
}

// ---- the choices ----

static const struct setting_choice *find_choice(const struct setting *setting, const char *name, size_t len)
{
    for (const struct setting_choice *choice = setting->choices; choice->name != NULL; choice++)
        if (strlen(choice->name) == len && strncmp(choice->name, name, len) == 0)
            return choice;
    return NULL;
}

static int set_choice(const struct setting *setting, const char *text, void *target, struct error *error)
{
    const struct setting_choice *choice = find_choice(setting, text, strlen(text));
    if (choice == NULL)
        return unlike(setting, text, error);
    memcpy(target, &choice->value, sizeof choice->value);
    return 0;
}

static int set_set(const struct setting *setting, const char *text, void *target, struct error *error)
{
    unsigned bits = 0;
    for (const char *item = text;; item++) {
        item += strspn(item, " \t");
        size_t len = strcspn(item, ",");
        size_t trimmed = len;
        while (trimmed > 0 && strchr(" \t", item[trimmed - 1]) != NULL)
            trimmed--;
        const struct setting_choice *choice = find_choice(setting, item, trimmed);
        if (choice == NULL)
            return unlike(setting, text, error);
        bits |= (unsigned)choice->value;
        item += len;
        if (*item == '\0')
            break;
    }
    *(unsigned *)target = bits;
    return 0;
}

static int set_blocks(const struct setting *setting, const char *text, void *target, struct error *error)
{
    (void)setting;
    struct net_blocks *blocks = net_blocks_read(text, error);
    if (blocks == NULL)
        return -1;
    struct net_blocks **field = target;
    free(*field);
    *field = blocks;
    return 0;
}

// ---- the types ----

struct type {
    const char *form; // NULL: the choices
    int (*set)(const struct setting *setting, const char *text, void *target, struct error *error);
    bool is_owned; // the field is a pointer to memory of its own; NULL: none
};

static const struct type types[] = {
    [SETTING_TEXT] = {"text", set_text, true},
    [SETTING_SECRET] = {"secret", set_secret, true},
    [SETTING_TOKEN] = {"secret", set_token, true},
    [SETTING_ADDRESS] = {"host:port ([::1]:8080 for IPv6)", set_address, true},
    [SETTING_TOPIC] = {"topic name (up to 249 of a-z A-Z 0-9 . _ -)", set_topic, true},
    [SETTING_URL] = {"URL like https://my-app.qiscus.com", set_url, true},
    [SETTING_HEADER] = {"header name", set_header, true},
    [SETTING_DURATION] = {"duration (500ms, 8s, 15m, 1h)", set_duration, false},
    [SETTING_SIZE] = {"size (512, 64KiB, 1MiB, 1GiB)", set_size, false},
    [SETTING_COUNT] = {"whole number", set_count, false},
    [SETTING_RATE] = {"rate (30/s, 600/m, 0)", set_rate, false},
    [SETTING_CHOICE] = {NULL, set_choice, false},
    [SETTING_SET] = {NULL, set_set, false},
    [SETTING_BLOCKS] = {"list of addresses and blocks (192.0.2.7, 10.0.0.0/8, 2001:db8::/32)", set_blocks, true},
};

static void *field_of(const struct setting *setting, void *base)
{
    return (char *)base + setting->offset;
}

int config_value_set(const struct setting *setting, const char *text, void *base, struct error *error)
{
    if (*text == '\0' && setting->value == NULL) {
        config_value_clear(setting, base);
        return 0;
    }
    if (*text == '\0')
        return error_set(error, ERROR_INPUT, "it is empty; leave the line out for the default, %s", setting->value);
    return types[setting->type].set(setting, text, field_of(setting, base), error);
}

// The pointer that the field holds, whatever it points to.
static void *owned_of(const struct setting *setting, const void *base)
{
    void *owned;
    memcpy(&owned, (const char *)base + setting->offset, sizeof owned);
    return owned;
}

bool config_value_given(const struct setting *setting, const void *base)
{
    return types[setting->type].is_owned && owned_of(setting, base) != NULL;
}

void config_value_clear(const struct setting *setting, void *base)
{
    if (!types[setting->type].is_owned)
        return;
    free(owned_of(setting, base));
    static const void *const none = NULL;
    memcpy(field_of(setting, base), &none, sizeof none);
}

static const char *choices_form(const struct setting *setting, char *out, size_t size)
{
    size_t len = (size_t)snprintf(out, size, setting->type == SETTING_SET ? "list of: " : "one of: ");
    for (const struct setting_choice *choice = setting->choices; choice->name != NULL; choice++)
        len += (size_t)snprintf(out + len, size - len, "%s%s", choice == setting->choices ? "" : ", ", choice->name);
    must(len < size);
    return out;
}

const char *config_value_form(const struct setting *setting)
{
    static _Thread_local char choices[128];
    const char *form = types[setting->type].form;
    return form ? form : choices_form(setting, choices, sizeof choices);
}

const char *config_value_range(const struct setting *setting, char out[CONFIG_RANGE_TEXT])
{
    const struct unit *units = setting->type == SETTING_DURATION ? durations
                               : setting->type == SETTING_SIZE   ? sizes
                                                                 : counts;
    out[0] = '\0';
    if (types[setting->type].is_owned || (setting->min == 0 && setting->max == 0))
        return out;
    char min[32];
    char max[32];
    print_amount(units, setting->min, min, sizeof min);
    print_amount(units, setting->max, max, sizeof max);
    (void)snprintf(
        out, CONFIG_RANGE_TEXT, "from %s to %s%s", min, max, setting->type == SETTING_RATE ? " a second" : "");
    return out;
}
