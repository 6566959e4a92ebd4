// SPDX-License-Identifier: MIT
//
// config_load() as a whole: config.c, config_apply.c, config_rules.c and config_source.c together. What single values
// may be is test_config_value.c's matter; how lines are written, test_config_ini.c's.
#include "tests/unit/config_file.h"

static void what_is_not_said_has_its_default(void **state)
{
    (void)state;
    load(CONFIG_APP);
    assert_string_equal(faults, "");
    assert_int_equal(config->bridge.roles, ROLE_INBOUND | ROLE_OUTBOUND);
    assert_int_equal(config->bridge.log_level, LOG_INFO);
    assert_int_equal(config->bridge.log_format, LOG_LOGFMT);
    assert_int_equal(config->bridge.shutdown_timeout_ms, 25000);
    assert_string_equal(config->topics.events, "chat.events");
    assert_string_equal(config->topics.rejected, "chat.events.rejected");
    assert_string_equal(config->topics.commands, "chat.commands");
    assert_string_equal(config->topics.results, "chat.results");
    assert_string_equal(config->topics.dlq, "chat.commands.dlq");
    assert_string_equal(config->inbound.listen, "0.0.0.0:8080");
    assert_int_equal(config->inbound.body_max, 1 << 20);
    assert_int_equal(config->inbound.ack_timeout_ms, 8000);
    assert_int_equal(config->inbound.request_timeout_ms, 10000);
    assert_int_equal(config->inbound.connections_max, 4096);
    assert_int_equal(config->inbound.rejected, REJECTED_KEEP);
    assert_string_equal(config->outbound.group, "chatbridge");
    assert_int_equal(config->outbound.in_flight_max, 64);
    assert_int_equal(config->outbound.request_timeout_ms, 60000);
    assert_int_equal(config->outbound.connect_timeout_ms, 10000);
    assert_int_equal(config->retry.attempts_max, 8);
    assert_int_equal(config->retry.window_ms, 15 * 60000);
    assert_int_equal(config->retry.backoff_initial_ms, 500);
    assert_int_equal(config->retry.backoff_max_ms, 60000);
    assert_true(config->rate.app == 30);
    assert_int_equal(config->breaker.failures, 10);
    assert_int_equal(config->breaker.open_ms, 5000);
    assert_int_equal(config->breaker.open_max_ms, 120000);
    assert_string_equal(kafka_value("kafka", "bootstrap.servers"), "localhost:9092");
    assert_string_equal(config->apps[0].secret_header, "QISCUS_SDK_SECRET");
    assert_null(config->apps[0].webhook_token);
}

static void each_app_has_its_own_values(void **state)
{
    (void)state;
    load("[app:shop]\nbase.url = https://shop.example/\nsecret = one\nwebhook.token = t\n"
         "[app:desk-2.x_y]\nsecret = two\nsecret.header = X-Secret\nbase.url = http://desk.example:81/api\n");
    assert_string_equal(faults, "");
    assert_int_equal(config->app_count, 2);
    assert_string_equal(config->apps[0].name, "shop");
    assert_string_equal(config->apps[0].base_url, "https://shop.example");
    assert_string_equal(config->apps[0].secret, "one");
    assert_string_equal(config->apps[0].webhook_token, "t");
    assert_string_equal(config->apps[1].name, "desk-2.x_y");
    assert_string_equal(config->apps[1].base_url, "http://desk.example:81/api");
    assert_string_equal(config->apps[1].secret, "two");
    assert_string_equal(config->apps[1].secret_header, "X-Secret");
    assert_ptr_equal(config_app(config, "desk-2.x_y"), &config->apps[1]);
    assert_null(config_app(config, "desk"));
    assert_null(config_app(config, ""));
    assert_null(config_app(config, NULL)); // there are several
    load(CONFIG_APP);
    assert_ptr_equal(config_app(config, NULL), &config->apps[0]);
}

static void roles_decide_what_is_needed(void **state)
{
    (void)state;
    load("[bridge]\nroles = inbound\n[app:shop]\n");
    assert_string_equal(faults, "");
    assert_int_equal(config->bridge.roles, ROLE_INBOUND);
    load("[bridge]\nroles = outbound\n[app:shop]\nsecret =\n");
    assert_string_equal(faults, "F:3: [app:shop] base.url is missing\n"
                                "F:3: [app:shop] secret is missing (or secret.file)\n");
}

static void every_fault_is_told_at_once_in_the_lines_order(void **state)
{
    (void)state;
    set_variable("CHATBRIDGE_INBOUND__BODY_MAXX", "1");
    load("stray = 1\n"                     // 1
         "[inbound]\n"                     // 2
         "boddy.max = 1MiB\n"              // 3
         "listen = nowhere\n"              // 4
         "just words\n"                    // 5
         "= 5\n"                           // 6
         "body.max = 1\n"                  // 7
         "[kafka]\n"                       // 8
         "acks = 1\n"                      // 9
         "[inbund]\n"                      // 10
         "[retry]\n"                       // 11
         "backoff.initial = 2m\n"          // 12
         "[topics]\n"                      // 13
         "events = chat.commands\n"        // 14
         "[app:shop]\n"                    // 15
         "base.url = ftp://shop.example\n" // 16
         "webhook.token = a/b\n"           // 17
         "[inbound]\n"                     // 18
         "ack.timeout = soon\n"            // 19
         "ack.timeout = 1s\n"              // 20
         "[app:Shop]\n"                    // 21
         "secret = s\n"                    // 22
         "[app]\n"                         // 23
         "[unclosed\n"                     // 24
         "listen = x\n");                  // 25
    assert_string_equal(faults,
        "F:1: 'stray' stands before any [section]\n"
        "F:3: [inbound] has no setting boddy.max; is it body.max?\n"
        "F:4: [inbound] listen: 'nowhere' is not a host:port ([::1]:8080 for IPv6)\n"
        "F:5: the line is neither [section] nor key = value\n"
        "F:6: there is no key before the '='\n"
        "F:7: [inbound] body.max: '1' is out of range: from 1KiB to 64MiB\n"
        "F:9: [kafka] acks cannot be set: a webhook is acknowledged only when all in-sync replicas have it\n"
        "F:10: no such section: [inbund]; is it [inbound]?\n"
        "F:12: [retry] backoff.initial (2m) is above backoff.max (60s)\n"
        "F:14: [topics] events and commands are the same topic, chat.commands\n"
        "F:15: [app:shop] secret is missing (or secret.file)\n"
        "F:16: [app:shop] base.url: 'ftp://shop.example' is not a URL like https://my-app.qiscus.com\n"
        "F:17: [app:shop] webhook.token: it holds one of / ? # %, and it has to stand in a URL's path\n"
        "F:18: [inbound] begins again; it was begun at F:2\n"
        "F:19: [inbound] ack.timeout: 'soon' is not a duration (500ms, 8s, 15m, 1h)\n"
        "F:20: [inbound] ack.timeout is set twice; before at F:19\n"
        "F:21: 'Shop' is no name for an app: a-z, 0-9, '.', '_' and '-', beginning with a letter or digit\n"
        "F:23: [app] needs the app's name: [app:NAME]\n"
        "F:24: the section's name does not end with ']'\n"
        "environment CHATBRIDGE_INBOUND__BODY_MAXX: no such setting; is it CHATBRIDGE_INBOUND__BODY_MAX?\n");
}

static void single_faults(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *faults;
    } rows[] = {
        {"", "F: there is no app: add a section [app:NAME], or CHATBRIDGE_APPS=NAME\n"},
        {"# only comments\n", "F: there is no app: add a section [app:NAME], or CHATBRIDGE_APPS=NAME\n"},
        {CONFIG_APP "[]\n", "F:4: no such section: []\n"},
        {CONFIG_APP "[ bridge ]\n", "F:4: no such section: [ bridge ]; is it [bridge]?\n"},
        {CONFIG_APP "[Bridge]\n", "F:4: no such section: [Bridge]; is it [bridge]?\n"},
        {CONFIG_APP "[quite-another]\nx = y\n", "F:4: no such section: [quite-another]\n"},
        {CONFIG_APP "[bridge] # or so\n",
            "F:4: there is more behind the section's ']'; a comment stands on a line of its own\n"},
        {CONFIG_APP "[bridge\nlog.level = loud\n[inbound]\nlisten = x\n",
            "F:4: the section's name does not end with ']'\n" // what follows belongs to nothing
            "F:7: [inbound] listen: 'x' is not a host:port ([::1]:8080 for IPv6)\n"},
        {CONFIG_APP "[app:a23456789012345678901234567890123456789012345x]\n", // 46 characters
            "F:4: the section's name is longer than 49 characters\n"},
        {CONFIG_APP "[bridge]\nlisten = x\n", "F:5: [bridge] has no setting listen, but [inbound] has\n"},
        {CONFIG_APP "[bridge]\nbase.url = x\n", "F:5: [bridge] has no setting base.url, but [app:NAME] has\n"},
        {CONFIG_APP "[bridge]\nnothing.like.it = x\n", "F:5: [bridge] has no setting nothing.like.it\n"},
        {CONFIG_APP "secrett = x\n", "F:4: [app:shop] has no setting secrett; is it secret?\n"},
        {CONFIG_APP "base.url.file = x\n", "F:4: [app:shop] has no setting base.url.file\n"},
        {CONFIG_APP "[bridge]\nLog.Level = info\n", "F:5: [bridge] has no setting Log.Level; is it log.level?\n"},
        {CONFIG_APP "[bridge]\nlog.level =\n",
            "F:5: [bridge] log.level: it is empty; leave the line out for the default, info\n"},
        {CONFIG_APP "[app:shop]\n", "F:4: [app:shop] begins again; it was begun at F:1\n"},
        {CONFIG_APP "[app:]\n[app:-x]\n[app:x/y]\n[app:x y]\n",
            "F:4: '' is no name for an app: a-z, 0-9, '.', '_' and '-', beginning with a letter or digit\n"
            "F:5: '-x' is no name for an app: a-z, 0-9, '.', '_' and '-', beginning with a letter or digit\n"
            "F:6: 'x/y' is no name for an app: a-z, 0-9, '.', '_' and '-', beginning with a letter or digit\n"
            "F:7: 'x y' is no name for an app: a-z, 0-9, '.', '_' and '-', beginning with a letter or digit\n"},
        {"[app:Shop]\nbase.url = nowhere\n",
            "F:1: 'Shop' is no name for an app: a-z, 0-9, '.', '_' and '-', beginning with a letter or digit\n"},
        {CONFIG_APP "[outbound]\nrequest.timeout = 5s\n",
            "F:5: [outbound] connect.timeout (10s) is above request.timeout (5s)\n"},
        {CONFIG_APP "[outbound]\nconnect.timeout = 2m\nrequest.timeout = 1m\n",
            "F:5: [outbound] connect.timeout (2m) is above request.timeout (1m)\n"},
        {CONFIG_APP "[breaker]\nopen = 3m\n", "F:5: [breaker] open (3m) is above open.max (2m)\n"},
        {CONFIG_APP "[breaker]\nopen = 3m\nopen.max = never\n", // one fault is enough
            "F:6: [breaker] open.max: 'never' is not a duration (500ms, 8s, 15m, 1h)\n"},
        {CONFIG_APP "[topics]\nevents = a\nrejected = a\ndlq = a\n",
            "F:6: [topics] events and rejected are the same topic, a\n"
            "F:7: [topics] events and dlq are the same topic, a\n"
            "F:7: [topics] rejected and dlq are the same topic, a\n"},
        {CONFIG_APP "secret.file = /nowhere/secret\n",
            "F:4: [app:shop] secret.file: secret is given too, at F:3; give one of them\n"},
        {CONFIG_APP "\x1b[2J\n", "F:4: the line is neither [section] nor key = value\n"},
        {CONFIG_APP "[a\x1b[2J]\n", "F:4: no such section: [a?[2J]\n"}, // it goes to a terminal
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        load(rows[i].text);
        assert_string_equal(faults, rows[i].faults);
    }
}

static void the_longest_names_of_apps_are_taken(void **state)
{
    (void)state;
    load("[app:a2345678901234567890123456789012345678901234x]\nbase.url = https://x.example\nsecret = s\n");
    assert_string_equal(faults, "");
    assert_int_equal(strlen(config->apps[0].name), 45);
}

static void other_modules_add_theirs(void **state)
{
    (void)state;
    static char large[3000];
    memset(large, 'x', sizeof large - 1);
    load(CONFIG_APP);
    config_fault(config, "somewhere:7", "%s is %d\n\x7f", "it", 5);
    config_fault(config, "large", "%s", large);
    config_fault(config, large, "unheard");
    assert_int_equal(config->fault_count, 3);
    assert_string_equal(config->faults[0], "somewhere:7: it is 5??");
    assert_int_equal(strlen(config->faults[1]), 1023);
    assert_int_equal(strlen(config->faults[2]), 1023);
    config_free(NULL);
}

int main(void)
{
    clear_environment();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_is_not_said_has_its_default, forget_config),
        cmocka_unit_test_teardown(each_app_has_its_own_values, forget_config),
        cmocka_unit_test_teardown(roles_decide_what_is_needed, forget_config),
        cmocka_unit_test_teardown(every_fault_is_told_at_once_in_the_lines_order, forget_config),
        cmocka_unit_test_teardown(single_faults, forget_config),
        cmocka_unit_test_teardown(the_longest_names_of_apps_are_taken, forget_config),
        cmocka_unit_test_teardown(other_modules_add_theirs, forget_config),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
