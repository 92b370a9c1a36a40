/* crc32c.h: Castagnoli's checksum (RFC 3720, appendix B.4): by the processor's own
 * instruction where it has one, by a table otherwise. Both give the same figure. */
#ifndef CP_CRC32C_H
#define CP_CRC32C_H

#include "base/base.h"

uint32_t cp_crc32c_by_table(const void *bytes, uint64_t size);

#endif /* CP_CRC32C_H */
