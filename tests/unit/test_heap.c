// SPDX-License-Identifier: MIT
#include "bridge/heap.h"

#include <stdlib.h>

#include "tests/unit/unit.h"

enum { ITEMS = 2000 };

static void gives_items_in_order_whatever_is_removed(void **state)
{
    (void)state;
    struct heap heap = {0};
    static struct heap_item items[ITEMS];
    unsigned seed = 7;
    for (int i = 0; i < ITEMS; i++)
        heap_add(&heap, &items[i], rand_r(&seed) % 500);
    for (int i = 0; i < ITEMS; i += 3) {
        heap_remove(&heap, &items[i]);
        heap_remove(&heap, &items[i]); // a second time does nothing
    }
    int64_t last = -1;
    int left = 0;
    struct heap_item *first;
    while ((first = heap_first(&heap)) != NULL) {
        assert_true(first->at >= last);
        assert_int_not_equal((first - items) % 3, 0);
        last = first->at;
        heap_remove(&heap, first);
        left++;
    }
    assert_int_equal(left, ITEMS - (ITEMS + 2) / 3);
    heap_clear(&heap);
}

static void an_item_can_come_again(void **state)
{
    (void)state;
    struct heap heap = {0};
    struct heap_item item = {0};
    heap_add(&heap, &item, 5);
    heap_remove(&heap, &item);
    assert_null(heap_first(&heap));
    heap_add(&heap, &item, 9);
    assert_int_equal(heap_first(&heap)->at, 9);
    heap_clear(&heap);
    assert_int_equal(item.place, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_items_in_order_whatever_is_removed),
        cmocka_unit_test(an_item_can_come_again),
    };
    return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
