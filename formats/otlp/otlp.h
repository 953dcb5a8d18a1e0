/*
 * otlp.h - profiles of OpenTelemetry: export requests (message
 * ExportProfilesServiceRequest, and ProfilesData, which has the same layout)
 * in protobuf and JSON, in every schema that was published; see
 * otlp_fields.def for how they differ. Which one a request has is found by
 * its structure (otlp_wire.c, otlp_json.c).
 *
 *	struct otlp *q;
 *
 *	if (otlp_read(a, bytes, OTLP_PROTOBUF, &opts, &q, e) < 0)
 *		return -1;
 *	for (uint32_t i = 0; i < otlp_profiles(q); i++)
 *		if (otlp_convert(q, i, &groups, e) < 0) ...
 *
 * One profile of the request becomes one profile for each service that its
 * samples name (attribute service.name), which is mostly one. Strings stay
 * in `bytes`. Memory is bounded by a constant times the input. No state, any
 * thread; the request is used by one thread at a time.
 *
 * Limits: an input is smaller than 4 GiB; values are nested at most 100 deep;
 * what comes again in each profile and service of the request (locations of
 * stacks, their lines, values, attributes) has at most 4 M words in all and 32
 * more for each byte of input; at most 250 labels.
 *
 * Source: the .proto files of open-telemetry/opentelemetry-proto, 1.3 to 1.11; spec of the write API, section 9.
 */
#ifndef OTLP_H
#define OTLP_H

#include "formats/format.h"

enum otlp_wire { OTLP_PROTOBUF, OTLP_JSON };

/*
 * Which attributes become labels, and under which names: rules, the first
 * that fits counts, and what none fits is left out.
 *
 *	*                    everything under its own name
 *	k8s.pod.name         this one
 *	k8s.pod.name=pod     this one under another name
 *	process.*            those that begin so
 *	-process.pid         not this one; -process.* not those
 *	scope/...            any of these, of the scope's attributes alone; so resource/, sample/ and profile/
 *
 * Without a source a rule is for resource, scope and sample; attributes of
 * the profile itself need rules of their own. service.name names the service
 * whatever the rules say.
 */
struct otlp_labels;

/* ERR_USAGE names the rule that is none. */
struct otlp_labels *otlp_labels_parse(struct arena *a, const struct str *rules, size_t n, struct err *e);

struct otlp_opts {
	const struct otlp_labels *labels; /* NULL: everything, which is what Pyroscope does */
	/*
	 * As Pyroscope stores it: samples of CPU time become nanoseconds, values of off_cpu samples are added up, a
	 * duration that is not said is 10 s, numbers in attributes are text; labels __delta__ and __otel__. Otherwise types
	 * and values are those of the request.
	 */
	bool as_stored;
	bool lenient; /* JSON: unknown members are passed over */
	bool times;   /* a sample for each timestamp: profile.at */
	bool no_tags; /* attributes of samples are left out */
};

struct otlp;

/* 0, or ERR_INVALID: the bytes are no request. */
int otlp_read(struct arena *a, struct str bytes, enum otlp_wire wire, const struct otlp_opts *o, struct otlp **out,
    struct err *e);
uint32_t otlp_profiles(const struct otlp *q);
uint32_t otlp_samples(const struct otlp *q);
uint32_t otlp_unknown_members(const struct otlp *q); /* that were passed over */
bool otlp_has_resources(const struct otlp *q);       /* there is a list of them, be it empty */
bool otlp_has_tables(const struct otlp *q);          /* a dictionary, or what older schemas had instead */
const char *otlp_schema(const struct otlp *q);       /* "v1development of 1.10" */
/* Has profiles, but no sample, though fields that its schema does not know: it is of a schema that we do not know. */
bool otlp_is_strange(const struct otlp *q);
/* Bytes of the profile's message. */
size_t otlp_profile_size(const struct otlp *q, uint32_t i);
/*
 * Profile i of the request, by service, with its labels (as met, not sorted:
 * __name__, attributes, service_name). out->n = 0: it has no samples. -1:
 * ERR_INVALID, in the words of Pyroscope: "sample type is missing".
 */
int otlp_convert(struct otlp *q, uint32_t i, struct format_profiles *out, struct err *e);

/*
 * Appends a request of the newest schema that holds the profiles: a resource
 * for each set of labels, a profile for each sample type (o->type: of that
 * one). Check out with buf_check.
 */
int otlp_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, enum otlp_wire wire,
    struct buf *out, struct err *e);

/* Bids (format_impl.h). */
int otlp_bid(struct str bytes, struct str file_name);
int otlp_json_bid(struct str bytes, struct str file_name);

#endif
