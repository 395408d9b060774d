/* A text classifier in one file, built from the model (embedded.S) and the kernel (kernel/). See print_help. */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "classify.h"
#include "drupelet.h"
#include "embedded_bytes.h"
#include "messages.h"
#include "options.h"
#include "output.h"
#include "verify.h"

static void print_version(const drupelet_model *model) {
    const char *name, *lacks;
    printf("drupelet  " EMBEDDED_VERSION "\nmodel     %s: " EMBEDDED_MODEL_FILE ", %s, %zu bytes\nlabels   ", EMBEDDED_NAME,
           drupelet_model_scheme(model), sizeof embedded_model);
    for (uint32_t n = 0; n < drupelet_model_classes(model); ++n)
        printf("%s %s", n ? "," : "", drupelet_model_label(model, n));
    printf("\ntier      %s", drupelet_model_tier(model));
    for (size_t n = 0; (name = drupelet_tier_name(n)) != NULL; ++n) {
        lacks = drupelet_tier_lacks(n);
        printf("%s%s%s%s", n ? "; " : " of: ", name, lacks ? ", not here: " : "", lacks ? lacks : "");
    }
    putchar('\n');
}

static int is_tier(const char *wanted) {
    const char *name;
    for (size_t n = 0; (name = drupelet_tier_name(n)) != NULL; ++n)
        if (strcmp(name, wanted) == 0) return 1;
    return 0;
}

static int say_tiers(const options *given) {
    const char *name;
    char known[160] = "";
    for (size_t n = 0; (name = drupelet_tier_name(n)) != NULL; ++n)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", n ? ", " : "", name);
    complain("%s is '%s', expected one of %s", given->tier_from, given->tier, known);
    return EXIT_USAGE;
}

static int act(const options *given) {
    if (given->action == HELP) {
        print_help();
        return EXIT_OK;
    }
    if (given->tier && !is_tier(given->tier)) return say_tiers(given);
    const drupelet_model_options model_options = {.tier = given->tier};
    drupelet_model *model;
    drupelet_error error;
    if (drupelet_model_open(embedded_model, sizeof embedded_model, &model_options, &model, &error) != DRUPELET_OK) {
        complain("%s%s%s", given->tier ? given->tier_from : "the model inside", ": ", error.message);
        return EXIT_USAGE;
    }
    int status = EXIT_OK;
    if (given->action == CLASSIFY) status = classify(model, given);
    if (given->action == VERIFY) status = verify(model, given);
    if (given->action == BENCH) status = bench(model, given);
    if (given->action == VERSION) print_version(model);
    drupelet_model_close(model);
    return status;
}

int main(int count, char **arguments) {
    options given;
    if (count > 0 && arguments[0][0]) {
        const char *slash = strrchr(arguments[0], '/');
        program_name = slash ? slash + 1 : arguments[0];
    }
    int status = read_options(count, arguments, &given);
    return status == EXIT_OK ? output_end(act(&given)) : status;
}
