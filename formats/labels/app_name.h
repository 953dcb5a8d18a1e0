/*
 * app_name.h - what /ingest derives from the `name` parameter, the spy name
 * and the sample type configuration: labels, profile name, types, fix-ups.
 * Pure functions; strings are borrowed from the arguments.
 *
 *	struct labelset l;
 *	if (labelset_parse(a, name, &l, e) < 0)
 *		return -1;                              (400, message prefixed "name: ")
 *	struct app_type t;
 *	if (app_type_find(l.app, 100, &t, e) < 0)       (text and tree formats)
 *		return -1;
 *	app_type_apply(p, &t, from);
 *
 * Source: spec of the write API, 3.3, 3.4, 4.4, 5.2 to 5.4.
 */
#ifndef APP_NAME_H
#define APP_NAME_H

#include "formats/labels/labels.h"
#include "formats/profile.h"

struct labelset {
	struct str app;
	struct labels tags; /* sorted by name, later duplicates won; without __name__ */
};

/* my.app{env=prod,region=eu}. The message names the offending part: "service name is required". */
int labelset_parse(struct arena *a, struct str text, struct labelset *out, struct err *e);
/* Tags that become labels: not those that begin with __, but for __session_id__. New array. */
struct labels labelset_labels(struct arena *a, const struct labelset *l);
/* A set with a profile_id is accepted and not stored. */
bool labelset_ignored(const struct labelset *l);

/* From the suffix of the app name: what text and tree bodies measure. */
struct app_type {
	struct str app;                      /* without the suffix */
	struct str name;                     /* __name__: "process_cpu" */
	struct str type, unit;               /* "cpu", "nanoseconds" */
	struct str period_type, period_unit; /* empty when period is 0 */
	int64_t period;                      /* every value is multiplied by it, unless 0 */
};

/* sample_rate in Hz, 0 = counts stay counts. ERR_INVALID: "... unknown profile type: service" */
int app_type_find(struct str app_name, uint32_t sample_rate, struct app_type *out, struct err *e);
/* Sets type, period and time of a profile with one type, and scales its values. */
void app_type_apply(struct profile *p, const struct app_type *t, int64_t from);

/* The JSON part sample_type_config of a pprof upload. */
struct sample_type {
	struct str name, units, display_name, aggregation;
	bool cumulative, sampled;
};

struct sample_type_config {
	const struct sample_type *p;
	uint32_t n;
};

extern const struct sample_type_config sample_type_config_default;

int sample_type_config_parse(struct arena *a, struct str json, struct sample_type_config *out, struct err *e);
/* __name__ of a pprof upload; empty when the profile has no types. */
struct str sample_type_config_profile_name(const struct sample_type_config *c, const struct profile *p);

/*
 * Fix-ups of uploads by old senders. They change the profile in place; made
 * strings and functions come from p->mem.
 */
void profile_fix_time(struct profile *p, int64_t from);    /* times of the year 1970 */
void profile_fix_names(struct profile *p, struct str spy); /* Python, Ruby: "file name" */
void profile_fix_dotnet(struct profile *p, struct str spy, const struct sample_type_config *c);

#endif
