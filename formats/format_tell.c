/* format_tell.c - see format_tell.h */
#include "formats/format_tell.h"

#include "base/log.h"

void format_tell(struct str input, const struct format_notes *n)
{
	if (n->warning.n > 0)
		log_event(LOG_WARN, "input is not all that it seems", LOG_STR("input", input),
		    LOG_STR("warning", n->warning));
	if (n->skipped > 0)
		log_event(LOG_WARN, "records skipped", LOG_STR("input", input), LOG_I64("records", n->skipped),
		    LOG_STR("first", n->first));
}
