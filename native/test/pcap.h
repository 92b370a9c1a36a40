/* pcap.h: payloads of the recorded packets that tests decode.
 *
 * Just enough of the format: both byte orders of time, Ethernet with 802.1Q tags, IPv4,
 * and of that UDP and TCP. Lengths are IP's and UDP's own: devices append bytes to
 * frames.
 */
#ifndef CP_PCAP_H
#define CP_PCAP_H

#include <dirent.h>

#include "test.h"
#include "wire/bytes.h"

/* Takes one payload, in a buffer of exactly its size. */
typedef void (*cp_pcap_taker)(const uint8_t *payload, uint32_t size, const char *file);

static uint32_t cp_pcap_little_u32(const uint8_t *bytes)
{
    return __builtin_bswap32(cp_load_u32(bytes));
}

/* Hand over the payload of one frame, if it has one. */
static bool cp_pcap_take_frame(const uint8_t *frame, uint32_t size, cp_pcap_taker take,
                               const char *file)
{
    uint32_t at = 12;
    while (at + 4 <= size && cp_load_u16(frame + at) == 0x8100)
        at += 4;
    if (at + 22 > size || cp_load_u16(frame + at) != 0x0800)
        return false;
    const uint8_t *ip = frame + at + 2;
    uint32_t ip_header = 4u * (ip[0] & 15), ip_size = cp_load_u16(ip + 2);
    CHECK(at + 2 + ip_size <= size && ip_header + 8 <= ip_size);
    const uint8_t *inner = ip + ip_header;
    uint32_t inner_size = ip_size - ip_header, header = 8;
    if (ip[9] == 17) {
        CHECK_EQ(inner_size, cp_load_u16(inner + 4));
    } else if (ip[9] == 6) {
        header = 4u * (inner[12] >> 4);
    } else {
        return false;
    }
    CHECK(header <= inner_size);
    uint32_t payload_size = inner_size - header;
    if (payload_size == 0)
        return false;
    uint8_t *payload = malloc(payload_size);
    CHECK(payload != NULL);
    memcpy(payload, inner + header, payload_size);
    take(payload, payload_size, file);
    free(payload);
    return true;
}

static uint32_t cp_pcap_take_file(const char *path, cp_pcap_taker take)
{
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    uint32_t size = (uint32_t)fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    CHECK(size >= 24 && size < sizeof bytes);
    uint32_t magic = cp_pcap_little_u32(bytes), count = 0, at = 24;
    CHECK(magic == 0xA1B2C3D4u || magic == 0xA1B23C4Du);
    while (at < size) {
        CHECK(at + 16 <= size);
        uint32_t captured = cp_pcap_little_u32(bytes + at + 8);
        CHECK(captured <= size - at - 16);
        count += cp_pcap_take_frame(bytes + at + 16, captured, take, path);
        at += 16 + captured;
    }
    return count;
}

/* Where the recordings are, or NULL: tests run from the project's root or from native/.
 */
static const char *cp_pcap_root(void)
{
    static const char *const places[] = { "../shared/data", "../../shared/data" };
    const char *root = getenv("COCKPIT_DATA");
    if (root != NULL)
        return root;
    for (uint32_t i = 0; i < 2; i++) {
        DIR *there = opendir(places[i]);
        if (there != NULL) {
            closedir(there);
            return places[i];
        }
    }
    return NULL;
}

/* Hand over the payloads of all recordings whose folder's name contains `kind`; how many.
 */
static uint32_t cp_pcap_take_all(const char *kind, cp_pcap_taker take)
{
    char path[4096];
    uint32_t count = 0;
    const char *root = cp_pcap_root();
    if (root == NULL)
        return 0;
    snprintf(path, sizeof path, "%s/pcap", root);
    DIR *folders = opendir(path);
    if (folders == NULL)
        return 0;
    for (struct dirent *folder; (folder = readdir(folders)) != NULL;) {
        if (strstr(folder->d_name, kind) == NULL)
            continue;
        snprintf(path, sizeof path, "%s/pcap/%s", root, folder->d_name);
        DIR *files = opendir(path);
        CHECK(files != NULL);
        for (struct dirent *file; (file = readdir(files)) != NULL;) {
            if (strstr(file->d_name, ".pcap") == NULL)
                continue;
            snprintf(path, sizeof path, "%s/pcap/%s/%s", root, folder->d_name,
                     file->d_name);
            count += cp_pcap_take_file(path, take);
        }
        closedir(files);
    }
    closedir(folders);
    return count;
}

#endif /* CP_PCAP_H */
