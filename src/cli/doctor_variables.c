/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The variables that change what this program or git does. Their names are told, never their
 * values: a token, the password of a proxy or a name may stand there.
 */
#include "cli/doctor.h"

#include "cli/environment_token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_SIZE = 64 };

static const char looked_at[] = N_("Unless you want that, take the variable away.");

static const struct variable {
    const char *name;
    const char *message;
    enum loom_verdict verdict;
    bool counts_empty; /* set but empty means something, too */
} variables[] = {
    {"LOOM_SERVER", N_("This variable names the server where no option does:\n\n    {option}\n"),
     LOOM_VERDICT_OK, false},
    {"LOOM_SERVER_URL",
     N_("This variable names the server where no option does:\n\n    {option}\n"), LOOM_VERDICT_OK,
     false},
    {"LOOM_STORE", N_("This variable says where sign-ins are kept:\n\n    {option}\n"),
     LOOM_VERDICT_OK, false},
    {"LOOM_CA_FILE", N_("This variable adds certificate authorities:\n\n    {option}\n"),
     LOOM_VERDICT_OK, false},
    {"SSL_CERT_FILE",
     N_("This variable puts other certificate authorities in the place of the system's:"
        "\n\n    {option}\n"),
     LOOM_VERDICT_WARN, false},
    {"OPENSSL_CONF", N_("This variable changes what safe connections are:\n\n    {option}\n"),
     LOOM_VERDICT_WARN, false},
    {"LOOM_BROWSER", N_("This variable says how a page is opened:\n\n    {option}\n"),
     LOOM_VERDICT_OK, true},
    {"BROWSER", N_("This variable says how a page is opened:\n\n    {option}\n"), LOOM_VERDICT_OK,
     true},
    {"LOOM_DEBUG", N_("This variable makes the program tell more:\n\n    {option}\n"),
     LOOM_VERDICT_OK, false},
    {"LOOM_PLAIN", N_("This variable makes the output plain:\n\n    {option}\n"), LOOM_VERDICT_OK,
     false},
    {"ACCESSIBLE", N_("This variable makes the output plain:\n\n    {option}\n"), LOOM_VERDICT_OK,
     false},
    {"NO_COLOR", N_("This variable takes colour away:\n\n    {option}\n"), LOOM_VERDICT_OK, false},
    {"CI",
     N_("This variable says that nobody watches, so a sign-in without a terminal does not wait:"
        "\n\n    {option}\n"),
     LOOM_VERDICT_OK, false},
    {"https_proxy", N_("This variable names a proxy:\n\n    {option}\n"), LOOM_VERDICT_OK, false},
    {"HTTPS_PROXY", N_("This variable names a proxy:\n\n    {option}\n"), LOOM_VERDICT_OK, false},
    {"all_proxy", N_("This variable names a proxy:\n\n    {option}\n"), LOOM_VERDICT_OK, false},
    {"ALL_PROXY", N_("This variable names a proxy:\n\n    {option}\n"), LOOM_VERDICT_OK, false},
    {"no_proxy", N_("This variable keeps some servers away from the proxy:\n\n    {option}\n"),
     LOOM_VERDICT_OK, false},
    {"NO_PROXY", N_("This variable keeps some servers away from the proxy:\n\n    {option}\n"),
     LOOM_VERDICT_OK, false},
    {"XDG_CONFIG_HOME",
     N_("This variable moves the folder of the encrypted file:\n\n    {option}\n"), LOOM_VERDICT_OK,
     false},
    {"XDG_DATA_HOME", N_("This variable moves the folder of the file's key:\n\n    {option}\n"),
     LOOM_VERDICT_OK, false},
    {"GIT_SSL_NO_VERIFY",
     N_("This variable makes git talk to any server that pretends to be yours:"
        "\n\n    {option}\n"),
     LOOM_VERDICT_WARN, false},
    {"GIT_SSL_CAINFO",
     N_("This variable changes what git does, and not what this program does:"
        "\n\n    {option}\n"),
     LOOM_VERDICT_WARN, false},
    {"GIT_CONFIG_GLOBAL", N_("This variable changes which settings git reads:\n\n    {option}\n"),
     LOOM_VERDICT_WARN, true},
    {"GIT_CONFIG_SYSTEM", N_("This variable changes which settings git reads:\n\n    {option}\n"),
     LOOM_VERDICT_WARN, true},
    {"GIT_CONFIG_NOSYSTEM", N_("This variable changes which settings git reads:\n\n    {option}\n"),
     LOOM_VERDICT_WARN, false},
    {"GIT_CONFIG_COUNT", N_("This variable changes which settings git reads:\n\n    {option}\n"),
     LOOM_VERDICT_WARN, false},
    {"GIT_CONFIG_PARAMETERS",
     N_("This variable changes which settings git reads:\n\n    {option}\n"), LOOM_VERDICT_WARN,
     false},
    {"GIT_EXEC_PATH", N_("This variable changes which programs git runs:\n\n    {option}\n"),
     LOOM_VERDICT_WARN, false},
    {"GIT_ASKPASS",
     N_("This variable names a program that git asks for passwords:\n\n    {option}\n"),
     LOOM_VERDICT_OK, false},
    {"GIT_TERMINAL_PROMPT",
     N_("This variable says whether git may ask at the terminal:\n\n    {option}\n"),
     LOOM_VERDICT_OK, false},
};

static void tell(struct loom_doctor *doctor, const char *name, const struct loom_finding *finding) {
    char id[ID_SIZE];
    const struct loom_datum data[] = {{.name = "variable", .kind = LOOM_DATUM_TEXT, .text = name},
                                      {.kind = LOOM_DATUM_END}};
    (void)snprintf(id, sizeof id, "environment.%s", name);
    struct loom_finding told = *finding;
    told.id = id;
    told.words.option = name;
    told.data = data;
    loom_doctor_tell(doctor, &told);
}

/* The two that carry a token; LOOM_TOKEN itself was taken out of the environment at the start. */
static bool check_token(struct loom_doctor *doctor) {
    const struct loom_environment *environment = &doctor->cli->environment;
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *token = NULL;
    bool is_file = environment->token == NULL && !environment->has_bad_token;
    const char *name = is_file ? "LOOM_TOKEN_FILE" : "LOOM_TOKEN";
    struct loom_finding finding = {.verdict = LOOM_VERDICT_OK};
    if (!loom_environment_has_token(environment))
        return false;
    finding.message = N_("This variable gives a token for the server in LOOM_SERVER, which wins "
                         "over a sign-in:\n\n    {option}\n");
    if (environment->server == NULL) {
        finding.verdict = LOOM_VERDICT_FAIL;
        finding.message = N_("This variable gives a token, and LOOM_SERVER does not say for which "
                             "server:\n\n    {option}\n");
        finding.fix = N_("Set both, or neither.");
    } else if (loom_environment_token(environment, &token, NULL) != LOOM_OK) {
        finding.verdict = LOOM_VERDICT_FAIL;
        finding.message = is_file ? N_("The file that this variable names cannot be read, or holds "
                                       "no token:\n\n    {option}\n")
                                  : N_("There is no token in this variable:\n\n    {option}\n");
        finding.fix = N_("Give it one, or take it away.");
    }
    tell(doctor, name, &finding);
    return true;
}

static bool is_one_of(const struct variable *variable, const char *one, const char *other) {
    return strcmp(variable->name, one) == 0 || strcmp(variable->name, other) == 0;
}

/* Does its value do what the variable is for? */
static void judge_value(const struct variable *variable, const char *value,
                        struct loom_finding *finding) {
    struct loom_origin origin;
    if (is_one_of(variable, "LOOM_SERVER", "LOOM_SERVER_URL") &&
        loom_origin_parse(value, strlen(value), &origin, NULL) == LOOM_ERR_USAGE) {
        finding->verdict = LOOM_VERDICT_WARN;
        finding->message =
            N_("There is no address of a server in this variable:\n\n    {option}\n");
        finding->fix = N_("Mend it, or take it away.");
    } else if (is_one_of(variable, "XDG_CONFIG_HOME", "XDG_DATA_HOME") && value[0] != '/') {
        finding->verdict = LOOM_VERDICT_WARN;
        finding->message = N_("This variable is ignored, because no absolute path stands in it:"
                              "\n\n    {option}\n");
        finding->fix = N_("Mend it, or take it away.");
    }
}

/* NULL: it is not set, or does nothing. */
static const char *value_of(const struct variable *variable) {
    const char *value = getenv(variable->name);
    return value != NULL && (value[0] != '\0' || variable->counts_empty) ? value : NULL;
}

void loom_doctor_variables(struct loom_doctor *doctor) {
    bool has_any = check_token(doctor);
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = value_of(&variables[i]);
        if (value == NULL)
            continue;
        struct loom_finding finding = {.verdict = variables[i].verdict,
                                       .message = variables[i].message,
                                       .fix = variables[i].verdict == LOOM_VERDICT_OK ? NULL
                                                                                      : looked_at};
        judge_value(&variables[i], value, &finding);
        tell(doctor, variables[i].name, &finding);
        has_any = true;
    }
    if (!has_any)
        loom_doctor_tell(
            doctor, &(struct loom_finding){.id = "environment",
                                           .message = N_("No variable changes what is done.")});
}
