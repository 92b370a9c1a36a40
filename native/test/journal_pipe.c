/* journal_pipe.c: a journal with every kind of record, and what the core makes of each of
 * its prefixes, for a reader that shares no code with the core.
 *
 *     journal_pipe write DIRECTORY    the journal, as files
 *     journal_pipe read DIRECTORY     it is cut behind each record of its files in turn, the
 *                                     last first: a line "last end hash" for each
 *     journal_pipe live DIRECTORY     a desk goes on from it for a while; the same line
 *
 * `read` looks at files in memory and leaves the directory as it is.
 */
#include <dirent.h>

#include "journal_lives.h"

static char error[CP_ERROR_SIZE];

static FILE *open_file(const char *directory, const char *name, const char *mode)
{
    char path[CP_PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, mode);
    CHECK(file != NULL);
    return file;
}

static void write_files(const memory_store *store, const char *directory)
{
    for (uint32_t i = 0; i < store->count; i++) {
        char name[64];
        snprintf(name, sizeof name, "%020llu.journal",
                 (unsigned long long)store->files[i].first);
        FILE *file = open_file(directory, name, "wb");
        size_t size = (size_t)store->files[i].size;
        CHECK_EQ(size, fwrite(store->files[i].bytes, 1, size, file));
        CHECK_EQ(0, fclose(file));
    }
}

static void read_files(memory_store *store, const char *directory)
{
    struct dirent **names;
    int count = scandir(directory, &names, NULL, alphasort);
    CHECK(count >= 0);
    for (int i = 0; i < count; i++) {
        uint64_t first = strtoull(names[i]->d_name, NULL, 10);
        if (first != 0) {
            FILE *file = open_file(directory, names[i]->d_name, "rb");
            memory_file *made = &store->files[store->count++];
            *made = (memory_file){ .first = first, .capacity = 1 << 20 };
            made->bytes = malloc(made->capacity);
            CHECK(made->bytes != NULL);
            made->size = fread(made->bytes, 1, made->capacity, file);
            CHECK(made->size < made->capacity);
            CHECK_EQ(0, fclose(file));
        }
        free(names[i]);
    }
    free(names);
}

static void tell(const cp_engine *engine)
{
    printf("%llu %u %016llx\n", (unsigned long long)engine->journal->last,
           engine->journal->end, (unsigned long long)engine->recovered_hash);
}

static void read_prefixes(memory_store *store)
{
    cp_config config = lives_config();
    for (; store->count > 0; free(store->files[--store->count].bytes)) {
        memory_file *file = &store->files[store->count - 1];
        for (; file->size > 0; file->size -= CP_JOURNAL_RECORD_SIZE) {
            cp_engine *engine;
            int result = journal_kit_try(&engine, &config, store, error);
            if (result != 0)
                fprintf(stderr, "%s\n", error);
            CHECK_EQ(0, result);
            tell(engine);
            journal_kit_kill(engine);
        }
    }
}

static void go_on(memory_store *store, const char *directory)
{
    cp_config config = lives_config();
    cp_engine *engine = journal_kit_open(&config, store);
    tell(engine);
    CHECK_EQ(0, cp_engine_record_start(engine));
    CHECK_EQ(0, cp_engine_run(engine, 1000));
    lives_tell(engine, (cp_control){ .kind = CP_CONTROL_CANCEL_ALL });
    cp_engine_destroy(engine);
    write_files(store, directory);
}

int main(int count, char **arguments)
{
    CHECK_EQ(3, count);
    static memory_store store;
    if (strcmp(arguments[1], "write") == 0) {
        lives_live(&store);
        write_files(&store, arguments[2]);
    } else {
        read_files(&store, arguments[2]);
        if (strcmp(arguments[1], "read") == 0)
            read_prefixes(&store);
        else
            go_on(&store, arguments[2]);
    }
    memory_free(&store);
    return 0;
}
