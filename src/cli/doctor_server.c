/* SPDX-License-Identifier: Apache-2.0 */
/* The way to the server, step by step, and what it is. */
#include "cli/doctor.h"

#include "oauth/recognise.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HTTP_OK = 200, HTTP_TROUBLE = 500, HTTP_TOO_MANY = 429, NUMBER_SIZE = 24, MINUTE_S = 60 };

/* ---- Looking ---- */

static void note_clock(const struct loom_cli *cli, const struct loom_http_response *response,
                       struct loom_doctor_server *found) {
    const struct loom_clock *clock = &cli->ports->clock;
    found->status = response->status;
    found->has_skew = response->date_s != 0;
    if (found->has_skew)
        found->skew_s = clock->epoch_s(clock->context) - response->date_s;
}

static void recognise(const struct loom_doctor *doctor, const struct loom_http *http,
                      struct loom_doctor_server *found) {
    const struct loom_remote server = {.http = http,
                                       .origin = &doctor->server,
                                       .ca_file = doctor->ca_file,
                                       .timeout_ms = LOOM_DOCTOR_SERVER_MS};
    found->recognised.code = loom_oauth_recognise(&server, &found->is_standard, &found->recognised);
}

/* Runs beside others: nothing but doctor->found is written. */
void loom_doctor_server_look(struct loom_doctor *doctor) {
    LOOM_CLEANUP(loom_http_response_clear)
    struct loom_http_response response = LOOM_HTTP_RESPONSE_INIT;
    struct loom_doctor_server *found = &doctor->found;
    struct loom_http http;
    const struct loom_http_request request = {.origin = &doctor->server,
                                              .ca_file = doctor->ca_file,
                                              .path = "/health",
                                              .timeout_ms = LOOM_DOCTOR_SERVER_MS};
    *found = (struct loom_doctor_server){.error = {.code = LOOM_ERR_INTERNAL}};
    if (doctor->cli->ports->open_http(&http) != LOOM_OK)
        return;
    if (http.probe != NULL)
        found->error.code =
            http.probe(http.context, &request, &found->probe, &response, &found->error);
    note_clock(doctor->cli, &response, found);
    if (found->error.code == LOOM_OK)
        recognise(doctor, &http, found);
    doctor->cli->ports->close_http(&http);
}

/* ---- What every check needs ---- */

static bool is_proxied(const struct loom_doctor *doctor) {
    return doctor->found.probe.proxy_variable != NULL;
}

static bool has_reached(const struct loom_doctor *doctor, enum loom_probe_stage stage) {
    return doctor->found.probe.reached >= stage;
}

static bool has_failed_with(const struct loom_doctor *doctor, enum loom_err err) {
    return doctor->found.error.code == err;
}

static bool is_tls_trouble(const struct loom_doctor *doctor) {
    return has_failed_with(doctor, LOOM_ERR_TLS) || has_failed_with(doctor, LOOM_ERR_TLS_AUTHORITY);
}

/* ---- Proxy ---- */

static void judge_proxy(const struct loom_doctor *doctor, struct loom_finding *finding) {
    const struct loom_probe *probe = &doctor->found.probe;
    if (has_failed_with(doctor, LOOM_ERR_PROXY)) {
        finding->verdict = LOOM_VERDICT_FAIL;
        finding->status = LOOM_EXIT_NETWORK;
        finding->message = probe->proxy_status == 407
                               ? N_("The proxy wants another user name or password. It is named "
                                    "by this variable:\n\n    {name}\n")
                               : N_("The proxy does not let the connection through. It is named "
                                    "by this variable:\n\n    {name}\n");
        finding->fix = N_("Check the variable, or name the server in NO_PROXY.");
    } else if (is_proxied(doctor)) {
        finding->message = N_("The proxy of this variable is used:\n\n    {name}\n");
    } else if (probe->is_proxy_spared) {
        finding->message = N_("A proxy is set, and NO_PROXY keeps this server away from it.");
    } else {
        finding->message = N_("No proxy is used for this server.");
    }
}

static void check_proxy(struct loom_doctor *doctor) {
    const struct loom_probe *probe = &doctor->found.probe;
    bool is_used = is_proxied(doctor);
    const struct loom_datum data[] = {
        {.name = "variable", .kind = LOOM_DATUM_TEXT, .text = probe->proxy_variable},
        {.name = "scheme", .kind = LOOM_DATUM_TEXT, .text = is_used ? probe->proxy_scheme : NULL},
        {.name = "port",
         .kind = LOOM_DATUM_NUMBER,
         .number = is_used && probe->proxy_port != 0 ? probe->proxy_port : -1},
        {.name = "http_status",
         .kind = LOOM_DATUM_NUMBER,
         .number = probe->proxy_status > 0 ? probe->proxy_status : -1},
        {.kind = LOOM_DATUM_END},
    };
    struct loom_finding finding = {
        .id = "server.proxy", .words = {.name = probe->proxy_variable}, .data = data};
    judge_proxy(doctor, &finding);
    loom_doctor_tell(doctor, &finding);
}

/* ---- Name ---- */

static void judge_name(const struct loom_doctor *doctor, struct loom_finding *finding) {
    if (is_proxied(doctor)) {
        finding->verdict = LOOM_VERDICT_SKIPPED;
        finding->message = N_("The proxy looks up the server's name.");
    } else if (has_reached(doctor, LOOM_PROBE_RESOLVED)) {
        finding->message = N_("The server's name leads to this address:\n\n    {detail}\n");
    } else if (has_failed_with(doctor, LOOM_ERR_NO_HOST)) {
        finding->verdict = LOOM_VERDICT_FAIL;
        finding->status = LOOM_EXIT_NETWORK;
        finding->message = N_("There is no server of this name:\n\n    {name}\n");
        finding->fix = N_("Check the spelling and your connection.");
    } else if (has_failed_with(doctor, LOOM_ERR_TIMEOUT)) {
        finding->verdict = LOOM_VERDICT_FAIL;
        finding->status = LOOM_EXIT_NETWORK;
        finding->message = N_("The look-up of this name was not answered in time:\n\n    {name}\n");
        finding->fix = N_("Check your connection, and the name servers of this computer.");
    } else {
        finding->verdict = LOOM_VERDICT_SKIPPED;
        finding->message = loom_doctor_skipped;
    }
}

static void check_name(struct loom_doctor *doctor) {
    const struct loom_probe *probe = &doctor->found.probe;
    const char *list[LOOM_PROBE_ADDRESSES_MAX + 1] = {NULL};
    size_t count = is_proxied(doctor) ? 0 : probe->addresses_len;
    for (size_t i = 0; i < count; i++)
        list[i] = probe->addresses[i];
    const struct loom_datum data[] = {
        {.name = "host", .kind = LOOM_DATUM_TEXT, .text = doctor->server.host},
        {.name = "addresses", .kind = LOOM_DATUM_LIST, .list = list},
        {.kind = LOOM_DATUM_END},
    };
    struct loom_finding finding = {
        .id = "server.name",
        .words = {.name = doctor->server.host, .detail = count > 0 ? list[count - 1] : NULL},
        .data = data};
    judge_name(doctor, &finding);
    loom_doctor_tell(doctor, &finding);
}

/* ---- Connection ---- */

static void judge_connection(const struct loom_doctor *doctor, struct loom_finding *finding) {
    bool is_late = has_failed_with(doctor, LOOM_ERR_TIMEOUT);
    if (has_reached(doctor, LOOM_PROBE_CONNECTED) && !has_failed_with(doctor, LOOM_ERR_PROXY)) {
        finding->message = N_("Somebody listens on port {status}.");
    } else if (has_reached(doctor, LOOM_PROBE_RESOLVED) &&
               (is_late || has_failed_with(doctor, LOOM_ERR_UNREACHABLE))) {
        finding->verdict = LOOM_VERDICT_FAIL;
        finding->status = LOOM_EXIT_NETWORK;
        finding->message = is_late ? N_("Nobody answers on port {status}, not even with a refusal.")
                                   : N_("Nobody listens on port {status}.");
        finding->fix = is_late ? N_("A firewall may stand in between. Check your connection, or "
                                    "try again later.")
                               : N_("Check the port, and that the server is running.");
    } else {
        finding->verdict = LOOM_VERDICT_SKIPPED;
        finding->message = loom_doctor_skipped;
    }
}

static void check_connection(struct loom_doctor *doctor) {
    char port[NUMBER_SIZE];
    const struct loom_datum data[] = {
        {.name = "port", .kind = LOOM_DATUM_NUMBER, .number = doctor->server.port},
        {.kind = LOOM_DATUM_END},
    };
    struct loom_finding finding = {.id = "server.connection", .data = data};
    (void)snprintf(port, sizeof port, "%d", doctor->server.port);
    finding.words.status = port;
    judge_connection(doctor, &finding);
    loom_doctor_tell(doctor, &finding);
}

/* ---- Health ---- */

static void judge_answer(const struct loom_doctor *doctor, struct loom_finding *finding) {
    long status = doctor->found.status;
    if (status == HTTP_OK) {
        finding->message = N_("The server says that it is well.");
    } else if (status >= HTTP_TROUBLE || status == HTTP_TOO_MANY) {
        finding->verdict = LOOM_VERDICT_FAIL;
        finding->status = LOOM_EXIT_NETWORK;
        finding->message = N_("The server has a problem at present (HTTP {status}).");
        finding->fix = N_("Try again later.");
    } else {
        finding->verdict = LOOM_VERDICT_SKIPPED;
        finding->message = N_("The server has no page that says how it is (HTTP {status}).");
    }
}

static void judge_health(const struct loom_doctor *doctor, struct loom_finding *finding) {
    if (doctor->found.error.code == LOOM_OK) {
        judge_answer(doctor, finding);
        return;
    }
    finding->verdict = LOOM_VERDICT_FAIL;
    finding->status = LOOM_EXIT_BAD_ANSWER;
    if (has_failed_with(doctor, LOOM_ERR_REDIRECT)) {
        finding->message = N_("The server points to another address:\n\n    {detail}\n");
        finding->fix = N_("That is not followed, because it could lead a token astray. If you "
                          "trust that address, name it yourself.");
    } else if (has_failed_with(doctor, LOOM_ERR_BAD_ANSWER)) {
        finding->message = N_("What answers there does not speak HTTP as a server should.");
        finding->fix = N_("Check the address and the port.");
    } else if (has_failed_with(doctor, LOOM_ERR_INTERNAL)) {
        finding->status = LOOM_EXIT_FAILURE;
        finding->message = N_("This program cannot ask any server ({text}).");
        finding->fix = N_("Look whether libcurl is installed, and there is memory left.");
    } else if (has_reached(doctor, LOOM_PROBE_SECURED) && !is_tls_trouble(doctor)) {
        finding->status = LOOM_EXIT_NETWORK;
        finding->message = has_failed_with(doctor, LOOM_ERR_TIMEOUT)
                               ? N_("The server did not answer in time.")
                               : N_("The connection broke before the server had answered.");
        finding->fix = N_("Check your connection, or try again later.");
    } else {
        finding->verdict = LOOM_VERDICT_SKIPPED;
        finding->status = LOOM_EXIT_DONE;
        finding->message = loom_doctor_skipped;
    }
}

static void check_health(struct loom_doctor *doctor) {
    char status[NUMBER_SIZE];
    long number =
        doctor->found.status != 0 ? doctor->found.status : doctor->found.error.http_status;
    bool is_answered = number > 0 && !has_failed_with(doctor, LOOM_ERR_PROXY);
    const struct loom_datum data[] = {
        {.name = "http_status", .kind = LOOM_DATUM_NUMBER, .number = is_answered ? number : -1},
        {.kind = LOOM_DATUM_END},
    };
    struct loom_finding finding = {.id = "server.health",
                                   .words = {.status = status,
                                             .detail = doctor->found.error.detail,
                                             .text = doctor->found.error.detail},
                                   .data = data};
    (void)snprintf(status, sizeof status, "%ld", number);
    judge_health(doctor, &finding);
    loom_doctor_tell(doctor, &finding);
}

/* ---- Dialect ---- */

static void judge_stranger(const struct loom_error *error, struct loom_finding *finding) {
    finding->verdict = LOOM_VERDICT_FAIL;
    finding->status = LOOM_EXIT_BAD_ANSWER;
    if (error->code == LOOM_ERR_NOT_LOOM && error->os_error == EOPNOTSUPP) {
        finding->message = N_("It is an OAuth server that offers no sign-in with a code.");
        finding->fix = N_("Tell whoever runs it that the device authorization grant is missing.");
    } else if (error->code == LOOM_ERR_NOT_LOOM) {
        finding->message = N_("Something answers there, but it is not a Loom server.");
        finding->fix = N_("Check the address. Some networks also want you to sign in to them "
                          "first.");
    } else if (error->code == LOOM_ERR_BAD_ANSWER && error->os_error == EXDEV) {
        finding->message = N_("The server says that it is another one:\n\n    {detail}\n");
        finding->fix = N_("If that is the one that you want, name it yourself.");
    } else if (error->code == LOOM_ERR_BAD_ANSWER || error->code == LOOM_ERR_REDIRECT) {
        finding->message = N_("The server answers what this program cannot use.");
        finding->fix = N_("Check the address, or tell whoever runs the server.");
    } else {
        finding->status = LOOM_EXIT_NETWORK;
        finding->message = N_("The server stopped answering half-way.");
        finding->fix = N_("Try again later.");
    }
}

static void check_dialect(struct loom_doctor *doctor) {
    const struct loom_doctor_server *found = &doctor->found;
    bool is_asked = found->error.code == LOOM_OK;
    bool is_known = is_asked && found->recognised.code == LOOM_OK;
    const char *word = found->is_standard ? "oauth" : "loom";
    const struct loom_datum data[] = {
        {.name = "dialect", .kind = LOOM_DATUM_TEXT, .text = is_known ? word : NULL},
        {.kind = LOOM_DATUM_END},
    };
    struct loom_finding finding = {
        .id = "server.dialect", .words = {.detail = found->recognised.detail}, .data = data};
    if (is_known) {
        finding.message = found->is_standard ? N_("It is a standard OAuth 2.0 server.")
                                             : N_("It is a Loom server.");
    } else if (is_asked) {
        judge_stranger(&found->recognised, &finding);
    } else {
        finding.verdict = LOOM_VERDICT_SKIPPED;
        finding.message = loom_doctor_skipped;
    }
    loom_doctor_tell(doctor, &finding);
}

/* ---- Clock ---- */

static void check_clock(struct loom_doctor *doctor) {
    const struct loom_doctor_server *found = &doctor->found;
    int64_t off_s = found->skew_s < 0 ? -found->skew_s : found->skew_s;
    char minutes[NUMBER_SIZE];
    const struct loom_datum data[] = {
        {.name = "ahead_s",
         .kind = found->has_skew ? LOOM_DATUM_SIGNED : LOOM_DATUM_NUMBER,
         .number = found->has_skew ? found->skew_s : -1},
        {.kind = LOOM_DATUM_END},
    };
    struct loom_finding finding = {
        .id = "server.clock", .words = {.minutes = minutes}, .data = data};
    (void)snprintf(minutes, sizeof minutes, "%lld", (long long)(off_s / MINUTE_S));
    if (!found->has_skew) {
        finding.verdict = LOOM_VERDICT_SKIPPED;
        finding.message = N_("The server did not tell the time.");
    } else if (off_s <= LOOM_DOCTOR_CLOCK_S) {
        finding.message = N_("The clocks of the server and of this computer agree.");
    } else {
        finding.verdict = LOOM_VERDICT_WARN;
        finding.message =
            found->skew_s > 0
                ? N_("The clock of this computer is ahead of the server's. Minutes: {minutes}")
                : N_("The clock of this computer is behind the server's. Minutes: {minutes}");
        finding.fix = N_("Set the clock: certificates and tokens are judged by it.");
    }
    loom_doctor_tell(doctor, &finding);
}

void loom_doctor_server(struct loom_doctor *doctor) {
    check_proxy(doctor);
    check_name(doctor);
    check_connection(doctor);
    loom_doctor_certificate(doctor);
    check_health(doctor);
    check_dialect(doctor);
    check_clock(doctor);
}
