/*
 * api_services.c - small services beside the queries: settings, versions,
 * feature flags, and source code look-ups, which need calls to the outside
 * and are therefore refused; see api.h
 */
#include "tools/pyro-query/api.h"
#include "tools/pyro-query/settings.h"

enum { API_VERSION = 1 };

/* ---- settings.v1 ---- */

static struct settings_setting message_of(const struct setting *s)
{
	struct settings_setting m = { 0 };

	m.name = s->name;
	m.value = s->value;
	m.modified_at = s->modified;
	return m;
}

static int settings_get(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	struct settings_get_settings_response *resp = vresp;
	struct setting_list all;

	(void)vreq;
	if (settings_all(x->a, x->data, x->tenant, &all, e) < 0)
		return -1;
	resp->settings.n = all.n;
	resp->settings.p = arena_array(x->a, all.n, sizeof(*resp->settings.p));
	for (size_t i = 0; i < all.n; i++)
		resp->settings.p[i] = message_of(&all.p[i]);
	return 0;
}

static int settings_set(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	const struct settings_set_settings_request *req = vreq;
	struct settings_set_settings_response *resp = vresp;
	struct setting s;

	if (req->setting == NULL)
		return err_set(e, ERR_INVALID, "no setting values provided");
	s = (struct setting){ req->setting->name, req->setting->value, req->setting->modified_at };
	if (s.modified <= 0)
		s.modified = x->now / NS_PER_MS;
	if (settings_put(x->a, x->data, x->tenant, &s, e) < 0)
		return -1;
	resp->setting = arena_alloc(x->a, sizeof(*resp->setting));
	*resp->setting = message_of(&s);
	return 0;
}

static int settings_delete(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	const struct settings_delete_settings_request *req = vreq;

	(void)vresp;
	if (req->name.n == 0)
		return err_set(e, ERR_INVALID, "no setting name provided");
	return settings_remove(x->a, x->data, x->tenant, req->name, x->now / NS_PER_MS, e);
}

/* ---- version.v1, capabilities.v1 ---- */

static int version(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	struct version_version_response *resp = vresp;

	(void)x;
	(void)vreq;
	(void)e;
	resp->querier_api = API_VERSION;
	return 0;
}

/* Names that clients look for; by name. */
static int feature_flags(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	static const struct {
		const char *name, *text, *url;
	} flags[] = {
		{ "pyroscopeRuler",
		    "Supports the Pyroscope ruler, which exports Prometheus metrics from Profiling Data.", NULL },
		{ "pyroscopeRulerFunctions",
		    "Enables function support for the Pyroscope ruler, which allows to export resource usage on a per "
		    "function level.",
		    NULL },
		{ "utf8LabelNames", "Supports UTF-8 label names for Pyroscope read/write APIs.", NULL },
		{ "v2StorageLayer", "v2 storage layer",
		    "https://github.com/grafana/pyroscope/blob/main/pkg/pyroscope/PYROSCOPE_V2.md" },
	};
	struct capabilities_get_feature_flags_response *resp = vresp;

	(void)vreq;
	(void)e;
	resp->feature_flags.n = ARRAY_LEN(flags);
	resp->feature_flags.p = arena_zarray(x->a, ARRAY_LEN(flags), sizeof(*resp->feature_flags.p));
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		struct capabilities_feature_flag *f = &resp->feature_flags.p[i];

		f->name = str_cstr(flags[i].name);
		f->description = str_cstr(flags[i].text);
		f->has_description = true;
		f->has_documentation_url = flags[i].url != NULL;
		if (flags[i].url != NULL)
			f->documentation_url = str_cstr(flags[i].url);
	}
	return 0;
}

/* ---- vcs.v1 ---- */

static int vcs_app(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	(void)x;
	(void)vreq;
	(void)vresp;
	return err_set(e, ERR_UNIMPL, "GitHub integration is not configured");
}

static int vcs_no_session(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	(void)x;
	(void)vreq;
	(void)vresp;
	return err_set(e, ERR_UNAUTH, "invalid token");
}

#define ROW(path, req, resp, fn, flags)                        \
	{                                                      \
		"/" path, &req##_type, &resp##_type, fn, flags \
	}

const struct procedure service_procedures[] = {
	ROW("settings.v1.SettingsService/Get", settings_get_settings_request, settings_get_settings_response,
	    settings_get, 0),
	ROW("settings.v1.SettingsService/Set", settings_set_settings_request, settings_set_settings_response,
	    settings_set, PROCEDURE_WRITES),
	ROW("settings.v1.SettingsService/Delete", settings_delete_settings_request, settings_delete_settings_response,
	    settings_delete, PROCEDURE_WRITES),
	ROW("version.v1.Version/Version", version_version_request, version_version_response, version, PROCEDURE_PUBLIC),
	ROW("capabilities.v1.FeatureFlagsService/GetFeatureFlags", capabilities_get_feature_flags_request,
	    capabilities_get_feature_flags_response, feature_flags, PROCEDURE_PUBLIC),
	ROW("vcs.v1.VCSService/GithubApp", vcs_github_app_request, vcs_github_app_response, vcs_app, 0),
	ROW("vcs.v1.VCSService/GithubLogin", vcs_github_login_request, vcs_github_login_response, vcs_app, 0),
	ROW("vcs.v1.VCSService/GithubRefresh", vcs_github_refresh_request, vcs_github_refresh_response, vcs_no_session,
	    0),
	ROW("vcs.v1.VCSService/GetFile", vcs_get_file_request, vcs_get_file_response, vcs_no_session, 0),
	ROW("vcs.v1.VCSService/GetCommit", vcs_get_commit_request, vcs_get_commit_response, vcs_no_session, 0),
	ROW("vcs.v1.VCSService/GetCommits", vcs_get_commits_request, vcs_get_commits_response, vcs_no_session, 0),
};

const size_t n_service_procedures = ARRAY_LEN(service_procedures);
