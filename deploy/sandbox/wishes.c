// SPDX-License-Identifier: MIT
#include "deploy/sandbox/wishes.h"

#include <stdio.h>
#include <string.h>

#include "deploy/sandbox/file.h"
#include "deploy/sandbox/seed.h"

enum { SECRET_BYTES_MAX = 4096, SEED_BYTES_MAX = 256 * 1024 * 1024 };

struct texts {
    struct options_list apps; // --app and what belongs to it, in their order
    const char *on_repeat;
    const char *webhook_form;
    const char *webhook_tries;
    const char *journal_max;
    const char *job_ms;
};

// ---- what belongs to an app ----

// The contents of a secret's file without the newline at its end. Lives as long as the program.
static int read_secret(const struct options *options, const char *path, const char **secret)
{
    struct error error;
    char *text = file_read(path, SECRET_BYTES_MAX, NULL, &error);
    if (text == NULL)
        return options_wrong(options, "%s", error.text);
    text[strcspn(text, "\r\n")] = '\0';
    *secret = text;
    return OPTIONS_GO_ON;
}

static int take_seed(const struct options *options, struct app *app, const char *path)
{
    struct error error;
    return seed_read(app, path, SEED_BYTES_MAX, &error) == 0 ? OPTIONS_GO_ON : options_wrong(options, "%s", error.text);
}

static int begin_app(const struct options *options, struct sandbox *sandbox, const char *name)
{
    if (sandbox->app_count == SANDBOX_APPS_MAX)
        return options_wrong(options, "--app stands more than %d times", SANDBOX_APPS_MAX);
    if (*name == '\0' || sandbox_app(sandbox, name) != NULL)
        return options_wrong(options, "--app %s: the name is empty or stands twice", name);
    app_init(&sandbox->apps[sandbox->app_count++], name);
    return OPTIONS_GO_ON;
}

static int take_app_option(
    const struct options *options, struct sandbox *sandbox, const char *name, const char *argument)
{
    if (strcmp(name, "app") == 0)
        return begin_app(options, sandbox, argument);
    if (sandbox->app_count == 0)
        return options_wrong(options, "--%s belongs to an app: --app NAME has to stand before it", name);
    struct app *app = &sandbox->apps[sandbox->app_count - 1];
    if (strcmp(name, "secret-file") == 0)
        return read_secret(options, argument, &app->secret);
    if (strcmp(name, "signature-secret-file") == 0)
        return read_secret(options, argument, &app->signature_secret);
    if (strcmp(name, "seed") == 0)
        return take_seed(options, app, argument);
    const char **field = strcmp(name, "secret") == 0        ? &app->secret
                         : strcmp(name, "webhook-url") == 0 ? &app->webhook_url
                                                            : &app->signature_secret;
    *field = argument;
    return OPTIONS_GO_ON;
}

static int check_apps(const struct options *options, const struct sandbox *sandbox)
{
    if (sandbox->app_count == 0)
        return options_wrong(options, "at least one --app NAME is needed");
    for (size_t i = 0; i < sandbox->app_count; i++) {
        const struct app *app = &sandbox->apps[i];
        if (app->secret == NULL || *app->secret == '\0')
            return options_wrong(options, "--app %s needs a --secret or --secret-file", app->name);
        for (size_t j = 0; j < i; j++)
            if (strcmp(sandbox->apps[j].secret, app->secret) == 0)
                return options_wrong(options, "--app %s has the secret of another app", app->name);
    }
    return OPTIONS_GO_ON;
}

static int take_apps(const struct options *options, struct sandbox *sandbox, const struct options_list *list)
{
    int status = OPTIONS_GO_ON;
    for (size_t i = 0; i < list->count && status == OPTIONS_GO_ON; i++)
        status = take_app_option(options, sandbox, list->names[i], list->items[i]);
    return status == OPTIONS_GO_ON ? check_apps(options, sandbox) : status;
}

// ---- the settings ----

// `text` as the first or the second of two words.
static int choose(
    const struct options *options, const char *name, const char *text, const char *first, const char *second, bool *is)
{
    *is = strcmp(text, second) == 0;
    if (*is || strcmp(text, first) == 0)
        return OPTIONS_GO_ON;
    return options_wrong(options, "--%s %s: %s or %s is wanted", name, text, first, second);
}

static int take_settings(const struct options *options, struct settings *settings, const struct texts *texts)
{
    int64_t number;
    if (options_number(texts->webhook_tries, 1, 100, &number) != 0)
        return options_wrong(options, "--webhook-tries %s: 1 to 100", texts->webhook_tries);
    settings->webhook_tries = (unsigned)number;
    if (options_number(texts->journal_max, 1, 100000000, &number) != 0)
        return options_wrong(options, "--journal-max %s: 1 to 100000000", texts->journal_max);
    settings->journal_max = (size_t)number;
    if (options_number(texts->job_ms, 0, 3600000, &settings->job_duration_ms) != 0)
        return options_wrong(options, "--job-ms %s: 0 to 3600000", texts->job_ms);
    int status = choose(options, "on-repeat", texts->on_repeat, "same", "refuse", &settings->refuse_repeats);
    if (status == OPTIONS_GO_ON)
        status = choose(options, "webhook-form", texts->webhook_form, "2022", "2017", &settings->webhooks_of_2017);
    return status;
}

int wishes_read(struct wishes *wishes, struct sandbox *sandbox, int argc, char **argv)
{
    struct texts texts = {
        .on_repeat = "same", .webhook_form = "2022", .webhook_tries = "3", .journal_max = "1000000", .job_ms = "1000"};
    struct settings *settings = &sandbox->settings;
    *wishes = (struct wishes){.listen = "127.0.0.1:9300"};
    const struct options_row rows[] = {
        {0, "listen", "ADDRESS", "HOST:PORT (default 127.0.0.1:9300; port 0: any free one)", .value = &wishes->listen},
        {0, "app", "NAME", "an app; may stand more than once. The next six belong to the --app before them",
            .list = &texts.apps},
        {0, "secret", "TEXT", "what its requests carry in QISCUS_SDK_SECRET", .list = &texts.apps},
        {0, "secret-file", "FILE", "the same from a file", .list = &texts.apps},
        {0, "webhook-url", "URL", "where its comments are told", .list = &texts.apps},
        {0, "signature-secret", "TEXT", "signs its webhooks", .list = &texts.apps},
        {0, "signature-secret-file", "FILE", "the same from a file", .list = &texts.apps},
        {0, "seed", "FILE", "JSON of the users, rooms and comments that it starts with", .list = &texts.apps},
        {0, "auto-create", NULL, "users and rooms come into being when they are named for the first time",
            .flag = &settings->auto_create},
        {0, "on-repeat", "same|refuse", "a repeated unique_temp_id: the first comment (default), or 400",
            .value = &texts.on_repeat},
        {0, "webhook-form", "2017|2022", "the webhooks' body: the specification's, or the later one (default)",
            .value = &texts.webhook_form},
        {0, "legacy", NULL, "the webhooks' type is post_comment instead of post_comment_rest and _mobile",
            .flag = &settings->legacy_type},
        {0, "webhook-tries", "N", "how often a webhook is tried (default 3)", .value = &texts.webhook_tries},
        {0, "journal-max", "N", "requests the journal keeps (default 1000000, and at most 256 MiB)",
            .value = &texts.journal_max},
        {0, "job-ms", "MS", "how long an export or import takes (default 1000)", .value = &texts.job_ms},
        {0, "public-url", "URL", "what the download URLs of exports begin with (default: where it listens)",
            .value = &sandbox->base_url},
        {'v', "verbose", NULL, "logs more", .flag = &wishes->verbose},
        {0},
    };
    const struct options options = {
        .program = "chat-sandbox",
        .about = "The chat API as a local server, for developing against it without an account. All it holds is in\n"
                 "memory and gone when it ends.",
        .more = "Prints 'chat-sandbox: listening at http://HOST:PORT' once it takes requests, and runs until SIGTERM\n"
                "or SIGINT. GET /sandbox/ tells how to look into it and how to make it fail.",
        .rows = rows,
    };
    int first;
    int status = options_read(&options, argc, argv, &first);
    if (status == OPTIONS_GO_ON)
        status = take_settings(&options, settings, &texts);
    if (status == OPTIONS_GO_ON)
        status = take_apps(&options, sandbox, &texts.apps);
    return status;
}
