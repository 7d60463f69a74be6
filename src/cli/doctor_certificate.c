/* SPDX-License-Identifier: Apache-2.0 */
/* What the server shows of itself before anything is said to it, and whether that is enough. */
#include "cli/doctor.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *word, *message, *fix;
} faults[] = {
    [LOOM_TLS_FINE] = {"good",
                       N_("The certificate is good until {date}. It was issued by:"
                          "\n\n    {name}\n"),
                       NULL},
    [LOOM_TLS_UNKNOWN_AUTHORITY] =
        {"unknown_authority",
         N_("The certificate comes from an authority that this computer does not know:"
            "\n\n    {name}\n"),
         N_("If your company has its own authority, name its file with this option:"
            "\n\n    --cacert FILE\n")},
    [LOOM_TLS_SELF_SIGNED] =
        {"self_signed", N_("The server signed its certificate itself."),
         N_("If you know that it is the right one, name its file with this option:"
            "\n\n    --cacert FILE\n")},
    [LOOM_TLS_EXPIRED] = {"expired", N_("The certificate expired at {date}."),
                          N_("Check the date of this computer, or tell whoever runs the server.")},
    [LOOM_TLS_NOT_YET_VALID] =
        {"not_yet_valid", N_("The certificate is not valid before {date}."),
         N_("Check the date of this computer, or tell whoever runs the server.")},
    [LOOM_TLS_OTHER_NAME] = {"other_name",
                             N_("The certificate is for other names:\n\n    {detail}\n"),
                             N_("Check the address, or tell whoever runs the server.")},
    [LOOM_TLS_WEAK] = {"weak", N_("The certificate is too weak to be trusted."),
                       N_("Tell whoever runs the server.")},
    [LOOM_TLS_REVOKED] = {"revoked", N_("The certificate was revoked."),
                          N_("Tell whoever runs the server.")},
    [LOOM_TLS_REFUSED] = {"refused", N_("No safe connection can be made to the server ({text})."),
                          N_("Check that the address begins with https:// for a reason, or tell "
                             "whoever runs the server.")},
};

static bool is_tls_trouble(const struct loom_doctor *doctor) {
    return doctor->found.error.code == LOOM_ERR_TLS ||
           doctor->found.error.code == LOOM_ERR_TLS_AUTHORITY;
}

/* It is the file of authorities that is wrong, and no certificate was seen. */
static bool is_file_trouble(const struct loom_doctor *doctor) {
    return doctor->found.error.code == LOOM_ERR_TLS && doctor->found.error.os_error != 0;
}

static void judge_certificate(const struct loom_doctor *doctor, struct loom_finding *finding) {
    enum loom_tls_fault fault = doctor->found.probe.tls;
    if (!doctor->server.is_secure) {
        finding->verdict = LOOM_VERDICT_SKIPPED;
        finding->message = N_("The server is on this computer and is reached without TLS.");
    } else if (is_file_trouble(doctor)) {
        finding->verdict = LOOM_VERDICT_FAIL;
        finding->status = LOOM_EXIT_NETWORK;
        finding->message =
            N_("This file of certificate authorities cannot be used:\n\n    {path}\n");
        finding->fix = N_("Check the option or the variable that names it.");
    } else if (is_tls_trouble(doctor) || (doctor->found.probe.reached >= LOOM_PROBE_SECURED)) {
        fault = is_tls_trouble(doctor) && fault == LOOM_TLS_FINE ? LOOM_TLS_REFUSED : fault;
        finding->verdict = fault == LOOM_TLS_FINE ? LOOM_VERDICT_OK : LOOM_VERDICT_FAIL;
        finding->status = fault == LOOM_TLS_FINE ? LOOM_EXIT_DONE : LOOM_EXIT_NETWORK;
        finding->message = faults[fault].message;
        finding->fix = faults[fault].fix;
    } else if ((doctor->found.probe.reached >= LOOM_PROBE_CONNECTED) &&
               doctor->found.error.code == LOOM_ERR_TIMEOUT) {
        finding->verdict = LOOM_VERDICT_FAIL;
        finding->status = LOOM_EXIT_NETWORK;
        finding->message = N_("The server does not answer when a safe connection is begun.");
        finding->fix = N_("Check the port, or try again later.");
    } else {
        finding->verdict = LOOM_VERDICT_SKIPPED;
        finding->message = loom_doctor_skipped;
    }
}

/* Which files say whom to trust; the paths stand in `room`. */
static void list_authorities(const struct loom_doctor *doctor,
                             char room[static 3 * LOOM_STORE_PATH_MAX], const char *list[4]) {
    const char *replaced = getenv("SSL_CERT_FILE");
    const char *added = getenv("LOOM_CA_FILE");
    bool is_replaced = replaced != NULL && replaced[0] != '\0';
    const char *const files[] = {is_replaced ? replaced : doctor->found.probe.authorities, added,
                                 doctor->ca_file};
    size_t count = 0;
    for (size_t i = 0; i < 3; i++) {
        bool is_twice = i == 2 && added != NULL && files[i] != NULL && strcmp(added, files[i]) == 0;
        if (files[i] == NULL || files[i][0] == '\0' || is_twice)
            continue;
        list[count] = loom_doctor_path(files[i], room + count * LOOM_STORE_PATH_MAX);
        count++;
    }
    list[count] = NULL;
}

void loom_doctor_certificate(struct loom_doctor *doctor) {
    const struct loom_probe_certificate *seen = &doctor->found.probe.certificate;
    const char *authorities[4] = {NULL};
    char room[3 * LOOM_STORE_PATH_MAX], path[LOOM_STORE_PATH_MAX], date[LOOM_UTC_SIZE];
    bool is_judged =
        doctor->server.is_secure && !is_file_trouble(doctor) &&
        (is_tls_trouble(doctor) || (doctor->found.probe.reached >= LOOM_PROBE_SECURED));
    enum loom_tls_fault fault = doctor->found.probe.tls;
    if (is_tls_trouble(doctor) && fault == LOOM_TLS_FINE)
        fault = LOOM_TLS_REFUSED;
    if (doctor->server.is_secure)
        list_authorities(doctor, room, authorities);
    const struct loom_datum data[] = {
        {.name = "verdict", .kind = LOOM_DATUM_TEXT, .text = is_judged ? faults[fault].word : NULL},
        {.name = "subject", .kind = LOOM_DATUM_TEXT, .text = seen->subject},
        {.name = "issuer", .kind = LOOM_DATUM_TEXT, .text = seen->issuer},
        {.name = "names", .kind = LOOM_DATUM_TEXT, .text = seen->names},
        {.name = "valid_from", .kind = LOOM_DATUM_TIME, .number = seen->from_s},
        {.name = "valid_until", .kind = LOOM_DATUM_TIME, .number = seen->until_s},
        {.name = "authorities", .kind = LOOM_DATUM_LIST, .list = authorities},
        {.kind = LOOM_DATUM_END},
    };
    loom_text_format_utc(fault == LOOM_TLS_NOT_YET_VALID ? seen->from_s : seen->until_s, date);
    struct loom_finding finding = {
        .id = "server.certificate",
        .words = {.name = seen->issuer,
                  .detail = seen->names,
                  .date = date,
                  .text = doctor->found.error.detail,
                  .path = loom_doctor_path(doctor->found.error.detail, path)},
        .data = data};
    judge_certificate(doctor, &finding);
    loom_doctor_tell(doctor, &finding);
}
