// SPDX-License-Identifier: MIT
//
// The children are shells: no such program stands beside this one, so it comes from the PATH.
#include "bridge/child.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/capture.h"

enum { LONG_MS = 20000 };

static struct child child;
static struct error error;
static char line[64];

static int stop(void **state)
{
    (void)state;
    child_stop(&child, 0);
    assert_true(child_ended(&child));
    return 0;
}

static void start_shell(const char *script)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    assert_int_equal(child_start(&child, "sh", argv, &error), 0);
    assert_true(child.pid > 0);
}

static void its_first_line_tells_that_it_is_ready(void **state)
{
    (void)state;
    start_shell("echo at port 5; echo more; exec sleep 60");
    assert_int_equal(child_first_line(&child, line, sizeof line, LONG_MS, &error), 0);
    assert_string_equal(line, "at port 5");
    assert_false(child_ended(&child));
    assert_int_equal(getpgid(child.pid), child.pid); // a Ctrl-C does not reach it
    pid_t pid = child.pid;
    child_stop(&child, LONG_MS);
    assert_true(child_ended(&child));
    assert_int_equal(child.pid, 0);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
    child_stop(&child, LONG_MS); // once more does nothing
}

static void a_long_line_is_cut(void **state)
{
    (void)state;
    char small[6];
    start_shell("echo 1234567890; exec sleep 60");
    assert_int_equal(child_first_line(&child, small, sizeof small, LONG_MS, &error), 0);
    assert_string_equal(small, "12345");
}

static void one_that_ends_is_not_ready(void **state)
{
    (void)state;
    start_shell("printf 'half a line'");
    assert_int_equal(child_first_line(&child, line, sizeof line, LONG_MS, &error), -1);
    assert_int_equal(error.kind, ERROR_REMOTE);
    assert_string_equal(error.text, "sh ended before it was ready");
}

static void nor_is_one_that_says_nothing(void **state)
{
    (void)state;
    start_shell("exec sleep 60");
    assert_int_equal(child_first_line(&child, line, sizeof line, 50, &error), -1);
    assert_string_equal(error.text, "sh is not ready after 0 s");
}

static void a_program_that_is_not_there_ends_at_once(void **state)
{
    (void)state;
    static const char *const argv[] = {"chatbridge-no-such-program", NULL};
    struct capture capture;
    capture_begin(&capture, STDERR_FILENO);
    int started = child_start(&child, argv[0], argv, &error);
    int ready = child_first_line(&child, line, sizeof line, LONG_MS, &error);
    char *said = capture_end(&capture);
    assert_int_equal(started, 0);
    assert_int_equal(ready, -1);
    assert_string_equal(said, "chatbridge-no-such-program cannot be started: No such file or directory\n");
    free(said);
}

static void one_that_does_not_listen_is_killed(void **state)
{
    (void)state;
    start_shell("trap '' TERM; echo ready; exec sleep 60");
    assert_int_equal(child_first_line(&child, line, sizeof line, LONG_MS, &error), 0);
    child_stop(&child, 50);
    assert_true(child_ended(&child));
}

static void signals_that_we_block_are_not_blocked_in_it(void **state)
{
    (void)state;
    sigset_t signals;
    sigset_t before;
    assert_int_equal(sigemptyset(&signals), 0);
    assert_int_equal(sigaddset(&signals, SIGTERM), 0);
    assert_int_equal(sigprocmask(SIG_BLOCK, &signals, &before), 0);
    start_shell("echo ready; exec sleep 60");
    assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
    assert_int_equal(child_first_line(&child, line, sizeof line, LONG_MS, &error), 0);
    int status;
    assert_int_equal(kill(child.pid, SIGTERM), 0);
    assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    child.pid = 0;
    (void)close(child.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(its_first_line_tells_that_it_is_ready, stop),
        cmocka_unit_test_teardown(a_long_line_is_cut, stop),
        cmocka_unit_test_teardown(one_that_ends_is_not_ready, stop),
        cmocka_unit_test_teardown(nor_is_one_that_says_nothing, stop),
        cmocka_unit_test_teardown(a_program_that_is_not_there_ends_at_once, stop),
        cmocka_unit_test_teardown(one_that_does_not_listen_is_killed, stop),
        cmocka_unit_test_teardown(signals_that_we_block_are_not_blocked_in_it, stop),
    };
    return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
