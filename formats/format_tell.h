/* format_tell.h - what a decoder has to say goes to the log; callers do so once for each input. */
#ifndef FORMAT_TELL_H
#define FORMAT_TELL_H

#include "formats/format.h"

/* Warnings: what the input is not, and how many records were left out, with the place of the first. Mostly nothing. */
void format_tell(struct str input, const struct format_notes *n);

#endif
