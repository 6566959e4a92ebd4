// SPDX-License-Identifier: MIT
//
// commands.h: the program's commands; main.c holds the table that names them. Each takes its own arguments
// (argv[0] is the command's name) and answers the exit status.
#ifndef CHATBRIDGE_COMMANDS_H
#define CHATBRIDGE_COMMANDS_H

enum exit_status {
    EXIT_WELL = 0,
    EXIT_FAILED = 1, // it was tried and failed
    EXIT_USAGE = 2,  // the command line or the configuration is wrong
};

int cmd_check(int argc, char **argv);
int cmd_settings(int argc, char **argv);
int cmd_topics(int argc, char **argv);
int cmd_dev(int argc, char **argv);
int cmd_send(int argc, char **argv);
int cmd_tail(int argc, char **argv);
int cmd_dlq(int argc, char **argv);

#endif
