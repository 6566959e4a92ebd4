// SPDX-License-Identifier: MIT
#include <string.h>

#include "bridge/commands.h"
#include "bridge/config.h"
#include "bridge/options.h"

static const char *kafka_servers(const struct config *config)
{
    for (size_t i = config->kafka_count; i > 0; i--)
        if (strcmp(config->kafka[i - 1].key, "bootstrap.servers") == 0)
            return config->kafka[i - 1].value;
    return "?";
}

static void print_summary(const struct config *config)
{
    bool inbound = config->bridge.roles & ROLE_INBOUND;
    bool outbound = config->bridge.roles & ROLE_OUTBOUND;
    printf("Kafka at %s\n", kafka_servers(config));
    for (size_t i = 0; i < config->app_count; i++) {
        const struct app_config *app = &config->apps[i];
        if (inbound)
            printf("%s: http://%s/webhooks/%s%s -> %s\n", app->name, config->inbound.listen, app->name,
                app->webhook_token ? "/TOKEN" : "", config->topics.events);
        if (outbound)
            printf(
                "%s: %s -> %s, group %s\n", app->name, config->topics.commands, app->base_url, config->outbound.group);
    }
    printf("\n");
    config_print_given(config, stdout);
}

int cmd_check(int argc, char **argv)
{
    const char *path = NULL;
    const struct options_row rows[] = {OPTIONS_CONFIG(&path), {0}};
    const struct options options = {
        .program = "chatbridge check",
        .about = "Reads the configuration, prints every fault of it, and what was set. Connects to nothing.",
        .more = "Exit status: 0 it is well, 2 it is not.",
        .rows = rows,
    };
    int first;
    int status = options_read(&options, argc, argv, &first);
    if (status != OPTIONS_GO_ON)
        return status;
    struct config *config = options_config(path);
    if (config == NULL)
        return EXIT_USAGE;
    print_summary(config);
    printf("ok\n");
    config_free(config);
    return fflush(stdout) == 0 ? EXIT_WELL : EXIT_FAILED;
}
