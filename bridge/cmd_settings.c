// SPDX-License-Identifier: MIT
#include "bridge/commands.h"
#include "bridge/config.h"
#include "bridge/options.h"

int cmd_settings(int argc, char **argv)
{
    bool markdown = false;
    const struct options_row rows[] = {
        {0, "markdown", NULL, "as tables in Markdown: docs/settings.md", .flag = &markdown},
        {0},
    };
    const struct options options = {
        .program = "chatbridge settings",
        .about = "Prints a sample configuration: every setting with its help, its type and range, and its default.\n"
                 "'chatbridge settings > chatbridge.ini' is a good start.",
        .rows = rows,
    };
    int first;
    int status = options_read(&options, argc, argv, &first);
    if (status != OPTIONS_GO_ON)
        return status;
    markdown ? config_print_reference(stdout) : config_print_settings(stdout);
    return fflush(stdout) == 0 ? EXIT_WELL : EXIT_FAILED;
}
