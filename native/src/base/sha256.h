/* sha256.h: SHA-256 (FIPS 180-4), of little data and seldom: the chain of operators'
 * actions. */
#ifndef CP_SHA256_H
#define CP_SHA256_H

#include "base/base.h"

#define CP_SHA256_SIZE 32

typedef struct cp_sha256 {
    uint32_t state[8];
    uint64_t size; /* bytes so far */
    uint8_t block[64];
} cp_sha256;

void cp_sha256_init(cp_sha256 *sha);
void cp_sha256_add(cp_sha256 *sha, const void *bytes, uint64_t size);
void cp_sha256_finish(cp_sha256 *sha, uint8_t digest[CP_SHA256_SIZE]);

#endif /* CP_SHA256_H */
