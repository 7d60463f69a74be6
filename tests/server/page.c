/* SPDX-License-Identifier: Apache-2.0 */
#include "server/routes.h"

enum MHD_Result dev_page_show(struct dev_request *request) {
    return dev_answer_error(request, MHD_HTTP_NOT_IMPLEMENTED, "not_implemented");
}

enum MHD_Result dev_page_submit(struct dev_request *request) {
    return dev_answer_error(request, MHD_HTTP_NOT_IMPLEMENTED, "not_implemented");
}
