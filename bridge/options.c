// SPDX-License-Identifier: MIT
//
// getopt_long() does the parsing; this makes its tables from ours, and the help.
#include "bridge/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/commands.h"
#include "bridge/config_value.h"
#include "bridge/kafka.h"

enum { ROWS_MAX = 24, HELP_COLUMN = 28 };

static size_t count_rows(const struct options_row *rows)
{
    size_t count = 0;
    while (rows[count].name != NULL)
        count++;
    must(count < ROWS_MAX);
    return count;
}

static void print_row(char letter, const char *name, const char *argument, const char *help)
{
    char dash[8] = "    ";
    if (letter != 0)
        (void)snprintf(dash, sizeof dash, "-%c, ", letter);
    int len = printf("  %s--%s%s%s", dash, name, argument ? " " : "", argument ? argument : "");
    if (len > HELP_COLUMN - 2) {
        printf("\n");
        len = 0;
    }
    printf("%*s%s\n", HELP_COLUMN - len, "", help);
}

static void print_help(const struct options *options)
{
    printf("usage: %s [OPTIONS]%s%s\n\n%s\n\n", options->program, options->operands ? " " : "",
        options->operands ? options->operands : "", options->about);
    for (const struct options_row *row = options->rows; row->name != NULL; row++)
        print_row(row->letter, row->name, row->argument, row->help);
    print_row('h', "help", NULL, "this text");
    if (options->more != NULL)
        printf("\n%s\n", options->more);
}

static int take(const struct options *options, const struct options_row *row, const char *argument)
{
    if (row->flag != NULL) {
        *row->flag = true;
    } else if (row->list == NULL) {
        *row->value = argument;
    } else {
        if (row->list->count == OPTIONS_REPEAT_MAX)
            return options_wrong(options, "--%s stands more than %d times", row->name, OPTIONS_REPEAT_MAX);
        row->list->names[row->list->count] = row->name;
        row->list->items[row->list->count++] = argument;
    }
    return OPTIONS_GO_ON;
}

// What getopt answered as one of ours.
static int act(const struct options *options, int got, const char *argument)
{
    enum { FIRST_ROW = 256 };
    const struct options_row *rows = options->rows;
    if (got == 'h') {
        print_help(options);
        return EXIT_WELL;
    }
    if (got == '?' || got == ':') {
        fprintf(stderr, "'%s --help' tells the options\n", options->program);
        return EXIT_USAGE;
    }
    if (got >= FIRST_ROW)
        return take(options, &rows[got - FIRST_ROW], argument);
    while (rows->letter != got)
        rows++;
    return take(options, rows, argument);
}

int options_read(const struct options *options, int argc, char **argv, int *first)
{
    struct option longs[ROWS_MAX + 2] = {{"help", no_argument, NULL, 'h'}};
    char letters[2 * ROWS_MAX + 4] = "h";
    size_t len = 1;
    size_t count = count_rows(options->rows);
    for (size_t i = 0; i < count; i++) {
        const struct options_row *row = &options->rows[i];
        longs[i + 1] = (struct option){row->name, row->argument ? required_argument : no_argument, NULL, 256 + (int)i};
        if (row->letter != 0)
            letters[len++] = row->letter;
        if (row->letter != 0 && row->argument != NULL)
            letters[len++] = ':';
    }
    char *name = argv[0]; // getopt names it in its messages
    argv[0] = (char *)(uintptr_t)options->program;
    int status = OPTIONS_GO_ON;
    int got;
    optind = 0; // from the start, even after an earlier use
    while (status == OPTIONS_GO_ON && (got = getopt_long(argc, argv, letters, longs, NULL)) != -1)
        status = act(options, got, optarg);
    argv[0] = name;
    *first = optind;
    if (status == OPTIONS_GO_ON && options->operands == NULL && optind < argc)
        return options_wrong(options, "unexpected argument '%s'", argv[optind]);
    return status;
}

int options_wrong(const struct options *options, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: ", options->program);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n'%s --help' tells the options\n", options->program);
    va_end(args);
    return EXIT_USAGE;
}

int options_number(const char *text, int64_t min, int64_t max, int64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoll(text, &end, 10);
    bool digits = *text != '\0' && strspn(text, "0123456789") == strlen(text);
    return errno == 0 && digits && *number >= min && *number <= max ? 0 : -1;
}

int options_duration(const struct options *options, const char *name, const char *text, int64_t *ms)
{
    static const struct setting duration = {.type = SETTING_DURATION, .min = 1, .max = 24 * 3600 * 1000};
    struct error error;
    if (*text != '\0' && config_value_set(&duration, text, ms, &error) == 0)
        return OPTIONS_GO_ON;
    return options_wrong(options, "--%s: '%s' is not a %s up to 24h", name, text, config_value_form(&duration));
}

struct config *options_config(const char *path)
{
    struct config *config = config_load(path);
    kafka_check(config);
    if (config_print_faults(config, stderr) == 0)
        return config;
    config_free(config);
    return NULL;
}
