/*
 * places_forms.h - the forms in which a sum can be written one row after the other, whatever its size: see places_sum.h.
 *
 *	const struct places_form *f = places_form(STR("jsonl"), e);
 *	struct places_writer *w = places_writer_new(f, &to, e);
 *	rc = places_writer_add(w, &row, e);       any number of times, in the order of struct stack_order
 *	rc = places_writer_end(w, e);             frees; after an error places_writer_free
 *
 * Texts have one line for rows that look alike; the others have a row for each.
 */
#ifndef PLACES_FORMS_H
#define PLACES_FORMS_H

#include "base/stream.h"
#include "formats/stack_table.h"

struct places_form {
	const char *name; /* in output.h */
	bool tags;        /* samples with other tags are other rows */
	bool packed;      /* compressed as it is written */
	const struct places_form_ops *ops;
};

struct places_to {
	struct sink *sink;          /* borrowed, as all here */
	const struct profile *head; /* everything but the samples */
	const struct stack_order *order;
	struct str sample; /* name or number of the sample type; empty: all that the form holds, or the default */
	size_t memory;     /* bytes; a part of it is for rows that are collected */
};

struct places_writer;

/* ERR_USAGE names those that can. */
const struct places_form *places_form(struct str name, struct err *e);
/* ERR_INVALID: there is no such sample type. */
struct places_writer *places_writer_new(const struct places_form *f, const struct places_to *to, struct err *e);
void places_writer_free(struct places_writer *w); /* accepts NULL */
int places_writer_add(struct places_writer *w, const struct stack_row *row, struct err *e);
int places_writer_end(struct places_writer *w, struct err *e);

#endif
