/* The link inside the process: nothing is lost, nothing comes twice, order is kept. */
#include "base/ring.h"

#include <pthread.h>
#include <sched.h>

#include "test.h"

static void rejects_sizes_it_cannot_mask_or_align(void)
{
    cp_ring ring;
    CHECK_EQ(-EINVAL, cp_ring_init(&ring, 0, CP_LINE));
    CHECK_EQ(-EINVAL, cp_ring_init(&ring, 12, CP_LINE));
    CHECK_EQ(-EINVAL, cp_ring_init(&ring, 8, 0));
    CHECK_EQ(-EINVAL, cp_ring_init(&ring, 8, 12));
}

static void uses_every_line_and_says_when_it_is_full(void)
{
    cp_ring ring;
    CHECK_EQ(0, cp_ring_init(&ring, 8, sizeof(uint64_t)));
    CHECK_EQ(0, cp_ring_ready(&ring));
    for (uint64_t turn = 0; turn < 5; turn++) {
        CHECK_EQ(8, cp_ring_room(&ring, 8));
        for (uint64_t i = 0; i < 8; i++)
            *(uint64_t *)cp_ring_claim(&ring, i) = turn * 8 + i;
        cp_ring_publish(&ring, 8);
        CHECK_EQ(0, cp_ring_room(&ring, 1));
        CHECK_EQ(8, cp_ring_ready(&ring));
        for (uint64_t i = 0; i < 8; i++)
            CHECK_EQ(turn * 8 + i, *(const uint64_t *)cp_ring_peek(&ring, i));
        cp_ring_release(&ring, 8);
        CHECK_EQ(0, cp_ring_ready(&ring));
    }
    cp_ring_free(&ring);
}

static void shows_nothing_before_it_is_published(void)
{
    cp_ring ring;
    CHECK_EQ(0, cp_ring_init(&ring, 8, sizeof(uint64_t)));
    CHECK_EQ(8, cp_ring_room(&ring, 1));
    *(uint64_t *)cp_ring_claim(&ring, 0) = 1;
    *(uint64_t *)cp_ring_claim(&ring, 1) = 2;
    CHECK_EQ(0, cp_ring_ready(&ring));
    cp_ring_publish(&ring, 2);
    CHECK_EQ(2, cp_ring_ready(&ring));
    cp_ring_free(&ring);
}

static void counts_its_high_water_and_the_times_it_was_full(void)
{
    cp_ring ring;
    cp_ring_picture picture;
    CHECK_EQ(0, cp_ring_init(&ring, 8, sizeof(uint64_t)));
    cp_ring_publish(&ring, 5);
    CHECK_EQ(5, cp_ring_ready(&ring));
    cp_ring_release(&ring, 4);
    cp_ring_publish(&ring, 2);
    cp_ring_count_full(&ring);
    cp_ring_read(&ring, "test", &picture);
    CHECK_EQ(8, picture.capacity);
    CHECK_EQ(3, picture.fill);
    CHECK_EQ(5, picture.high_water);
    CHECK_EQ(1, picture.full_count);
    CHECK(strcmp(picture.name, "test") == 0);
    cp_ring_free(&ring);
}

enum { MESSAGES = 300000 };

static void *produce(void *argument)
{
    cp_ring *ring = argument;
    uint64_t next = 0;
    while (next < MESSAGES) {
        uint64_t batch = next % 7 + 1;
        if (batch > MESSAGES - next)
            batch = MESSAGES - next;
        if (cp_ring_room(ring, batch) < batch) {
            sched_yield(); /* the machine may have one core to spare */
            continue;
        }
        for (uint64_t i = 0; i < batch; i++) {
            uint64_t *line = cp_ring_claim(ring, i);
            for (int word = 0; word < 8; word++)
                line[word] = next + i + (uint64_t)word;
        }
        cp_ring_publish(ring, batch);
        next += batch;
    }
    return NULL;
}

static void carries_every_message_between_two_threads_in_order(void)
{
    cp_ring ring;
    pthread_t producer;
    CHECK_EQ(0, cp_ring_init(&ring, 64, CP_LINE));
    CHECK_EQ(0, pthread_create(&producer, NULL, produce, &ring));
    for (uint64_t next = 0; next < MESSAGES;) {
        uint64_t ready = cp_ring_ready(&ring);
        if (ready == 0)
            sched_yield();
        for (uint64_t i = 0; i < ready; i++, next++) {
            const uint64_t *line = cp_ring_peek(&ring, i);
            for (int word = 0; word < 8; word++)
                CHECK_EQ(next + (uint64_t)word, line[word]);
        }
        cp_ring_release(&ring, ready);
    }
    pthread_join(producer, NULL);
    CHECK_EQ(0, cp_ring_ready(&ring));
    cp_ring_free(&ring);
}

int main(void)
{
    RUN(rejects_sizes_it_cannot_mask_or_align);
    RUN(uses_every_line_and_says_when_it_is_full);
    RUN(shows_nothing_before_it_is_published);
    RUN(counts_its_high_water_and_the_times_it_was_full);
    RUN(carries_every_message_between_two_threads_in_order);
}
