/* SPDX-License-Identifier: Apache-2.0 */
/* The program itself, the language, and what would open a page. */
#include "cli/doctor.h"

#include "base/text.h"
#include "cli/catalogue.h"
#include "cli/language.h"
#include "system/look.h"
#include "terminal/browser.h"

#include <stdlib.h>
#include <string.h>

static void check_program(struct loom_doctor *doctor) {
    char own[LOOM_PATH_MAX] = "", path[LOOM_STORE_PATH_MAX];
    bool is_known = loom_look_own_program(own, sizeof own);
    const struct loom_datum data[] = {
        {.name = "version", .kind = LOOM_DATUM_TEXT, .text = LOOM_VERSION},
        {.name = "path",
         .kind = LOOM_DATUM_TEXT,
         .text = is_known ? loom_doctor_path(own, path) : NULL},
        {.kind = LOOM_DATUM_END},
    };
    loom_doctor_tell(
        doctor,
        &(struct loom_finding){.id = "here.program",
                               .message = N_("This is loom {name}:\n\n    {path}\n"),
                               .words = {.name = LOOM_VERSION, .path = loom_doctor_path(own, path)},
                               .data = data});
}

/* ---- Language ---- */

static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

/* The variable that names the locale; NULL: none. */
static const char *deciding_variable(void) {
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = getenv(variables[i]);
        if (value != NULL && value[0] != '\0')
            return variables[i];
    }
    return NULL;
}

/* The charset that a locale's name carries is another than UTF-8, which all output is. */
static bool has_other_charset(const char *locale) {
    const char *dot = locale != NULL ? strchr(locale, '.') : NULL;
    char charset[16];
    size_t used = 0;
    if (dot == NULL)
        return false;
    for (const char *c = dot + 1; *c != '\0' && *c != '@' && used + 1 < sizeof charset; c++)
        if (loom_ascii_is_alnum(*c))
            charset[used++] = *c;
    charset[used] = '\0';
    return used > 0 && !loom_ascii_is_equal_nocase(charset, "utf8");
}

static void check_language(struct loom_doctor *doctor) {
    const struct loom_catalogue *current = loom_language_current();
    const char *decides = deciding_variable();
    const char *language = current != NULL ? current->language : "en";
    const char *list = getenv("LANGUAGE");
    bool is_other = decides != NULL && has_other_charset(getenv(decides));
    const struct loom_datum data[] = {
        {.name = "language", .kind = LOOM_DATUM_TEXT, .text = language},
        {.name = "variable", .kind = LOOM_DATUM_TEXT, .text = decides},
        {.name = "has_list", .kind = LOOM_DATUM_FLAG, .number = list != NULL && list[0] != '\0'},
        {.name = "is_utf8", .kind = LOOM_DATUM_FLAG, .number = !is_other},
        {.kind = LOOM_DATUM_END},
    };
    struct loom_finding finding = {
        .id = "here.language", .words = {.name = language, .option = decides}, .data = data};
    if (is_other) {
        finding.verdict = LOOM_VERDICT_WARN;
        finding.message = N_("This variable names a charset in which not every language can be "
                             "shown, so this is in English:\n\n    {option}\n");
        finding.fix = N_("Choose a locale with UTF-8, such as this one:\n\n    es_ES.UTF-8\n");
    } else {
        finding.message = decides != NULL
                              ? N_("The language is {name}, as this variable says:"
                                   "\n\n    {option}\n")
                              : N_("The language is {name}, because no variable names another.");
    }
    loom_doctor_tell(doctor, &finding);
}

/* ---- Browser ---- */

static const struct {
    const char *word, *message;
} plans[] = {
    [LOOM_BROWSER_OPENS] = {"opens", N_("A page would be opened with this program:"
                                        "\n\n    {path}\n")},
    [LOOM_BROWSER_REMOTE] = {"remote_session",
                             N_("No browser is opened, because this is a remote session.")},
    [LOOM_BROWSER_NO_DISPLAY] = {"no_display",
                                 N_("No browser is opened, because there is no screen here.")},
    [LOOM_BROWSER_NEVER] = {"never", N_("No browser is opened, because a variable says so.")},
};

static void check_browser(struct loom_doctor *doctor) {
    struct loom_browser_world world;
    char program[LOOM_PATH_MAX], path[LOOM_STORE_PATH_MAX];
    loom_browser_world_read(&world);
    enum loom_browser_plan plan = loom_browser_plan(&world, true);
    bool is_planned = plan == LOOM_BROWSER_OPENS;
    bool is_there = is_planned && loom_browser_find(&world, program);
    const char *shown = is_there ? loom_doctor_path(program, path) : NULL;
    const struct loom_datum data[] = {
        {.name = "plan", .kind = LOOM_DATUM_TEXT, .text = plans[plan].word},
        {.name = "program", .kind = LOOM_DATUM_TEXT, .text = shown},
        {.kind = LOOM_DATUM_END},
    };
    struct loom_finding finding = {.id = "here.browser",
                                   .message = plans[plan].message,
                                   .words = {.path = shown},
                                   .data = data};
    if (is_planned && !is_there) {
        finding.verdict = LOOM_VERDICT_WARN;
        finding.message = N_("No program was found that opens a page.");
        finding.fix = N_("Name one in LOOM_BROWSER, or open the page that a sign-in shows "
                         "yourself.");
    }
    loom_doctor_tell(doctor, &finding);
}

void loom_doctor_here(struct loom_doctor *doctor) {
    check_program(doctor);
    check_language(doctor);
    check_browser(doctor);
}
