// SPDX-License-Identifier: MIT
//
// api_calls.h: the functions behind the routes, each with the table of its parameters.
#ifndef SANDBOX_API_CALLS_H
#define SANDBOX_API_CALLS_H

#include "deploy/sandbox/api.h"

extern const struct param api_room_create_params[];
extern const struct param api_room_target_params[];
extern const struct param api_room_info_params[];
extern const struct param api_room_members_params[];
extern const struct param api_comment_post_params[];
extern const struct param api_comment_load_params[];
extern const struct param api_user_login_params[];
extern const struct param api_event_post_params[];
extern const struct param api_export_create_params[];
extern const struct param api_import_create_params[];
extern const struct param api_job_list_params[];
extern const struct param api_job_one_params[];

void api_room_create(struct api_call *call);
void api_room_target(struct api_call *call);
void api_room_info(struct api_call *call);
void api_room_add_members(struct api_call *call);
void api_room_remove_members(struct api_call *call);
void api_comment_post(struct api_call *call);
void api_comment_load(struct api_call *call);
void api_user_login(struct api_call *call);
void api_event_post(struct api_call *call);
void api_export_create(struct api_call *call);
void api_export_list(struct api_call *call);
void api_export_get(struct api_call *call);
void api_export_delete(struct api_call *call);
void api_import_create(struct api_call *call);
void api_import_list(struct api_call *call);

#endif
