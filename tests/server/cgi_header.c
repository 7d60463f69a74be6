/* SPDX-License-Identifier: Apache-2.0 */
#include "server/cgi_priv.h"

#include "base/text.h"

#include <string.h>

enum { STATUS_LEAST = 200, STATUS_MOST = 599 };

size_t dev_cgi_header_len(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '\n')
            continue;
        if (i + 1 < len && text[i + 1] == '\n')
            return i + 2;
        if (i + 2 < len && text[i + 1] == '\r' && text[i + 2] == '\n')
            return i + 3;
    }
    return 0;
}

/* RFC 3875 section 6.3.3: Status holds a three-digit code and a reason phrase. */
static bool parse_status(const char *value, unsigned *out_status) {
    uint64_t status = 0;
    size_t len = strcspn(value, " ");
    if (!loom_text_parse_number(value, len, STATUS_MOST, &status) || status < STATUS_LEAST)
        return false;
    *out_status = (unsigned)status;
    return true;
}

static bool add_field(struct dev_cgi_header *header, char *line) {
    char *colon = strchr(line, ':');
    if (colon == NULL)
        return false;
    *colon = '\0';
    const char *value = colon + 1 + strspn(colon + 1, " \t");
    if (loom_ascii_is_equal_nocase(line, "Status"))
        return parse_status(value, &header->status);
    if (loom_ascii_is_equal_nocase(line, "Content-Length"))
        return true; /* the answer is sent in chunks */
    if (header->len == DEV_CGI_FIELDS_MAX)
        return false;
    header->fields[header->len++] = (struct dev_cgi_field){.name = line, .value = value};
    return true;
}

enum loom_err dev_cgi_header_parse(char *text, size_t len, struct dev_cgi_header *out_header) {
    struct dev_cgi_header header = {.status = STATUS_LEAST};
    char *end = text + len;
    for (char *line = text; line < end;) {
        char *line_end = memchr(line, '\n', (size_t)(end - line));
        if (line_end == NULL)
            break;
        *line_end = '\0';
        if (line_end > line && line_end[-1] == '\r')
            line_end[-1] = '\0';
        if (line[0] != '\0' && !add_field(&header, line))
            return LOOM_ERR_BAD_ANSWER;
        line = line_end + 1;
    }
    *out_header = header;
    return LOOM_OK;
}
