/* test.h: what a test program needs. Each file in test/ is one; it ends with 0 when every
 * promise held, 1 at the first that did not, CP_TEST_SKIPPED when it cannot run here. */
#ifndef CP_TEST_H
#define CP_TEST_H

#include "base/base.h"

#define CP_TEST_SKIPPED 77

/* `promise` must be true. */
#define CHECK(promise)                                                                   \
    do {                                                                                 \
        if (!(promise)) {                                                                \
            fprintf(stderr, "not ok: %s:%d: %s\n", __FILE__, __LINE__, #promise);        \
            exit(1);                                                                     \
        }                                                                                \
    } while (0)

/* `got` must be `want`; both are shown when it is not. */
#define CHECK_EQ(want, got)                                                              \
    do {                                                                                 \
        long long want_ = (long long)(want), got_ = (long long)(got);                    \
        if (want_ != got_) {                                                             \
            fprintf(stderr, "not ok: %s:%d: %s: want %lld, got %lld\n", __FILE__,        \
                    __LINE__, #got, want_, got_);                                        \
            exit(1);                                                                     \
        }                                                                                \
    } while (0)

#define RUN(test) (test(), (void)printf("ok %s\n", #test))

#endif /* CP_TEST_H */
