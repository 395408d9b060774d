/* Encodes each line of a file as ids with a .drupelet file: text_instructions MODEL TEXTS. For text_instructions.py. */
#include <stdio.h>
#include <string.h>

#include "drupelet.h"

static int failed(const char *message) {
    fprintf(stderr, "text_instructions: %s\n", message);
    return 2;
}

int main(int argc, char **argv) {
    static char line[1 << 20];
    drupelet_error error;
    drupelet_model *model;
    drupelet_session *session;
    FILE *texts = argc == 3 ? fopen(argv[2], "rb") : NULL;
    if (!texts) return failed("expected the paths of a .drupelet file and of a file of texts, one a line");
    const drupelet_model_options options = {.tier = "scalar"}; /* valgrind runs no AVX-512; texts take the same code on all */
    if (drupelet_model_read(argv[1], &options, &model, &error) != DRUPELET_OK) return failed(error.message);
    if (drupelet_session_create(model, NULL, &session, &error) != DRUPELET_OK) return failed(error.message);
    while (fgets(line, sizeof line, texts)) {
        const int32_t *ids;
        size_t count, n_tokens;
        const drupelet_text text = {line, strcspn(line, "\n")};
        if (drupelet_encode(session, text, &ids, &count, &n_tokens, &error) != DRUPELET_OK) return failed(error.message);
    }
    fclose(texts);
    drupelet_session_destroy(session);
    drupelet_model_close(model);
    return 0;
}
