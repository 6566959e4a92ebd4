// SPDX-License-Identifier: MIT
//
// The window against a plain list that is searched from end to end.
#include "producers/recent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static struct recent_key key_of(unsigned number)
{
    struct event event = {.type = "post_comment", .id_kind = EVENT_ID_MESSAGE};
    (void)snprintf(event.id, sizeof event.id, "shop:%u", number);
    return recent_key_of(&event);
}

// A key that every table puts at this place: they have to be pushed on.
static struct recent_key key_at(uint64_t place, unsigned number)
{
    struct recent_key key = {{0}};
    memcpy(key.bytes, &place, sizeof place);
    memcpy(key.bytes + sizeof place, &number, sizeof number);
    return key;
}

static void remembers_so_many(void **state)
{
    (void)state;
    static const unsigned windows[] = {1, 2, 3, 7, 8, 1000};
    for (size_t i = 0; i < UNIT_COUNT(windows); i++) {
        unsigned window = windows[i];
        struct recent *recent = recent_new(window);
        for (unsigned n = 0; n < 4 * window + 3; n++) {
            struct recent_key key = key_of(n);
            assert_false(recent_holds(recent, &key));
            recent_add(recent, &key);
            assert_true(recent_holds(recent, &key));
            struct recent_key oldest = key_of(n - (window - 1));
            struct recent_key forgotten = key_of(n - window);
            assert_int_equal(recent_holds(recent, &oldest), n + 1 >= window);
            assert_false(recent_holds(recent, &forgotten));
        }
        recent_free(recent);
    }
}

static void one_that_is_there_stays_where_it_is(void **state)
{
    (void)state;
    struct recent *recent = recent_new(3);
    struct recent_key keys[4];
    for (unsigned n = 0; n < 4; n++)
        keys[n] = key_of(n);
    for (unsigned n = 0; n < 3; n++)
        recent_add(recent, &keys[n]);
    for (unsigned n = 0; n < 5; n++)
        recent_add(recent, &keys[0]);
    recent_add(recent, &keys[3]); // in the place of the oldest
    assert_false(recent_holds(recent, &keys[0]));
    for (unsigned n = 1; n < 4; n++)
        assert_true(recent_holds(recent, &keys[n]));
    recent_free(recent);
}

// Few places in the table and around its end, so that keys are pushed on, wrap, and move up when one goes.
static void crowded_keys_are_found(void **state)
{
    (void)state;
    enum { WINDOW = 16, STEPS = 20000, KEYS = 60 };
    static const uint64_t places[] = {0, 1, 2, 5, 29, 30, 31};
    struct recent *recent = recent_new(WINDOW);
    unsigned list[WINDOW] = {0}; // the last ones, as a ring
    unsigned count = 0;
    unsigned random = 1;
    for (int step = 0; step < STEPS; step++) {
        random = random * 1664525 + 1013904223;
        unsigned n = (random >> 16) % KEYS;
        struct recent_key key = key_at(places[n % UNIT_COUNT(places)], n);
        bool is_there = false;
        for (unsigned i = 0; i < WINDOW && i < count; i++)
            is_there |= list[i] == n;
        if (recent_holds(recent, &key) != is_there)
            fail_msg("step %d: %u", step, n);
        recent_add(recent, &key);
        if (!is_there)
            list[count++ % WINDOW] = n;
    }
    for (unsigned n = 0; n < KEYS; n++) {
        struct recent_key key = key_at(places[n % UNIT_COUNT(places)], n);
        bool is_there = false;
        for (unsigned i = 0; i < WINDOW; i++)
            is_there |= list[i] == n;
        assert_int_equal(recent_holds(recent, &key), is_there);
    }
    recent_free(recent);
}

static void the_largest_window(void **state)
{
    (void)state;
    enum { WINDOW = 1000000 };
    struct recent *recent = recent_new(WINDOW);
    for (unsigned n = 0; n < WINDOW + WINDOW / 2; n++) {
        struct recent_key key = key_at(n * UINT64_C(0x9e3779b97f4a7c15), n);
        recent_add(recent, &key);
    }
    for (unsigned n = 0; n < WINDOW + WINDOW / 2; n += 499) {
        struct recent_key key = key_at(n * UINT64_C(0x9e3779b97f4a7c15), n);
        assert_int_equal(recent_holds(recent, &key), n >= WINDOW / 2);
    }
    recent_free(recent);
    recent_free(NULL);
}

static void events_that_differ_have_keys_that_differ(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"type\":\"a\",\"payload\":{\"room\":{\"id\":7},\"message\":{\"id\":5}}}",
        "{\"type\":\"b\",\"payload\":{\"room\":{\"id\":7},\"message\":{\"id\":5}}}",
        "{\"type\":\"a\",\"payload\":{\"room\":{\"id\":8},\"message\":{\"id\":5}}}",
        "{\"type\":\"a\",\"payload\":{\"room\":{\"id\":7},\"message\":{\"id\":6}}}",
        // One id as text, by different ways:
        "{\"type\":\"a\",\"payload\":{\"room\":{\"id\":\"7\"},\"message\":{\"id\":\"7:x\"}}}",
        "{\"type\":\"a\",\"payload\":{\"room\":{\"id\":\"7\"},\"message\":{\"unique_temp_id\":\"x\"}}}",
        "{\"type\":\"a\",\"payload\":{\"room\":{\"id\":\"7:x\"},\"message\":{\"unique_temp_id\":\"y\"}}}",
        "{\"type\":\"a\",\"payload\":{\"room\":{\"id\":\"7\"},\"message\":{\"unique_temp_id\":\"x:y\"}}}",
    };
    struct recent_key keys[2 * UNIT_COUNT(bodies)];
    for (size_t i = 0; i < 2 * UNIT_COUNT(bodies); i++) {
        struct event event;
        struct error error;
        const char *body = bodies[i / 2];
        assert_int_equal(event_decode(&event, i % 2 ? "shop" : "desk", body, strlen(body), &error), 0);
        assert_int_not_equal(event.id_kind, EVENT_ID_OURS);
        keys[i] = recent_key_of(&event);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(&keys[i], &keys[j], sizeof keys[i]);
        assert_int_equal(event_decode(&event, i % 2 ? "shop" : "desk", body, strlen(body), &error), 0);
        struct recent_key again = recent_key_of(&event);
        assert_memory_equal(&keys[i], &again, sizeof again);
    }
}

// What ce_id has no room for still counts.
static void long_ids_differ_behind_their_beginning(void **state)
{
    (void)state;
    struct event one = {.type = "a", .id_kind = EVENT_ID_TEMPORARY};
    memset(one.room, 'r', sizeof one.room - 1);
    memset(one.id, 'i', sizeof one.id - 1);
    struct event two = one;
    two.id[sizeof two.id - 2] = 'j';
    struct recent_key keys[] = {recent_key_of(&one), recent_key_of(&two)};
    assert_memory_not_equal(&keys[0], &keys[1], sizeof keys[0]);
}

static void ids_of_ours_are_told_apart(void **state)
{
    (void)state;
    static const char *const bodies[] = {"{}", "{\"message\":{\"id\":0}}", "{\"message\":{\"unique_temp_id\":\"x\"}}"};
    for (size_t i = 0; i < UNIT_COUNT(bodies); i++) {
        struct event event;
        struct error error;
        assert_int_equal(event_decode(&event, "shop", bodies[i], strlen(bodies[i]), &error), 0);
        assert_int_equal(event.id_kind, EVENT_ID_OURS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(remembers_so_many),
        cmocka_unit_test(one_that_is_there_stays_where_it_is),
        cmocka_unit_test(crowded_keys_are_found),
        cmocka_unit_test(the_largest_window),
        cmocka_unit_test(events_that_differ_have_keys_that_differ),
        cmocka_unit_test(long_ids_differ_behind_their_beginning),
        cmocka_unit_test(ids_of_ours_are_told_apart),
    };
    return cmocka_run_group_tests_name("recent", tests, NULL, NULL);
}
