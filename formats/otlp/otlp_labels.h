/*
 * otlp_labels.h - applies the rules of otlp_labels_parse (otlp.h). Only for
 * formats/otlp.
 */
#ifndef OTLP_LABELS_H
#define OTLP_LABELS_H

#include "formats/otlp/otlp.h"

enum otlp_source { OTLP_OF_RESOURCE, OTLP_OF_SCOPE, OTLP_OF_SAMPLE, OTLP_OF_PROFILE };

/* false: the attribute becomes no label. */
bool otlp_label_name(const struct otlp_labels *l, enum otlp_source source, struct str key, struct str *name);

#endif
